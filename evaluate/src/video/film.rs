//! The frames of a video, decoded by the commands `ffmpeg` and `ffprobe`.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    thread::{self, JoinHandle},
};

use tanu_vision::Picture;
use thiserror::Error;

use crate::files::FileError;

/// Most pixels of a frame: 8K.
const MAX_PIXELS: u64 = 34_000_000;

/// Why a video could not be decoded.
#[derive(Debug, Error)]
pub(crate) enum FilmError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The decoder is not installed.
    #[error("the command {0} was not found: install the package ffmpeg (Debian: apt install ffmpeg)")]
    NoDecoder(&'static str),
    /// The decoder made nothing of it.
    #[error("{file} can't be decoded ({reason}): give a video or picture that ffmpeg plays")]
    NoVideo {
        /// The video.
        file: String,
        /// What the decoder said last.
        reason: String,
    },
    /// The decoder stopped on the way.
    #[error(
        "{file} is damaged or cut short ({reason}): the lines of its first {frames} frames are written; for all of them give the whole file"
    )]
    Damaged {
        /// The video.
        file: String,
        /// What the decoder said last.
        reason: String,
        /// Frames that were decoded.
        frames: usize,
    },
    /// A pipe failed, or the decoder sent something else than a frame.
    #[error("the decoder's output can't be read: {0}")]
    Pipe(#[from] io::Error),
}

/// The decoded frames, from a pipe of portable pixmaps: each states its own size.
pub(crate) struct Film {
    file: String,
    stated: Stated,
    decoder: Child,
    pipe: BufReader<ChildStdout>,
    /// Reads what the decoder complains of as it comes: were it left in the pipe, a bad video would fill the pipe and stop the decoder.
    complaints: Option<JoinHandle<String>>,
    frames: usize,
}

impl Film {
    /// Starts to decode `file`.
    pub(crate) fn open(file: &Path) -> Result<Self, FilmError> {
        let opened = File::open(file).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(io::ErrorKind::IsADirectory.into()),
            false => Ok(()),
        });
        opened.map_err(|source| FileError::Read {
            path: file.to_owned(),
            source,
        })?;
        let stated = probe(file)?;
        let mut decoder = start("ffmpeg", |command| {
            command.args(["-nostdin", "-v", "error", "-i"]).arg(path_argument(file));
            command.args(["-map", "0:v:0", "-fps_mode", "passthrough"]);
            command.args(["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "-"]);
        })?;
        let (Some(pipe), Some(complaints)) = (decoder.stdout.take(), decoder.stderr.take()) else {
            return Err(io::Error::other("there is none").into());
        };
        Ok(Self {
            file: file.display().to_string(),
            stated,
            decoder,
            pipe: BufReader::with_capacity(1 << 20, pipe),
            complaints: Some(thread::spawn(move || last_line(complaints))),
            frames: 0,
        })
    }

    /// Number of frames, where the file tells.
    pub(crate) fn frames(&self) -> Option<usize> {
        self.stated
            .frames
            .or(Some(self.stated.times.len()).filter(|count| *count > 0))
    }

    /// The next frame, and its time in seconds since the first.
    pub(crate) fn next_frame(&mut self) -> Result<Option<(Picture, f64)>, FilmError> {
        if self.pipe.fill_buf()?.is_empty() {
            return Ok(None);
        }
        let picture = read_pixmap(&mut self.pipe)?;
        let t = time_of(self.frames, &self.stated.times);
        self.frames += 1;
        Ok(Some((picture, t)))
    }

    /// Whether all of the video was decoded. To be asked after the last frame.
    pub(crate) fn finish(mut self) -> Result<(), FilmError> {
        let said = self.complaints.take().and_then(|thread| thread.join().ok());
        let said = said.unwrap_or_default();
        let failed = !self.decoder.wait()?.success();
        let (file, frames) = (std::mem::take(&mut self.file), self.frames);
        // Decoders complain of much that costs no frame.
        let short = !said.is_empty() && self.stated.frames.is_some_and(|stated| frames < stated);
        match frames {
            0 => Err(no_video(file, said)),
            _ if failed || short => Err(FilmError::Damaged {
                file,
                reason: said,
                frames,
            }),
            _ => Ok(()),
        }
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // Left early: the decoder must not stay behind. Both fail only where it has ended already.
        let _ = self.decoder.kill();
        let _ = self.decoder.wait();
    }
}

/// The last line of what a program says, read to its end.
fn last_line(pipe: ChildStderr) -> String {
    let lines = BufReader::new(pipe).split(b'\n').map_while(Result::ok);
    let last = lines.filter(|line| !line.trim_ascii().is_empty()).last();
    String::from_utf8_lossy(&last.unwrap_or_default()).trim().to_owned()
}

fn no_video(file: String, said: String) -> FilmError {
    let reason = if said.is_empty() {
        "it has no frame".to_owned()
    } else {
        said
    };
    FilmError::NoVideo { file, reason }
}

/// Reads a binary portable pixmap of 8 bits a channel: `P6 width height 255` and the pixels.
fn read_pixmap(from: &mut impl BufRead) -> io::Result<Picture> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, "a frame is no pixmap, or larger than 8K");
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

/// What a file says of its video.
struct Stated {
    /// Number of frames, where its format holds one.
    frames: Option<usize>,
    /// Seconds of each frame since the first, in order of display.
    times: Vec<f64>,
}

fn probe(file: &Path) -> Result<Stated, FilmError> {
    let output = start("ffprobe", |command| {
        command.args(["-v", "error", "-select_streams", "v:0"]);
        command.args(["-show_entries", "packet=pts_time:stream=nb_frames", "-of", "csv"]);
        command.arg(path_argument(file));
    })?
    .wait_with_output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let reason = said.lines().last().unwrap_or_default().trim().to_owned();
        return Err(no_video(file.display().to_string(), reason));
    }
    Ok(parse_probe(&String::from_utf8_lossy(&output.stdout)))
}

/// Lines `packet,SECONDS` and `stream,COUNT`, either of which may be `N/A`.
fn parse_probe(text: &str) -> Stated {
    let fields = |kind: &'static str| {
        text.lines().filter_map(move |line| {
            let (name, rest) = line.trim().split_once(',')?;
            (name == kind).then(|| rest.split(',').next().unwrap_or(rest))
        })
    };
    let mut times: Vec<f64> = fields("packet")
        .filter_map(|seconds| seconds.parse().ok())
        .filter(|t: &f64| t.is_finite())
        .collect();
    times.sort_by(f64::total_cmp);
    let first = times.first().copied().unwrap_or(0.0);
    Stated {
        frames: fields("stream").find_map(|count| count.parse().ok()),
        times: times.iter().map(|t| t - first).collect(),
    }
}

/// The frame's time; past the last known one, the mean distance is continued (25 frames a second where none is known).
fn time_of(frame: usize, times: &[f64]) -> f64 {
    let mean = match times {
        [_, .., last] if *last > 0.0 => last / (times.len() - 1) as f64,
        _ => 0.04,
    };
    times.get(frame).copied().unwrap_or(frame as f64 * mean)
}

fn start(program: &'static str, arguments: impl FnOnce(&mut Command)) -> Result<Child, FilmError> {
    let mut command = Command::new(program);
    arguments(&mut command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => FilmError::NoDecoder(program),
        _ => error.into(),
    })
}

/// The path as an argument that is never read as an option or as another protocol.
fn path_argument(file: &Path) -> impl AsRef<OsStr> {
    let mut argument = OsString::from("file:");
    argument.push(file);
    argument
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
        let stated = parse_probe("packet,1.5\npacket,1.7,\npacket,N/A\npacket,1.6\nstream,4\n");
        assert_eq!(stated.times, [0.0, 1.6 - 1.5, 1.7 - 1.5]);
        assert_eq!(stated.frames, Some(4));
        assert_eq!(parse_probe("stream,N/A\n").frames, None);
        let times = [0.0, 0.1, 0.2];
        assert_eq!((time_of(1, &times), time_of(1, &[])), (0.1, 0.04));
        assert!((time_of(5, &times) - 0.5).abs() < 1e-9);
    }
}
