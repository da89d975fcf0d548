//! What the browser's guidance finds done must still be done when the matcher measures the same frames, compressed, again.

use proptest::prelude::*;
use tanu_protocol::challenge::Command;
use tanu_protocol::observation::{FaceObservation, FrameObservation};

use super::trajectory::{film, obey, there_and_back};
use super::{StepJudge, judge_step};
use crate::policy::Policy;

/// An answer as people give it.
#[derive(Clone, Copy, Debug)]
struct Answering {
    command: Command,
    /// Frames a second: of a quick machine or a tired one.
    rate: f64,
    begins_ms: f64,
    takes_ms: f64,
    /// 1 is how far a person goes when asked to.
    extent: f32,
    /// Degrees that the head is turned at rest.
    turned: f32,
    sharpness: f32,
    /// When somebody else comes into the picture, and how long they stay.
    another: Option<(f64, f64)>,
}

/// Milliseconds between two of the browser's detections (`tanu_vision::Guide`): between, it counts the faces of the last.
const DETECTIONS_MS: f64 = 500.0;

impl Answering {
    fn any() -> impl Strategy<Value = Self> {
        let command = prop::sample::select(Command::ALL.to_vec());
        (
            command,
            3.0..24.0,
            500.0..1_500.0,
            500.0..2_500.0,
            0.7f32..1.4,
            -6.0f32..6.0,
            prop_oneof![Just(0.004), 0.000_1f32..0.001],
            prop::option::of((0.0..3_000.0, 100.0..2_500.0)),
        )
            .prop_map(
                |(command, rate, begins_ms, takes_ms, extent, turned, sharpness, another)| Self {
                    command,
                    rate,
                    begins_ms,
                    takes_ms,
                    extent,
                    turned,
                    sharpness,
                    another,
                },
            )
    }

    /// As long as a step may last.
    fn film(&self) -> Vec<FrameObservation> {
        let (from, to) = (self.begins_ms, self.begins_ms + self.takes_ms);
        let mut frames = film(12.0, self.rate, |t_ms, face| {
            face.pose.yaw += self.turned;
            face.quality.sharpness = self.sharpness;
            obey(face, self.command, self.extent * there_and_back(t_ms, from, to));
        });
        for frame in &mut frames {
            let there = |(from, stays): (f64, f64)| (from..from + stays).contains(&frame.t_ms);
            frame.faces += u8::from(self.another.is_some_and(there));
        }
        frames
    }
}

/// The frames with their faces as the browser counts them.
fn as_detected(frames: &[FrameObservation]) -> Vec<FrameObservation> {
    let mut last: Option<(f64, u8)> = None;
    frames
        .iter()
        .map(|frame| {
            let (at, faces) = last
                .filter(|(at, _)| frame.t_ms - at < DETECTIONS_MS)
                .unwrap_or((frame.t_ms, frame.faces));
            last = Some((at, faces));
            FrameObservation { faces, ..frame.clone() }
        })
        .collect()
}

fn crowded(frames: &[FrameObservation]) -> bool {
    frames.iter().any(|frame| frame.faces > 1)
}

/// By how much a measurement of the compressed frame differs from that of the frame itself, as shares of the most that it does.
fn any_difference() -> impl Strategy<Value = [f32; 8]> {
    prop::array::uniform8(-1.0f32..1.0)
}

fn differ(face: &mut FaceObservation, by: [f32; 8]) {
    face.pose.yaw += 0.8 * by[0];
    face.pose.pitch += 0.8 * by[1];
    face.pose.roll += 0.8 * by[2];
    face.eye_left = steep(face.eye_left, by[3]);
    face.eye_right = steep(face.eye_right, by[4]);
    face.mouth = (face.mouth + 0.02 * by[5]).max(0.0);
    face.scale *= 1.0 + 0.01 * by[6];
    face.quality.brightness += 0.01 * by[7];
}

/// The classifier of eyes is steep: eyes half closed read as nearly open or nearly closed for little in the picture.
fn steep(open: f32, by: f32) -> f32 {
    let logit = (open.clamp(0.001, 0.999) / (1.0 - open.clamp(0.001, 0.999))).ln();
    1.0 / (1.0 + (-(logit + by)).exp())
}

proptest! {
    #[test]
    fn what_the_browser_finds_done_is_done_for_the_matcher(
        answering in Answering::any(),
        differences in prop::collection::vec(any_difference(), 288).no_shrink(),
        // Compression blurs all frames of a film alike.
        sharpness_left in 0.5f32..1.5,
    ) {
        let policy = Policy::default();
        let mut frames = answering.film();
        let mut detected = as_detected(&frames);
        let mut guidance = StepJudge::new(answering.command, &policy.for_guidance());
        let done = detected.iter().position(|frame| {
            guidance.observe(frame);
            guidance.is_done()
        });
        let Some(done) = done else { return Ok(()) };
        frames.truncate(done + 1);
        detected.truncate(done + 1);
        // Whoever comes and goes between two detections is seen by the matcher alone.
        prop_assume!(crowded(&detected) || !crowded(&frames));
        for (frame, difference) in frames.iter_mut().zip(differences) {
            if let Some(face) = &mut frame.face {
                differ(face, difference);
                face.quality.sharpness *= sharpness_left;
            }
        }
        let report = judge_step(answering.command, &frames, false, &policy);
        prop_assert!(report.passed(), "{:?}", report.mismatches);
    }
}
