//! The resting position that a step's movement is measured from.

use tanu_protocol::challenge::Command;
use tanu_protocol::observation::FaceObservation;

use crate::guidance::Hint;
use crate::policy::{Baseline, Policy};

/// A face at rest: the mean over the frames in which it rested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct RestingPosition {
    pub(super) yaw: f32,
    pub(super) pitch: f32,
    pub(super) roll: f32,
    pub(super) eye_left: f32,
    pub(super) eye_right: f32,
    pub(super) mouth: f32,
    pub(super) scale: f32,
}

/// Looks for the resting position.
#[derive(Clone, Debug, Default)]
pub(super) struct Resting {
    /// The frames of the rest so far: time and position.
    rest: Vec<(f64, RestingPosition)>,
}

impl Resting {
    /// Takes a frame: gives the resting position once the face has rested long enough, else what to put right, if anything.
    pub(super) fn observe(
        &mut self,
        t_ms: f64,
        face: &FaceObservation,
        command: Command,
        policy: &Policy,
    ) -> Result<RestingPosition, Option<Hint>> {
        let baseline = &policy.baseline;
        // Nobody saw the face rest in a gap in which something could have been exchanged.
        if self
            .rest
            .last()
            .is_some_and(|(last, _)| t_ms - last > policy.timing.gap_most)
        {
            self.rest.clear();
        }
        if let Some(hint) = not_neutral(face, command, baseline) {
            self.rest.clear();
            return Err(Some(hint));
        }
        let position = RestingPosition::of(face);
        let moved = self.rest.iter().any(|(_, other)| !position.is_near(other, baseline));
        if moved {
            self.rest.clear();
        }
        self.rest.push((t_ms, position));
        match self.rest.first() {
            Some((first, _)) if self.rest.len() >= baseline.frames_least && t_ms - first >= baseline.rest_ms => {
                Ok(RestingPosition::mean(&self.rest))
            }
            _ => Err(moved.then_some(Hint::HoldStill)),
        }
    }
}

impl RestingPosition {
    fn of(face: &FaceObservation) -> Self {
        Self {
            yaw: face.pose.yaw,
            pitch: face.pose.pitch,
            roll: face.pose.roll,
            eye_left: face.eye_left,
            eye_right: face.eye_right,
            mouth: face.mouth,
            scale: face.scale,
        }
    }

    fn is_near(&self, other: &Self, baseline: &Baseline) -> bool {
        (self.yaw - other.yaw).abs() <= baseline.pose_spread
            && (self.pitch - other.pitch).abs() <= baseline.pose_spread
            && (self.scale - other.scale).abs() <= baseline.scale_spread * other.scale
    }

    fn mean(rest: &[(f64, Self)]) -> Self {
        let count = rest.len().max(1) as f32;
        let mean = |field: fn(&Self) -> f32| rest.iter().map(|(_, position)| field(position)).sum::<f32>() / count;
        Self {
            yaw: mean(|position| position.yaw),
            pitch: mean(|position| position.pitch),
            roll: mean(|position| position.roll),
            eye_left: mean(|position| position.eye_left),
            eye_right: mean(|position| position.eye_right),
            mouth: mean(|position| position.mouth),
            scale: mean(|position| position.scale),
        }
    }
}

fn not_neutral(face: &FaceObservation, command: Command, baseline: &Baseline) -> Option<Hint> {
    if face.pose.yaw.abs() > baseline.yaw_most || face.pose.pitch.abs() > baseline.pitch_most {
        Some(Hint::LookStraight)
    } else if command == Command::ComeCloser && face.scale > baseline.scale_most {
        Some(Hint::MoveBack)
    } else if command == Command::OpenMouth && face.mouth > baseline.mouth_most {
        Some(Hint::CloseMouth)
    } else if command == Command::Blink && face.eye_left.min(face.eye_right) < baseline.eyes_least {
        Some(Hint::OpenEyes)
    } else {
        None
    }
}
