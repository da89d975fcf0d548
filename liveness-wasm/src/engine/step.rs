//! One step under way: what is judged for guidance and what is recorded for the matcher.

use js_sys::{ArrayBuffer, Uint8Array};
use tanu_liveness::guidance::Guidance;
use tanu_liveness::measure::StepJudge;
use tanu_liveness::policy::Policy;
use tanu_protocol::digest::Nonce;
use tanu_protocol::observation::FrameObservation;

use crate::message::{BeginStep, Failure, FromEngine};
use crate::recording::{Pacer, Recording};

/// For how long frames are taken after the command was seen, or what fails the step: the matcher, whose measurements differ a little,
/// then sees the head come back and not just arrive, or the other movement and not just its beginning, and gives that as the reason.
const TAIL_MS: f64 = 250.0;

/// Tells steps apart.
pub(super) type Id = Nonce;

pub(super) struct Step {
    begin: BeginStep,
    judge: StepJudge,
    pacer: Pacer,
    recording: Recording,
    compressing: u32,
    /// Since when nothing more can be gained, in milliseconds since the command was shown; absent again where another face comes
    /// into the picture of a step that was done.
    over_ms: Option<f64>,
    last_ms: f64,
}

impl Step {
    pub(super) fn new(begin: BeginStep, policy: &Policy) -> Self {
        Self {
            judge: StepJudge::new(begin.step.command, policy),
            begin,
            pacer: Pacer::default(),
            recording: Recording::default(),
            compressing: 0,
            over_ms: None,
            last_ms: 0.0,
        }
    }

    pub(super) fn id(&self) -> Id {
        self.begin.step.nonce
    }

    /// Milliseconds from showing the command to a frame, if that came after.
    pub(super) fn time_of(&self, t_ms: f64) -> Option<f64> {
        Some(t_ms - self.begin.shown_at_ms).filter(|since| *since >= 0.0)
    }

    /// Whether a frame is captured.
    pub(super) fn takes(&mut self, since_shown: f64) -> bool {
        !self.is_closed() && self.pacer.takes(since_shown)
    }

    /// Judges a frame that will be recorded.
    pub(super) fn observe(&mut self, observation: &FrameObservation) -> Guidance {
        self.compressing += 1;
        self.last_ms = observation.t_ms;
        let guidance = self.judge.observe(observation);
        let now_ms = observation.t_ms;
        self.over_ms = self.judge.is_over().then(|| self.over_ms.unwrap_or(now_ms));
        guidance
    }

    /// Takes a frame's picture; an empty one where it could not be compressed.
    pub(super) fn record(&mut self, since_shown: f64, jpeg: Vec<u8>) {
        self.compressing = self.compressing.saturating_sub(1);
        self.recording.add(since_shown, jpeg);
    }

    /// Whether all frames are there.
    pub(super) fn is_complete(&self) -> bool {
        self.is_closed() && self.compressing == 0
    }

    /// The capture as a message and the bytes that go with it.
    pub(super) fn capture(self) -> Result<(FromEngine, ArrayBuffer), Failure> {
        let message = FromEngine::StepCaptured {
            run: self.begin.step.run,
            step: self.begin.step.step,
            frames: u32::try_from(self.recording.len()).unwrap_or(u32::MAX),
            seen: self.judge.is_done(),
        };
        let bytes = self.recording.seal(&self.begin).encode().map_err(|_| Failure::Engine)?;
        Ok((message, Uint8Array::from(bytes.as_slice()).buffer()))
    }

    fn is_closed(&self) -> bool {
        self.last_ms >= self.begin.limit_ms || self.over_ms.is_some_and(|over| self.last_ms >= over + TAIL_MS)
    }
}
