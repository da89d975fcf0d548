//! Made-up frames for the tests: a living face at rest, and what it does.

use tanu_protocol::challenge::Command;
use tanu_protocol::observation::testing::resting_face;
use tanu_protocol::observation::{FaceObservation, FrameObservation, HeadPose};

/// A face at rest, with the sway of a living head.
pub(crate) fn face_at_rest(t_ms: f64) -> FaceObservation {
    let sway = |period_ms: f64, amplitude: f64| (amplitude * (t_ms / period_ms).sin()) as f32;
    let mut face = resting_face();
    face.bounds.x += sway(900.0, 0.004);
    face.bounds.y += sway(700.0, 0.003);
    face.pose = HeadPose {
        yaw: 2.0 + sway(650.0, 0.8),
        pitch: -3.0 + sway(480.0, 0.8),
        roll: 1.0 + sway(810.0, 0.5),
    };
    face.eye_left = 0.97;
    face.mouth += sway(300.0, 0.01).abs();
    face.identity = Some(0.8);
    face
}

/// A smooth movement there and back: 0 before `from`, 1 around the middle, 0 after `to`.
pub(crate) fn there_and_back(t_ms: f64, from: f64, to: f64) -> f32 {
    if (from..to).contains(&t_ms) {
        let angle = std::f64::consts::PI * (t_ms - from) / (to - from);
        // Flattened, as people hold for a moment what they were asked for.
        (1.6 * angle.sin()).min(1.0) as f32
    } else {
        0.0
    }
}

/// Moves a face as a command asks; at an amount of 1, as far as a person goes when asked to.
pub(crate) fn obey(face: &mut FaceObservation, command: Command, amount: f32) {
    match command {
        Command::TurnLeft => face.pose.yaw += 20.0 * amount,
        Command::TurnRight => face.pose.yaw -= 20.0 * amount,
        Command::LookUp => face.pose.pitch += 12.0 * amount,
        Command::LookDown => face.pose.pitch -= 12.0 * amount,
        Command::Blink => {
            face.eye_left *= 1.0 - amount;
            face.eye_right *= 1.0 - amount;
        }
        Command::OpenMouth => face.mouth += 0.45 * amount,
        Command::ComeCloser => {
            let grown = 1.0 + 0.25 * amount;
            face.scale *= grown;
            face.bounds.x -= face.bounds.width * (grown - 1.0) / 2.0;
            face.bounds.y -= face.bounds.height * (grown - 1.0) / 2.0;
            face.bounds.width *= grown;
            face.bounds.height *= grown;
        }
    }
}

/// Frames at a rate, each with one face that `act` has moved.
pub(crate) fn film(seconds: f64, rate: f64, act: impl Fn(f64, &mut FaceObservation)) -> Vec<FrameObservation> {
    (0..(seconds * rate) as u32)
        .map(|n| {
            let t_ms = f64::from(n) * 1_000.0 / rate;
            let mut face = face_at_rest(t_ms);
            act(t_ms, &mut face);
            FrameObservation::new(t_ms, 1, Some(face))
        })
        .collect()
}

/// The answer of a person who takes their time.
pub(crate) fn answer(command: Command, rate: f64) -> Vec<FrameObservation> {
    let to = if command == Command::Blink { 1_150.0 } else { 2_300.0 };
    film(3.0, rate, |t_ms, face| {
        obey(face, command, there_and_back(t_ms, 800.0, to))
    })
}
