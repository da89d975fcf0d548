//! A recorded session on disk: `docs/evaluation/sessions.md` describes the format.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tanu_protocol::{
    capture::{InvalidCapture, MOST_FRAMES},
    challenge::{Command, Plan},
    matcher::StepSubmission,
};
use thiserror::Error;

/// The file that describes the session.
const DESCRIPTION: &str = "session.json";

/// A recorded session: its runs, in order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    pub(crate) runs: Vec<RecordedRun>,
}

/// One run.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedRun {
    /// The commands that were planned.
    pub(crate) plan: Plan,
    /// The steps that were shown, in order; the last is `null` where no frames came for it.
    pub(crate) steps: Vec<Option<RecordedStep>>,
    /// Whether the session ended within the run.
    #[serde(default)]
    pub(crate) ended: bool,
}

/// Where the frames of a step are, relative to the recording's folder.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum RecordedStep {
    /// What the matcher received: a [`StepSubmission`] as CBOR.
    Submission {
        /// The file.
        submission: PathBuf,
    },
    /// Pictures, each named by the milliseconds since the command was shown.
    Pictures {
        /// The folder.
        pictures: PathBuf,
        /// Whether they arrived after the step's deadline.
        #[serde(default)]
        late: bool,
    },
}

/// How the frames of a step came, and so what they may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// As the matcher received them: it takes nothing that no browser captures.
    Submission,
    /// As pictures of any camera and size.
    Pictures,
}

/// The frames of a step as they are judged.
pub(crate) struct Frames {
    /// How they came.
    pub(crate) source: Source,
    /// Encoded pictures with their times in milliseconds, in order.
    pub(crate) pictures: Vec<(Vec<u8>, f64)>,
    /// Whether they arrived after the step's deadline.
    pub(crate) late: bool,
}

/// Why a recording can't be read.
#[derive(Debug, Error)]
pub(crate) enum RecordingError {
    /// A file or folder can't be read.
    #[error("{} can't be read ({source}): docs/evaluation/sessions.md says what a recording holds", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The description is not of the documented shape.
    #[error("{} is no description of a session ({reason}): docs/evaluation/sessions.md describes one", path.display())]
    Description {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The file is not what the matcher receives.
    #[error("{} holds no step as the matcher receives it", .0.display())]
    Submission(PathBuf),
    /// The matcher refuses the frames.
    #[error("{}: {source}", path.display())]
    Capture {
        /// The file.
        path: PathBuf,
        /// Why.
        source: InvalidCapture,
    },
    /// The frames answer another command than the plan's.
    #[error("{} answers another command than the plan's", .0.display())]
    Command(PathBuf),
    /// A picture's name is not its time.
    #[error("{} is not named by its milliseconds since the command was shown, or not alone with them", .0.display())]
    Time(PathBuf),
    /// No pictures, or more than a step may have.
    #[error("{} holds {count} pictures; a step has 1 to {MOST_FRAMES}", path.display())]
    Count {
        /// The folder.
        path: PathBuf,
        /// Number of pictures.
        count: usize,
    },
}

impl Recording {
    /// Reads the description in `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, RecordingError> {
        let path = folder.join(DESCRIPTION);
        let bytes = read(&path)?;
        serde_json::from_slice(&bytes).map_err(|error| RecordingError::Description {
            path,
            reason: error.to_string(),
        })
    }
}

impl RecordedStep {
    /// Reads the frames of the step, which answers `command`, from the recording's `folder`.
    pub(crate) fn read(&self, folder: &Path, command: Command) -> Result<Frames, RecordingError> {
        match self {
            Self::Submission { submission } => read_submission(folder.join(submission), command),
            Self::Pictures { pictures, late } => Ok(Frames {
                source: Source::Pictures,
                pictures: read_pictures(folder.join(pictures))?,
                late: *late,
            }),
        }
    }
}

fn read_submission(path: PathBuf, command: Command) -> Result<Frames, RecordingError> {
    let bytes = read(&path)?;
    let Ok(submission) = ciborium::from_reader::<StepSubmission, _>(bytes.as_slice()) else {
        return Err(RecordingError::Submission(path));
    };
    if submission.issued.command != command {
        return Err(RecordingError::Command(path));
    }
    match submission.open() {
        Ok(capture) => Ok(Frames {
            source: Source::Submission,
            late: submission.late(),
            pictures: capture
                .frames
                .into_iter()
                .map(|frame| (frame.jpeg, frame.time_us as f64 / 1000.0))
                .collect(),
        }),
        Err(source) => Err(RecordingError::Capture { path, source }),
    }
}

fn read_pictures(folder: PathBuf) -> Result<Vec<(Vec<u8>, f64)>, RecordingError> {
    let unreadable = |source| RecordingError::Read {
        path: folder.clone(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        match time_of(&path) {
            Some(t_ms) => files.push((path, t_ms)),
            None => return Err(RecordingError::Time(path)),
        }
    }
    if files.is_empty() || files.len() > MOST_FRAMES {
        return Err(RecordingError::Count {
            path: folder,
            count: files.len(),
        });
    }
    files.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    if let Some(pair) = files.windows(2).find(|pair| pair[0].1 == pair[1].1) {
        return Err(RecordingError::Time(pair[1].0.clone()));
    }
    files.into_iter().map(|(path, t_ms)| Ok((read(&path)?, t_ms))).collect()
}

/// `83.5` of `0083.5.jpg`.
fn time_of(path: &Path) -> Option<f64> {
    let number: f64 = path.file_stem()?.to_str()?.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

fn read(path: &Path) -> Result<Vec<u8>, RecordingError> {
    fs::read(path).map_err(|source| RecordingError::Read {
        path: path.to_owned(),
        source,
    })
}
