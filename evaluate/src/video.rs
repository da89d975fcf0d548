//! `video`: what each frame of a video shows. The video is decoded by the commands `ffmpeg` and `ffprobe`.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
};

use serde::Serialize;
use tanu_protocol::observation::Quality;
use tanu_vision::{Observer, PassiveAttack, Picture, Track};
use thiserror::Error;

use crate::engine::{EngineError, load_observer, load_passive};

/// Most pixels of a frame: 8K.
const MAX_PIXELS: u64 = 34_000_000;

/// Why a video could not be observed.
#[derive(Debug, Error)]
pub(crate) enum VideoError {
    /// Models or inference.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The decoder is not installed.
    #[error("the command {0} was not found: install the package ffmpeg (Debian: apt install ffmpeg)")]
    NoDecoder(&'static str),
    /// The decoder failed.
    #[error("{file} can't be decoded: {reason}")]
    Decode {
        /// The video.
        file: String,
        /// What the decoder said last.
        reason: String,
    },
    /// A pipe or the output file failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A line of the output.
#[derive(Serialize)]
struct Line {
    /// Number of the frame, from 0.
    frame: usize,
    /// Time in seconds since the first frame.
    t: f64,
    /// Whether there is a face.
    face: bool,
    /// Number of faces.
    faces: u8,
    confidence: Option<f32>,
    yaw: Option<f32>,
    pitch: Option<f32>,
    roll: Option<f32>,
    eye_left: Option<f32>,
    eye_right: Option<f32>,
    mouth: Option<f32>,
    scale: Option<f32>,
    passive: Option<f32>,
    quality: Option<Quality>,
}

/// Observes each frame of `file` and writes a JSON line for each to `out`.
pub(crate) fn video(file: &Path, out: &Path) -> Result<(), VideoError> {
    let (observer, passive) = (load_observer()?, load_passive()?);
    let times = frame_times(file)?;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut lines = BufWriter::new(File::create(out)?);
    let mut frames = Frames::open(file)?;
    let mut track = Track::default();
    let mut frame = 0;
    while let Some(picture) = frames.next_frame()? {
        let t = time_of(frame, &times);
        let line = observe(&observer, &passive, &mut track, &picture, frame, t)?;
        serde_json::to_writer(&mut lines, &line).map_err(io::Error::from)?;
        lines.write_all(b"\n")?;
        frame += 1;
    }
    frames.finish(file, frame)?;
    Ok(lines.flush()?)
}

fn observe(
    observer: &Observer,
    passive: &PassiveAttack,
    track: &mut Track,
    picture: &Picture,
    frame: usize,
    t: f64,
) -> Result<Line, EngineError> {
    let seen = observer.observe(track, picture.view(), 1000.0 * t, 1)?;
    let face = seen.observation.face;
    let score = match (&face, &seen.detection) {
        (Some(_), Some(detection)) => Some(passive.score(picture.view(), detection)?),
        _ => None,
    };
    Ok(Line {
        frame,
        t,
        face: face.is_some(),
        faces: seen.observation.faces,
        confidence: face.as_ref().map(|f| f.confidence),
        yaw: face.as_ref().map(|f| f.pose.yaw),
        pitch: face.as_ref().map(|f| f.pose.pitch),
        roll: face.as_ref().map(|f| f.pose.roll),
        eye_left: face.as_ref().map(|f| f.eye_left),
        eye_right: face.as_ref().map(|f| f.eye_right),
        mouth: face.as_ref().map(|f| f.mouth),
        scale: face.as_ref().map(|f| f.scale),
        passive: score,
        quality: face.map(|f| f.quality),
    })
}

/// The decoded frames, from a pipe of portable pixmaps: each states its own size.
struct Frames {
    decoder: Child,
    pipe: BufReader<ChildStdout>,
}

impl Frames {
    fn open(file: &Path) -> Result<Self, VideoError> {
        let mut decoder = start("ffmpeg", |command| {
            command.args(["-nostdin", "-v", "error", "-i"]).arg(path_argument(file));
            command.args([
                "-map",
                "0:v:0",
                "-fps_mode",
                "passthrough",
                "-f",
                "image2pipe",
                "-c:v",
                "ppm",
                "-",
            ]);
        })?;
        let Some(pipe) = decoder.stdout.take() else {
            return Err(io::Error::other("the decoder has no output").into());
        };
        Ok(Self {
            decoder,
            pipe: BufReader::with_capacity(1 << 20, pipe),
        })
    }

    fn next_frame(&mut self) -> io::Result<Option<Picture>> {
        if self.pipe.fill_buf()?.is_empty() {
            return Ok(None);
        }
        read_pixmap(&mut self.pipe).map(Some)
    }

    fn finish(mut self, file: &Path, frames: usize) -> Result<(), VideoError> {
        let mut said = String::new();
        if let Some(mut errors) = self.decoder.stderr.take() {
            errors.read_to_string(&mut said)?;
        }
        if !self.decoder.wait()?.success() || frames == 0 {
            return Err(refusal(file, &said));
        }
        Ok(())
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        // Left early: the decoder must not stay behind. Both fail only where it has ended already.
        let _ = self.decoder.kill();
        let _ = self.decoder.wait();
    }
}

/// Reads a binary portable pixmap of 8 bits a channel: `P6 width height 255` and the pixels.
fn read_pixmap(from: &mut impl BufRead) -> io::Result<Picture> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "the decoder's frame is no pixmap");
    let mut fields = Vec::new();
    while fields.len() < 4 {
        let mut line = String::new();
        if from.by_ref().take(100).read_line(&mut line)? == 0 {
            return Err(wrong());
        }
        fields.extend(line.split_whitespace().map(str::to_owned));
    }
    let number = |index: usize| fields.get(index).and_then(|f| f.parse::<u32>().ok()).ok_or_else(wrong);
    let (width, height) = (number(1)?, number(2)?);
    if fields[0] != "P6" || number(3)? != 255 || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(wrong());
    }
    let mut rgb = vec![0; 3 * width as usize * height as usize];
    from.read_exact(&mut rgb)?;
    Picture::from_rgb(width, height, rgb).map_err(|_| wrong())
}

/// Seconds of each frame since the first, in order of display.
fn frame_times(file: &Path) -> Result<Vec<f64>, VideoError> {
    let output = start("ffprobe", |command| {
        command.args([
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-show_entries",
            "packet=pts_time",
            "-of",
            "csv=p=0",
        ]);
        command.arg(path_argument(file));
    })?
    .wait_with_output()?;
    if !output.status.success() {
        return Err(refusal(file, &String::from_utf8_lossy(&output.stderr)));
    }
    Ok(parse_times(&String::from_utf8_lossy(&output.stdout)))
}

fn parse_times(text: &str) -> Vec<f64> {
    let number = |line: &str| line.trim().trim_end_matches(',').parse::<f64>().ok();
    let mut times: Vec<f64> = text.lines().filter_map(number).filter(|t| t.is_finite()).collect();
    times.sort_by(f64::total_cmp);
    let first = times.first().copied().unwrap_or(0.0);
    times.iter().map(|t| t - first).collect()
}

/// The frame's time; past the last known one, the mean distance is continued (25 frames a second where none is known).
fn time_of(frame: usize, times: &[f64]) -> f64 {
    let mean = match times {
        [_, .., last] if *last > 0.0 => last / (times.len() - 1) as f64,
        _ => 0.04,
    };
    times.get(frame).copied().unwrap_or(frame as f64 * mean)
}

fn start(program: &'static str, arguments: impl FnOnce(&mut Command)) -> Result<Child, VideoError> {
    let mut command = Command::new(program);
    arguments(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => VideoError::NoDecoder(program),
        _ => error.into(),
    })
}

/// The path as an argument that is never read as an option or as another protocol.
fn path_argument(file: &Path) -> impl AsRef<OsStr> {
    let mut argument = std::ffi::OsString::from("file:");
    argument.push(file);
    argument
}

fn refusal(file: &Path, said: &str) -> VideoError {
    let reason = said.lines().last().unwrap_or("it has no frame").to_owned();
    VideoError::Decode {
        file: file.display().to_string(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pixmaps_follow_each_other() {
        let mut bytes: &[u8] = b"P6\n2 1\n255\n\x01\x02\x03\x04\x05\x06P6\n1 1\n255\n\x07\x08\x09";
        assert_eq!(read_pixmap(&mut bytes).unwrap().rgb(), [1, 2, 3, 4, 5, 6]);
        assert_eq!(read_pixmap(&mut bytes).unwrap().rgb(), [7, 8, 9]);
        assert!(read_pixmap(&mut bytes).is_err());
    }

    #[test]
    fn pixmaps_that_lie_are_refused() {
        for mut bytes in [
            &b"P5\n1 1\n255\n\x00"[..],
            b"P6\n99999 99999\n255\n",
            b"P6\n2 2\n255\n\x00",
            b"P6\n0 0\n255\n",
        ] {
            assert!(read_pixmap(&mut bytes).is_err());
        }
    }

    #[test]
    fn times_are_in_order_of_display_from_zero() {
        assert_eq!(parse_times("1.5\n1.7,\nN/A\n1.6\n"), [0.0, 1.6 - 1.5, 1.7 - 1.5]);
        let times = [0.0, 0.1, 0.2];
        assert_eq!((time_of(1, &times), time_of(1, &[])), (0.1, 0.04));
        assert!((time_of(5, &times) - 0.5).abs() < 1e-9);
    }
}
