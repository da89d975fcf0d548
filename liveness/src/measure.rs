//! The measurement of one step: its frames against its command.
//!
//! [`StepJudge`] takes the frames one by one. It looks for a *resting position* (single face, well placed and lit, straight and
//! still), follows the command's *signal* from there (1 is the extent that the command asks for), and has seen the command
//! when the signal began no sooner than a person can react, reached its extent and came back. On the way it notes what speaks
//! against the answer: other movements, jumps, further faces, stillness. After a gap in which something could have been
//! exchanged unseen it begins again with the resting position: an answer counts only where all of it was seen.
//!
//! The browser calls [`StepJudge::observe`] for its guidance; the matcher calls [`judge_step`] for the verdict.

mod baseline;
mod framing;
mod placing;
mod signal;
mod steadiness;

use serde::{Deserialize, Serialize};
use tanu_protocol::challenge::{Command, Mismatch};
use tanu_protocol::observation::{FaceObservation, FrameObservation};

pub use self::placing::PlacingJudge;
use self::{
    baseline::{Resting, RestingPosition},
    framing::{Unmeasurable, measurable},
    steadiness::Steadiness,
};
use crate::guidance::{Guidance, Hint, Phase};
use crate::policy::Policy;
use crate::verdict::Scores;

/// What the frames of one step amount to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReport {
    /// What was asked.
    pub command: Command,
    /// Why the step did not pass; empty where it passed. In order, without repetition.
    pub mismatches: Vec<Mismatch>,
    /// Number of frames.
    pub frames: u32,
    /// Number of frames that could be measured.
    pub measured: u32,
    /// The greatest signal: 1 is the extent that the command asks for.
    pub extent: f32,
    /// Milliseconds from showing the command to the start of the answer.
    pub started_ms: Option<f64>,
    /// Milliseconds from showing the command to its full extent.
    pub reached_ms: Option<f64>,
    /// Milliseconds from showing the command to the end of the answer.
    pub returned_ms: Option<f64>,
    /// The frames that show the answer.
    pub key_frames: KeyFrames,
    /// The passive scores and similarities of the step's frames.
    pub scores: Scores,
}

impl StepReport {
    /// Whether the step passed.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// The frames that show the answer, as indices in the order of [`StepJudge::observe`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFrames {
    /// The last frame before the movement; without a movement, the last of the resting position.
    pub start: Option<usize>,
    /// The frame of the greatest extent.
    pub peak: Option<usize>,
    /// The frame in which the head was back.
    pub returned: Option<usize>,
    /// The sharpest frame of a straight face with open eyes: the one to compare with others.
    pub clearest: Option<usize>,
}

impl KeyFrames {
    /// The indices for the evidence, in order, without repetition.
    #[must_use]
    pub fn indices(&self) -> Vec<usize> {
        let mut indices: Vec<usize> = [self.start, self.peak, self.returned, self.clearest]
            .into_iter()
            .flatten()
            .collect();
        indices.sort_unstable();
        indices.dedup();
        indices
    }
}

/// Judges a whole step: all its frames in order; `late` where they arrived after the step's deadline.
#[must_use]
pub fn judge_step(command: Command, frames: &[FrameObservation], late: bool, policy: &Policy) -> StepReport {
    let mut judge = StepJudge::new(command, policy);
    for frame in frames {
        judge.observe(frame);
    }
    let mut report = judge.finish();
    if late {
        report.mismatches.push(Mismatch::Late);
    }
    report
}

/// Judges the frames of one step, one by one.
#[derive(Clone, Debug)]
pub struct StepJudge {
    policy: Policy,
    command: Command,
    stage: Stage,
    frames: u32,
    measured: u32,
    several: u32,
    /// Whether the last frame shows more than one face.
    crowded: bool,
    /// Frames that could not be measured, by reason.
    unmeasurable: Vec<(Unmeasurable, u32)>,
    last_measured_ms: Option<f64>,
    /// Whether no frame since then showed a face; absent where there was none.
    faceless_since: Option<bool>,
    steadiness: Steadiness,
    answer: Answer,
    clearest: Option<(f32, usize)>,
    scores: Scores,
}

/// How far the step has come.
#[derive(Clone, Debug)]
enum Stage {
    Resting(Resting),
    Following(RestingPosition),
    Done,
}

/// What was seen of the answer.
#[derive(Clone, Debug, Default)]
struct Answer {
    /// Index of the last frame at rest.
    rest: Option<usize>,
    start: Option<(usize, f64)>,
    peak: Option<(f32, usize)>,
    /// Frames in a row at full extent.
    held: u32,
    reached_ms: Option<f64>,
    /// Frames in a row in which the head was back.
    back_held: u32,
    returned: Option<(usize, f64)>,
    /// The movement that is under way began too early and does not count.
    discounted: bool,
    early: bool,
    /// Frames in a row that show another movement.
    other_held: u32,
    other: bool,
    /// Why an answer that was under way had to begin again.
    gap: Option<Mismatch>,
}

impl Answer {
    /// What is left of an answer that broke off behind a gap: what speaks against it stays.
    fn broken_off(&self, reason: Mismatch) -> Self {
        Self {
            early: self.early,
            other: self.other,
            gap: Some(reason),
            ..Self::default()
        }
    }
}

impl StepJudge {
    /// A judge of the answer to a command.
    #[must_use]
    pub fn new(command: Command, policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            command,
            stage: Stage::Resting(Resting::default()),
            frames: 0,
            measured: 0,
            several: 0,
            crowded: false,
            unmeasurable: Vec::new(),
            last_measured_ms: None,
            faceless_since: None,
            steadiness: Steadiness::default(),
            answer: Answer::default(),
            clearest: None,
            scores: Scores::default(),
        }
    }

    /// Takes the next frame, whose time counts from the moment when the command was shown.
    pub fn observe(&mut self, frame: &FrameObservation) -> Guidance {
        let index = self.frames as usize;
        self.frames = self.frames.saturating_add(1);
        self.crowded = frame.faces > 1;
        self.several += u32::from(self.crowded);
        let face = match measurable(frame, &self.policy.framing) {
            Ok(face) => face,
            Err(reason) => return self.not_measured(reason),
        };
        self.note_gap(frame.t_ms);
        self.measured += 1;
        self.steadiness.observe(frame.t_ms, face, &self.policy.steadiness);
        self.note_clearest(index, face);
        self.scores.observe(face, &self.policy);
        let hint = self.follow(index, frame.t_ms, face);
        Guidance {
            phase: self.phase(face),
            hint: if self.crowded { Some(Hint::SeveralFaces) } else { hint },
        }
    }

    /// Whether further frames can't change the outcome for the better: the step is done, or something was seen that fails it
    /// whatever follows.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.is_done() || self.answer.other || self.steadiness.jumped()
    }

    /// Whether the command was seen from start to end and nothing speaks against the step so far. What speaks against it may pass
    /// by with further frames: another face that leaves, a picture that becomes sharp. While another face is there the step is
    /// never done: how long it stays is not known yet.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done) && !self.crowded && self.integrity().is_empty()
    }

    /// Judges what was seen. A step without frames, or whose answer is not complete, never passes.
    #[must_use]
    pub fn finish(self) -> StepReport {
        let mut mismatches = self.integrity();
        if !matches!(self.stage, Stage::Done) {
            mismatches.extend(self.answer.gap);
            mismatches.extend(self.shortcoming());
            mismatches.extend(self.obstacles());
        }
        mismatches.sort_unstable();
        mismatches.dedup();
        StepReport {
            command: self.command,
            mismatches,
            frames: self.frames,
            measured: self.measured,
            extent: self.answer.peak.map_or(0.0, |(signal, _)| signal),
            started_ms: self.answer.start.map(|(_, t_ms)| t_ms),
            reached_ms: self.answer.reached_ms,
            returned_ms: self.answer.returned.map(|(_, t_ms)| t_ms),
            key_frames: KeyFrames {
                start: self.answer.rest,
                peak: self.answer.peak.map(|(_, index)| index),
                returned: self.answer.returned.map(|(index, _)| index),
                clearest: self.clearest.map(|(_, index)| index),
            },
            scores: self.scores,
        }
    }

    /// Follows the face through the stages.
    fn follow(&mut self, index: usize, t_ms: f64, face: &FaceObservation) -> Option<Hint> {
        match &mut self.stage {
            Stage::Done => self.is_blurred().then_some(Hint::Blurred),
            Stage::Resting(resting) => {
                // The movement was under way when the step began: noted, and waited out.
                if t_ms < self.policy.timing.reaction_least
                    && signal::from_straight(self.command, face, &self.policy) >= 1.0
                {
                    self.answer.early = true;
                }
                match resting.observe(t_ms, face, self.command, &self.policy) {
                    Ok(position) => {
                        self.answer.rest = Some(index);
                        self.stage = Stage::Following(position);
                        None
                    }
                    Err(hint) => hint,
                }
            }
            Stage::Following(position) => {
                let position = *position;
                let signal = signal::signal(self.command, &position, face, &self.policy.extent);
                let other = signal::other_movement(self.command, &position, face, &self.policy);
                self.follow_answer(index, t_ms, signal);
                self.follow_other(other);
                other.or((signal < -0.5).then_some(Hint::OtherDirection))
            }
        }
    }

    fn follow_answer(&mut self, index: usize, t_ms: f64, signal: f32) {
        let (extent, timing) = (&self.policy.extent, &self.policy.timing);
        let answer = &mut self.answer;
        if signal < extent.begun {
            answer.discounted = false;
            if answer.reached_ms.is_none() {
                answer.rest = Some(index);
                answer.start = None;
                answer.held = 0;
            }
        } else if answer.start.is_none() && !answer.discounted {
            if t_ms < timing.reaction_least {
                answer.discounted = true;
                answer.early = true;
            } else {
                answer.start = Some((index, t_ms));
            }
        }
        if answer.discounted {
            return;
        }
        if answer.peak.is_none_or(|(peak, _)| signal > peak) {
            answer.peak = Some((signal, index));
        }
        answer.held = if signal >= 1.0 { answer.held + 1 } else { 0 };
        let frames = if self.command == Command::Blink {
            1
        } else {
            extent.frames
        };
        if answer.reached_ms.is_none() && answer.held >= frames {
            answer.reached_ms = Some(t_ms);
        }
        let Some(reached_ms) = answer.reached_ms else {
            return;
        };
        // A face that came closer may stay there.
        let back = self.command == Command::ComeCloser || signal < extent.back;
        answer.back_held = if back { answer.back_held + 1 } else { 0 };
        if answer.back_held >= extent.back_frames && t_ms - reached_ms <= timing.return_most {
            answer.returned = Some((index, t_ms));
            self.stage = Stage::Done;
        }
    }

    fn follow_other(&mut self, other: Option<Hint>) {
        // A head that has just come back may swing over.
        if matches!(self.stage, Stage::Done) {
            return;
        }
        self.answer.other_held = if other.is_some() { self.answer.other_held + 1 } else { 0 };
        self.answer.other |= self.answer.other_held >= self.policy.extent.frames;
    }

    fn phase(&self, face: &FaceObservation) -> Phase {
        match &self.stage {
            Stage::Done => self.phase_at_the_end(),
            Stage::Resting(_) => Phase::Hold,
            Stage::Following(_) if self.answer.reached_ms.is_some() => Phase::Return,
            Stage::Following(_) if self.answer.discounted => Phase::Hold,
            Stage::Following(position) => Phase::Perform {
                progress: signal::signal(self.command, position, face, &self.policy.extent).clamp(0.0, 1.0),
            },
        }
    }

    /// The phase once the command was seen: what fails the step is not done, whatever was seen.
    fn phase_at_the_end(&self) -> Phase {
        if self.is_done() { Phase::Done } else { Phase::Hold }
    }

    fn not_measured(&mut self, reason: Unmeasurable) -> Guidance {
        self.faceless_since = Some(self.faceless_since.unwrap_or(true) && reason == Unmeasurable::NoFace);
        match self.unmeasurable.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, frames)) => *frames += 1,
            None => self.unmeasurable.push((reason, 1)),
        }
        Guidance {
            phase: if matches!(self.stage, Stage::Done) {
                self.phase_at_the_end()
            } else {
                Phase::Searching
            },
            hint: Some(reason.hint()),
        }
    }

    /// Begins the answer again after a gap in which something could have been exchanged unseen.
    fn note_gap(&mut self, t_ms: f64) {
        if let (Stage::Following(_), Some(last)) = (&self.stage, self.last_measured_ms)
            && t_ms - last > self.policy.timing.gap_most
        {
            let reason = if self.faceless_since == Some(true) {
                Mismatch::NoFace
            } else {
                Mismatch::TooFewFrames
            };
            self.answer = self.answer.broken_off(reason);
            self.stage = Stage::Resting(Resting::default());
        }
        self.last_measured_ms = Some(t_ms);
        self.faceless_since = None;
    }

    fn note_clearest(&mut self, index: usize, face: &FaceObservation) {
        let straight =
            face.pose.yaw.abs() <= self.policy.run.frontal && face.pose.pitch.abs() <= self.policy.run.frontal;
        let open = face.eye_left.min(face.eye_right) >= self.policy.baseline.eyes_least;
        let calm = face.mouth <= self.policy.baseline.mouth_most;
        let sharpness = face.quality.sharpness;
        if straight && open && calm && self.clearest.is_none_or(|(clearest, _)| sharpness > clearest) {
            self.clearest = Some((sharpness, index));
        }
    }

    /// What speaks against a step even where the command was seen.
    fn integrity(&self) -> Vec<Mismatch> {
        let framing = &self.policy.framing;
        let several = self.several as f32 > framing.several_faces_most * self.frames as f32;
        [
            (several, Mismatch::SeveralFaces),
            (self.answer.other, Mismatch::OtherMovement),
            (self.steadiness.jumped(), Mismatch::Discontinuous),
            (self.measured < framing.frames_least, Mismatch::TooFewFrames),
            (self.is_blurred(), Mismatch::Blurred),
        ]
        .into_iter()
        .filter_map(|(holds, mismatch)| holds.then_some(mismatch))
        .collect()
    }

    /// Whether a face was measured, and no picture of it is sharp.
    fn is_blurred(&self) -> bool {
        self.measured > 0 && self.scores.sharpest < self.policy.framing.sharpness_least
    }

    /// How far an incomplete answer came.
    fn shortcoming(&self) -> Option<Mismatch> {
        if self.measured < self.policy.framing.frames_least {
            return None;
        }
        let extent = self.answer.peak.map_or(0.0, |(signal, _)| signal);
        Some(if self.answer.reached_ms.is_some() {
            Mismatch::NotReturned
        } else if self.answer.early {
            Mismatch::TooEarly
        } else if self.steadiness.is_static(&self.policy.steadiness) {
            Mismatch::Static
        } else if extent >= self.policy.extent.little {
            Mismatch::TooLittle
        } else {
            Mismatch::NotPerformed
        })
    }

    /// What kept an incomplete answer from being measured: each reason that took a third of the frames.
    fn obstacles(&self) -> impl Iterator<Item = Mismatch> {
        self.unmeasurable
            .iter()
            .filter(|(_, frames)| frames.saturating_mul(3) >= self.frames)
            .map(|(reason, _)| reason.mismatch())
    }
}

#[cfg(test)]
pub(crate) mod trajectory;

#[cfg(test)]
mod margins;
#[cfg(test)]
mod tests;
