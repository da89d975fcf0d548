//! `session`: the verdict over a recorded session, as the matcher gives it.
//!
//! The frames are checked by [`tanu_protocol::matcher::StepSubmission::open`], measured by [`tanu_vision::Examiner`] and judged by
//! `tanu-liveness`: the matcher calls the same.

mod recording;
#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    path::Path,
};

use serde::Serialize;
use tanu_liveness::{
    measure::{StepReport, judge_step},
    policy::Policy,
    verdict::{Course, RunReport, judge, tells_persons_apart},
};
use tanu_vision::{Embedding, Examination, anchor, decode, decode_frame, observe_step};
use thiserror::Error;

use self::recording::{Frames, RecordedRun, Recording, RecordingError, Source};
use crate::{
    engine::{EngineError, load_examiner},
    files::json,
    parallel,
};

/// The most runs of a session: the first and three repeats (BNK-8b).
const MOST_RUNS: usize = 4;

/// Why there is no verdict.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    /// Models or inference.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The recording can't be read, or the matcher would refuse its frames.
    #[error("run {run}, step {step}: {source}")]
    Step {
        /// The run, from 0.
        run: usize,
        /// The step within the run, from 0.
        step: usize,
        /// Why.
        source: StepError,
    },
    /// The description.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// Runs that no session has.
    #[error(
        "run {0}: a session has one to four runs, each but the last failed, each with 1 to all of its plan's steps"
    )]
    Runs(usize),
    /// The verdict could not be written.
    #[error("the verdict can't be written: {0}")]
    Write(#[from] io::Error),
}

/// Why a step can't be judged.
#[derive(Debug, Error)]
pub(crate) enum StepError {
    /// Its frames.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// A picture.
    #[error("frame {frame} can't be examined: {reason}")]
    Frame {
        /// The frame, from 0.
        frame: usize,
        /// Why.
        reason: String,
    },
}

/// The verdict over a session.
#[derive(Debug, Serialize)]
struct Verdict {
    /// The set of thresholds.
    policy: String,
    /// Whether a run passed.
    passed: bool,
    runs: Vec<RunVerdict>,
}

/// The verdict over a run, and how each step came to its own.
#[derive(Debug, Serialize)]
struct RunVerdict {
    #[serde(flatten)]
    report: RunReport,
    steps: Vec<StepReport>,
}

/// What a picture that came this way, taken at a time in milliseconds, shows; or why it can't be told.
type Examine<'a> = dyn Fn(Source, &[u8], f64) -> Result<Examination, String> + Sync + 'a;

/// Judges the session in `folder` and prints the verdict as JSON.
pub(crate) fn session(folder: &Path) -> Result<(), SessionError> {
    let recording = Recording::read(folder)?;
    let examiner = load_examiner()?;
    let examine = |source: Source, picture: &[u8], t_ms: f64| {
        let picture = match source {
            Source::Submission => decode_frame(picture),
            Source::Pictures => decode(picture),
        }
        .map_err(|error| error.to_string())?;
        examiner
            .examine_still(picture.view(), t_ms)
            .map_err(|error| error.to_string())
    };
    let verdict = judge_session(&recording, folder, &Policy::default(), &examine)?;
    Ok(io::stdout().write_all(json(&verdict).as_bytes())?)
}

fn judge_session(
    recording: &Recording,
    folder: &Path,
    policy: &Policy,
    examine: &Examine<'_>,
) -> Result<Verdict, SessionError> {
    let mut runs: Vec<RunVerdict> = Vec::new();
    // What the runs before have left to compare the next one with.
    let mut lasting: Option<Embedding> = None;
    for (number, run) in recording.runs.iter().enumerate() {
        let open = number < MOST_RUNS && runs.iter().all(|run| !run.report.passed);
        let gap = run.steps.iter().rev().skip(1).any(Option::is_none);
        if !open || gap || run.steps.is_empty() || run.steps.len() > run.plan.commands().len() {
            return Err(SessionError::Runs(number));
        }
        let (steps, left) = judge_steps(run, lasting.as_ref(), folder, policy, examine).map_err(|(step, source)| {
            SessionError::Step {
                run: number,
                step,
                source,
            }
        })?;
        let course = Course {
            planned: run.plan.commands().len(),
            shown: run.steps.len(),
            ended: run.ended,
        };
        let report = judge(course, &steps, policy);
        lasting = lasting.or(left);
        runs.push(RunVerdict { report, steps });
    }
    match runs.last() {
        None => Err(SessionError::Runs(0)),
        Some(last) => Ok(Verdict {
            policy: policy.version.clone(),
            passed: last.report.passed,
            runs,
        }),
    }
}

/// The reports of a run's steps, and the face that it leaves to compare the next run with; else the number of the step that can't
/// be judged, and why. `lasting` is what earlier runs have left.
fn judge_steps(
    run: &RecordedRun,
    lasting: Option<&Embedding>,
    folder: &Path,
    policy: &Policy,
    examine: &Examine<'_>,
) -> Result<(Vec<StepReport>, Option<Embedding>), (usize, StepError)> {
    // What all frames of the run are compared with, and whether that frame itself may be left to the next run.
    let mut anchored = lasting.cloned();
    let mut left_by_anchor = None;
    let mut left_by_clearest = None;
    let mut reports = Vec::new();
    for (number, (step, command)) in run.steps.iter().zip(run.plan.commands()).enumerate() {
        let Some(step) = step else { continue };
        let frames = step.read(folder, *command).map_err(|error| (number, error.into()))?;
        let examined = examine_all(&frames, examine).map_err(|error| (number, error))?;
        let first = if anchored.is_none() { anchor(&examined) } else { None };
        let embedding = |frame: usize| examined.get(frame)?.embedding.clone();
        anchored = anchored.or_else(|| embedding(first?));
        let observations = observe_step(&examined, anchored.as_ref());
        let report = judge_step(*command, &observations, frames.late, policy);
        let leaves = |frame: usize| {
            let face = observations.get(frame)?.face.as_ref()?;
            tells_persons_apart(face, policy).then(|| embedding(frame)).flatten()
        };
        left_by_anchor = left_by_anchor.or_else(|| leaves(first?));
        left_by_clearest = left_by_clearest.or_else(|| leaves(report.key_frames.clearest?));
        reports.push(report);
    }
    Ok((reports, left_by_clearest.or(left_by_anchor)))
}

fn examine_all(frames: &Frames, examine: &Examine<'_>) -> Result<Vec<Examination>, StepError> {
    let numbers: Vec<usize> = (0..frames.pictures.len()).collect();
    parallel::map("frames examined", &numbers, |frame| {
        let (picture, t_ms) = &frames.pictures[*frame];
        examine(frames.source, picture, *t_ms).map_err(|reason| StepError::Frame { frame: *frame, reason })
    })
}
