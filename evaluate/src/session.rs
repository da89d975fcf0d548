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
    verdict::{Course, RunReport, judge},
};
use tanu_vision::{Embedding, Examination, anchor, decode, identify};
use thiserror::Error;

use self::recording::{RecordedRun, Recording, RecordingError};
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

/// What a picture, taken at a time in milliseconds, shows; or why it can't be told.
type Examine<'a> = dyn Fn(&[u8], f64) -> Result<Examination, String> + Sync + 'a;

/// Judges the session in `folder` and prints the verdict as JSON.
pub(crate) fn session(folder: &Path) -> Result<(), SessionError> {
    let recording = Recording::read(folder)?;
    let examiner = load_examiner()?;
    let examine = |picture: &[u8], t_ms: f64| {
        let picture = decode(picture).map_err(|error| error.to_string())?;
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
    for (number, run) in recording.runs.iter().enumerate() {
        let open = number < MOST_RUNS && runs.iter().all(|run| !run.report.passed);
        let gap = run.steps.iter().rev().skip(1).any(Option::is_none);
        if !open || gap || run.steps.is_empty() || run.steps.len() > run.plan.commands().len() {
            return Err(SessionError::Runs(number));
        }
        let steps = judge_steps(run, folder, policy, examine).map_err(|(step, source)| SessionError::Step {
            run: number,
            step,
            source,
        })?;
        let course = Course {
            planned: run.plan.commands().len(),
            shown: run.steps.len(),
            ended: run.ended,
        };
        let report = judge(course, &steps, policy);
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

/// The reports of a run's steps; else the number of the step that can't be judged, and why.
fn judge_steps(
    run: &RecordedRun,
    folder: &Path,
    policy: &Policy,
    examine: &Examine<'_>,
) -> Result<Vec<StepReport>, (usize, StepError)> {
    // The frame that all others of the run are compared with.
    let mut anchored: Option<Embedding> = None;
    let mut reports = Vec::new();
    for (number, (step, command)) in run.steps.iter().zip(run.plan.commands()).enumerate() {
        let Some(step) = step else { continue };
        let frames = step.read(folder, *command).map_err(|error| (number, error.into()))?;
        let examined = examine_all(&frames.pictures, examine).map_err(|error| (number, error))?;
        if anchored.is_none() {
            anchored = anchor(&examined).and_then(|frame| examined.get(frame)?.embedding.clone());
        }
        let observations = identify(&examined, anchored.as_ref());
        reports.push(judge_step(*command, &observations, frames.late, policy));
    }
    Ok(reports)
}

fn examine_all(pictures: &[(Vec<u8>, f64)], examine: &Examine<'_>) -> Result<Vec<Examination>, StepError> {
    let numbers: Vec<usize> = (0..pictures.len()).collect();
    parallel::map("frames examined", &numbers, |frame| {
        let (picture, t_ms) = &pictures[*frame];
        examine(picture, *t_ms).map_err(|reason| StepError::Frame { frame: *frame, reason })
    })
}
