//! `video`: what each frame of a video shows.

mod film;
mod tally;

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

use serde::Serialize;
use tanu_protocol::{
    capture::MOST_FRAMES,
    observation::{Change, FaceLight, Quality, Shape},
};
use tanu_vision::{Embedding, Examination, Examiner, Picture, Texture, Track};
use thiserror::Error;

use self::{
    film::{Film, FilmError},
    tally::Tally,
};
use crate::{
    engine::{EngineError, load_examiner},
    files::{FileError, create, unwritten},
};

/// Frames between two lines about how far the work has come.
const LINE_EVERY: usize = 500;

/// Why a video could not be observed.
#[derive(Debug, Error)]
pub(crate) enum VideoError {
    /// Models or inference.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The output.
    #[error(transparent)]
    File(#[from] FileError),
    /// The video.
    #[error(transparent)]
    Film(#[from] FilmError),
}

/// A line of the output.
#[derive(Debug, Serialize)]
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
    smile: Option<f32>,
    covered: Option<f32>,
    scale: Option<f32>,
    passive: Option<f32>,
    /// Cosine similarity to the face of the first frame that has one.
    identity: Option<f32>,
    quality: Option<Quality>,
    light: Option<FaceLight>,
    shape: Option<Shape>,
    /// Against the frames before it, as many as a step may have, and the next one.
    change: Option<Change>,
}

/// Observes each frame of `file` and writes a JSON line for each to `out`.
pub(crate) fn video(file: &Path, out: &Path) -> Result<(), VideoError> {
    let mut film = Film::open(file)?;
    let examiner = load_examiner()?;
    let mut lines = Lines {
        examiner,
        track: Track::default(),
        first: None,
        textures: VecDeque::new(),
        waiting: None,
        out: BufWriter::new(create(out)?),
        frames: 0,
        with_face: 0,
        tally: Tally::default(),
    };
    let of = film.frames().map_or_else(String::new, |count| format!(" of {count}"));
    while let Some((picture, t)) = film.next_frame()? {
        lines.add(&picture, t)?.map_err(unwritten(out))?;
        if lines.frames.is_multiple_of(LINE_EVERY) {
            eprintln!("{}{of} frames observed", lines.frames);
        }
    }
    lines.write_waiting(None).map_err(unwritten(out))?;
    // Before the decoder is asked how it ended: what it did decode is not lost.
    lines.out.flush().map_err(unwritten(out))?;
    film.finish()?;
    eprintln!("{} frames observed, {} with a face", lines.frames, lines.with_face);
    eprintln!("{}", lines.tally);
    Ok(())
}

/// The output as it grows.
struct Lines {
    examiner: Examiner,
    track: Track,
    /// The first face.
    first: Option<Embedding>,
    /// Those of the last frames, the newest last.
    textures: VecDeque<Texture>,
    /// The newest frame's line, which is complete when the next frame is known.
    waiting: Option<Line>,
    out: BufWriter<File>,
    frames: usize,
    with_face: usize,
    tally: Tally,
}

impl Lines {
    /// Observes the next frame and writes the line of the one before. The inner result is that of writing.
    fn add(&mut self, picture: &Picture, t: f64) -> Result<io::Result<()>, EngineError> {
        let seen = self.examiner.examine(&mut self.track, picture.view(), 1000.0 * t)?;
        if self.first.is_none() {
            self.first.clone_from(&seen.embedding);
        }
        let line = Line::new(self.frames, t, &seen, self.first.as_ref());
        self.frames += 1;
        self.with_face += usize::from(line.face);
        let written = self.write_waiting(seen.texture.as_ref());
        self.waiting = Some(line);
        self.textures.extend(seen.texture);
        if self.textures.len() > MOST_FRAMES {
            self.textures.pop_front();
        }
        Ok(written)
    }

    /// Writes the line that waits, if there is one; `after` is the frame that follows it.
    fn write_waiting(&mut self, after: Option<&Texture>) -> io::Result<()> {
        let Some(mut line) = self.waiting.take() else {
            return Ok(());
        };
        let mut earlier = self.textures.iter();
        let this = earlier.next_back();
        line.change = this.zip(after).and_then(|(this, after)| this.change(earlier, after));
        if let Some(change) = &line.change {
            self.tally.add(change);
        }
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")
    }
}

impl Line {
    fn new(frame: usize, t: f64, seen: &Examination, first: Option<&Embedding>) -> Self {
        let face = seen.observation.face.as_ref();
        Self {
            frame,
            t,
            face: face.is_some(),
            faces: seen.observation.faces,
            confidence: face.map(|f| f.confidence),
            yaw: face.map(|f| f.pose.yaw),
            pitch: face.map(|f| f.pose.pitch),
            roll: face.map(|f| f.pose.roll),
            eye_left: face.map(|f| f.eye_left),
            eye_right: face.map(|f| f.eye_right),
            mouth: face.map(|f| f.mouth),
            smile: face.map(|f| f.smile),
            covered: face.map(|f| f.covered),
            scale: face.map(|f| f.scale),
            passive: face.and_then(|f| f.passive),
            identity: seen
                .embedding
                .as_ref()
                .zip(first)
                .map(|(face, first)| face.cosine(first)),
            quality: face.map(|f| f.quality),
            light: face.map(|f| f.light),
            shape: face.map(|f| f.shape),
            change: None,
        }
    }
}
