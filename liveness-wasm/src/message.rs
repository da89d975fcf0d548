//! What page and worker say to each other.
//!
//! ```text
//! page                                   worker
//!  │ client::Engine::spawn                 │
//!  │ ◄──────────────── Loading{…} ×n, Ready │   (or Failed: show the reason; terminate the worker; offer to try again)
//!  │ Preview ─────────────────────────────► │   place the face before the challenge
//!  │ Frame(picture) ──────────────────────► │
//!  │ ◄───────────────────────────── Guided  │   exactly one for each Frame: send the next frame only after it
//!  │ BeginStep{…} ────────────────────────► │   the edge has shown a step
//!  │ Frame(picture) ──────────────────────► │
//!  │ ◄───────────────────────────── Guided  │   …
//!  │ ◄──────────── StepCaptured(the bytes)  │   done, or its time is over: PUT the bytes to the edge as they are
//!  │ Stop ────────────────────────────────► │   the camera was closed: forget what it showed
//! ```
//!
//! A message is a JavaScript object `{ message, attachment }`: `message` is the JSON of [`ToEngine`] or [`FromEngine`],
//! `attachment` a transferred object where the message has one. `client` does this packing for pages.
//!
//! All times are milliseconds of the *page's* `performance.now()`; the worker reads no clock.

use serde::{Deserialize, Serialize};
use tanu_liveness::guidance::Guidance;
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::digest::TransactionHash;
use tanu_protocol::observation::{Bounds, HeadPose};
use tanu_protocol::session::StepView;

/// What a page says to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ToEngine {
    /// One frame of the camera. Attachment: a `VideoFrame` or an `ImageBitmap`, transferred; the worker closes it.
    Frame {
        /// When the frame was taken.
        t_ms: f64,
    },
    /// Guide the citizen to a good place before the challenge. Ends a step that is under way, without a capture.
    Preview,
    /// The edge has shown a step: capture its frames and guide the citizen through it.
    BeginStep(BeginStep),
    /// The camera was closed: forget the step that is under way, its frames and the face that was followed. Frames that follow are
    /// guided as in a preview.
    Stop,
}

/// A step that begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeginStep {
    /// The step as the edge showed it.
    pub step: StepView,
    /// The session's transaction.
    pub transaction: TransactionHash,
    /// The kind of camera.
    pub camera: ClientReportedCamera,
    /// When the page showed the command: frames taken before are not part of the step.
    pub shown_at_ms: f64,
    /// How long the step may last from `shown_at_ms`; then the capture ends as it is. [`BeginStep::LONGEST_MS`] unless
    /// the step's deadline leaves less.
    pub limit_ms: f64,
}

impl BeginStep {
    /// How long a step may last at most: four times what a slow answer takes, and short enough to stay a live answer.
    pub const LONGEST_MS: f64 = 12_000.0;
}

/// What the worker says to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum FromEngine {
    /// Models are being fetched.
    Loading {
        /// Bytes that have come.
        received: u64,
        /// Bytes in all.
        total: u64,
    },
    /// Models are loaded: frames may be sent.
    Ready,
    /// The answer to one frame.
    Guided(Guided),
    /// The step's frames are complete. Attachment: an `ArrayBuffer` with the encoded
    /// [`StepCapture`](tanu_protocol::capture::StepCapture), transferred.
    StepCaptured {
        /// The run, from 0.
        run: u8,
        /// The step, from 0.
        step: u8,
        /// Number of frames.
        frames: u32,
        /// Whether the command was seen; otherwise the time was over. For the page's next words only: the matcher judges.
        seen: bool,
    },
    /// The worker can't go on.
    Failed {
        /// Why.
        failure: Failure,
    },
}

/// What the worker sees in one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guided {
    /// The frame's time.
    pub t_ms: f64,
    /// What it means for the citizen.
    pub guidance: Guidance,
    /// Number of faces.
    pub faces: u8,
    /// Where the measured face is, in fractions of the picture as taken, not mirrored.
    pub bounds: Option<Bounds>,
    /// The head's pose.
    pub pose: Option<HeadPose>,
}

/// Why the worker can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// A model could not be fetched: try again.
    #[error("a model could not be fetched")]
    Download,
    /// A model is not the one that the engine was built for: reload the page; if it stays, the deployment is broken.
    #[error("a model is not the one that was expected")]
    Integrity,
    /// The browser lacks something that the engine needs: WebAssembly SIMD, `OffscreenCanvas`, module workers.
    #[error("the browser lacks what the engine needs")]
    Unsupported,
    /// The engine itself failed: reload the page.
    #[error("the engine failed")]
    Engine,
}

impl Failure {
    /// All failures, for those who must have a text for each.
    pub const ALL: [Self; 4] = [Self::Download, Self::Integrity, Self::Unsupported, Self::Engine];
}

#[cfg(test)]
mod tests {
    use tanu_liveness::guidance::{Hint, Phase};

    use super::*;

    #[test]
    fn messages_survive_the_way_as_json() {
        let guided = FromEngine::Guided(Guided {
            t_ms: 12.5,
            guidance: Guidance {
                phase: Phase::Perform { progress: 0.5 },
                hint: Some(Hint::OtherDirection),
            },
            faces: 1,
            bounds: None,
            pose: Some(HeadPose {
                yaw: 1.0,
                pitch: 2.0,
                roll: 3.0,
            }),
        });
        let text = serde_json::to_string(&guided).unwrap();
        assert_eq!(
            text,
            r#"{"kind":"guided","t_ms":12.5,"guidance":{"phase":{"phase":"perform","progress":0.5},"hint":"other_direction"},"faces":1,"bounds":null,"pose":{"yaw":1.0,"pitch":2.0,"roll":3.0}}"#
        );
        assert_eq!(serde_json::from_str::<FromEngine>(&text).unwrap(), guided);
    }
}
