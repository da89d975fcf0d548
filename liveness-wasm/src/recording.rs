//! The frames of one step on their way into a capture: paced, without doubles, within the caps.

use tanu_protocol::capture::{CapturedFrame, MOST_CAPTURE_BYTES, MOST_FRAME_BYTES, MOST_FRAMES, StepCapture};

use crate::message::BeginStep;

/// Milliseconds between captured frames, on average: 12 a second show a blink of 150 ms and keep the upload small.
pub const FRAME_INTERVAL_MS: f64 = 1_000.0 / 12.0;

/// The most bytes of pictures: what CBOR adds to them stays far below the rest.
const MOST_PICTURE_BYTES: usize = MOST_CAPTURE_BYTES - 64 * 1024;

/// Decides which frames of a camera are captured, so that their rate is at most 12 a second whatever the camera's.
#[derive(Clone, Debug, Default)]
pub struct Pacer {
    due_ms: f64,
}

impl Pacer {
    /// Whether the frame taken at `t_ms` of the step is captured.
    pub fn takes(&mut self, t_ms: f64) -> bool {
        if t_ms < self.due_ms {
            return false;
        }
        // The next is due one interval after this one was, so that a camera of 30 frames gives 12 and not 10; but a camera
        // that paused does not catch up.
        self.due_ms = (self.due_ms + FRAME_INTERVAL_MS).max(t_ms - FRAME_INTERVAL_MS / 2.0);
        true
    }
}

/// The frames that were captured, by time.
#[derive(Default)]
pub struct Recording {
    frames: Vec<(u64, Vec<u8>)>,
}

impl Recording {
    /// Adds a frame taken `t_ms` after the command was shown.
    ///
    /// Left out are frames that a capture may not hold: a picture that is there already (cameras in poor light repeat
    /// frames), a time that is there already, an empty or outsized picture. Where the caps are reached, every second frame of
    /// the older half goes: it shows the wait before the answer.
    pub fn add(&mut self, t_ms: f64, jpeg: Vec<u8>) {
        // Times are within a step's seconds; a negative or absent number becomes 0.
        let time_us = (t_ms * 1_000.0).round() as u64;
        let fits = (1..=MOST_FRAME_BYTES).contains(&jpeg.len());
        let known = self
            .frames
            .iter()
            .any(|(time, picture)| *time == time_us || *picture == jpeg);
        if !fits || known {
            return;
        }
        // Encoding may finish out of order.
        let place = self.frames.partition_point(|(time, _)| *time < time_us);
        self.frames.insert(place, (time_us, jpeg));
        while self.frames.len() > MOST_FRAMES || self.bytes() > MOST_PICTURE_BYTES {
            self.thin();
        }
    }

    /// Number of frames.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether there is no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// Binds the frames to the step.
    #[must_use]
    pub fn seal(self, begin: &BeginStep) -> StepCapture {
        let frames = (0..)
            .zip(self.frames)
            .map(|(sequence, (time_us, jpeg))| CapturedFrame {
                sequence,
                time_us,
                jpeg,
            })
            .collect();
        StepCapture::seal(&begin.transaction, begin.step.nonce, begin.camera, frames)
    }

    fn bytes(&self) -> usize {
        self.frames.iter().map(|(_, jpeg)| jpeg.len()).sum()
    }

    fn thin(&mut self) {
        let half = self.frames.len().div_ceil(2).max(2);
        let mut index = 0;
        self.frames.retain(|_| {
            index += 1;
            index > half || index % 2 == 1
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tanu_protocol::capture::ClientReportedCamera;
    use tanu_protocol::challenge::Command;
    use tanu_protocol::digest::{Nonce, TransactionHash};
    use tanu_protocol::session::StepView;

    use super::*;

    fn begin() -> BeginStep {
        BeginStep {
            step: StepView {
                run: 0,
                step: 1,
                of: 4,
                command: Command::Blink,
                nonce: Nonce::from_bytes([7; 32]),
                deadline: "2026-01-01T00:00:00Z".parse().unwrap(),
            },
            transaction: TransactionHash::from_bytes([8; 32]),
            camera: ClientReportedCamera::Device,
            shown_at_ms: 0.0,
            limit_ms: BeginStep::LONGEST_MS,
        }
    }

    fn picture(n: u32, bytes: usize) -> Vec<u8> {
        let mut jpeg = vec![0; bytes.max(4)];
        jpeg[..4].copy_from_slice(&n.to_be_bytes());
        jpeg
    }

    #[test]
    fn a_camera_of_any_rate_gives_at_most_twelve_frames_a_second() {
        for (rate, expected) in [(60u32, 120u32), (30, 120), (25, 120), (15, 120), (10, 100), (5, 50)] {
            let mut pacer = Pacer::default();
            let taken: u32 = (0..rate * 10)
                .map(|n| u32::from(pacer.takes(f64::from(n) * 1e3 / f64::from(rate))))
                .sum();
            assert!(taken.abs_diff(expected) <= 2, "{rate} a second: {taken} of {expected}");
        }
    }

    #[test]
    fn repeated_pictures_are_left_out() {
        let mut recording = Recording::default();
        for t in [0.0, 80.0, 160.0] {
            recording.add(t, picture(1, 100));
        }
        assert_eq!(recording.len(), 1);
    }

    proptest! {
        #[test]
        fn any_frames_make_a_capture_that_is_accepted(
            frames in prop::collection::vec((0.0..12_000.0f64, 0usize..200_000), 1..150),
        ) {
            let mut recording = Recording::default();
            for (n, (t_ms, bytes)) in (0..).zip(&frames) {
                recording.add(*t_ms, picture(n, *bytes));
            }
            let begin = begin();
            let bytes = recording.seal(&begin).encode().unwrap();
            let capture = StepCapture::decode(&bytes, &begin.transaction, &begin.step.nonce);
            prop_assert!(capture.is_ok());
        }

        #[test]
        fn the_newest_frames_stay(count in 97u32..400) {
            let mut recording = Recording::default();
            for n in 0..count {
                recording.add(f64::from(n) * 80.0, picture(n, 100));
            }
            let sealed = recording.seal(&begin());
            let newest: Vec<_> = sealed.frames.iter().rev().take(40).map(|frame| frame.time_us).collect();
            let expected: Vec<_> = (0..40).map(|n| u64::from(count - 1 - n) * 80_000).collect();
            prop_assert_eq!(newest, expected);
            prop_assert_eq!(sealed.frames[0].time_us, 0);
        }
    }
}
