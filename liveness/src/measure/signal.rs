//! How far a face has moved from its resting position: towards what was asked, and otherwise.

use tanu_protocol::challenge::Command;
use tanu_protocol::observation::FaceObservation;

use super::baseline::RestingPosition;
use crate::guidance::Hint;
use crate::policy::{Extent, Policy};

/// The command's signal: 0 at rest, 1 at the extent that is asked for, negative in the other direction.
pub(super) fn signal(command: Command, rest: &RestingPosition, face: &FaceObservation, extent: &Extent) -> f32 {
    match command {
        Command::TurnLeft => (face.pose.yaw - rest.yaw) / extent.yaw,
        Command::TurnRight => (rest.yaw - face.pose.yaw) / extent.yaw,
        Command::LookUp => (face.pose.pitch - rest.pitch) / extent.pitch,
        Command::LookDown => (rest.pitch - face.pose.pitch) / extent.pitch,
        Command::Blink => {
            // Both eyes: the one that closed less counts.
            let lost = |open: f32, now: f32| if open > f32::EPSILON { 1.0 - now / open } else { 0.0 };
            lost(rest.eye_left, face.eye_left).min(lost(rest.eye_right, face.eye_right)) / extent.eyes
        }
        Command::OpenMouth => (face.mouth - rest.mouth) / extent.mouth,
        Command::ComeCloser => (face.scale / rest.scale - 1.0) / extent.scale,
    }
}

/// The same signal before the resting position is known, from a face that would rest straight ahead, with eyes open and mouth
/// closed. How close that face would rest can't be known.
pub(super) fn from_straight(command: Command, face: &FaceObservation, policy: &Policy) -> f32 {
    let straight = RestingPosition {
        yaw: 0.0,
        pitch: 0.0,
        roll: 0.0,
        eye_left: 1.0,
        eye_right: 1.0,
        mouth: 0.0,
        scale: face.scale,
    };
    // A pose within what counts as straight says nothing yet.
    let baseline = &policy.baseline;
    let turned = face.pose.yaw.abs() > baseline.yaw_most || face.pose.pitch.abs() > baseline.pitch_most;
    match command {
        Command::TurnLeft | Command::TurnRight | Command::LookUp | Command::LookDown if !turned => 0.0,
        _ => signal(command, &straight, face, &policy.extent),
    }
}

/// A movement that was not asked for, and is too large to go along with what was.
///
/// Eyes may close at any time: everybody blinks, and eyes that look down seem closed.
pub(super) fn other_movement(
    command: Command,
    rest: &RestingPosition,
    face: &FaceObservation,
    policy: &Policy,
) -> Option<Hint> {
    let (extent, other) = (&policy.extent, &policy.other);
    let yaw = (face.pose.yaw - rest.yaw).abs();
    let pitch = (face.pose.pitch - rest.pitch).abs();
    let roll = (face.pose.roll - rest.roll).abs();
    let mouth = face.mouth - rest.mouth;
    let scale = face.scale / rest.scale;
    let turns = matches!(command, Command::TurnLeft | Command::TurnRight);
    let nods = matches!(command, Command::LookUp | Command::LookDown);
    if (turns || nods) && signal(command, rest, face, extent) <= -1.0 {
        return Some(Hint::OtherDirection);
    }
    let moves = (!turns && yaw >= other.yaw)
        || (!nods && pitch >= other.pitch)
        || roll >= other.roll
        || (command != Command::OpenMouth && mouth >= other.mouth)
        || scale <= other.scale_shrunk
        || (command != Command::ComeCloser && scale >= other.scale_grown);
    moves.then_some(Hint::OtherMovement)
}
