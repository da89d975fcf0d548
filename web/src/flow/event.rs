//! What happens to the flow, and what it has done.

use jiff::Timestamp;
use tanu_liveness_wasm::message::Failure;
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::session::{ConsentAnswer, SessionView, StepView};

use crate::api::{ApiError, Call};
use crate::camera::CameraTrouble;

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A call was answered, at this time of the page's clock.
    Answered(Box<SessionView>, Timestamp),
    /// The call under way failed.
    CallFailed(ApiError),
    /// Time has passed; it is now this by the page's clock.
    Tick(Timestamp),
    /// The page came to the front again.
    Returned,
    /// The citizen answered the question of consent.
    Consent(ConsentAnswer),
    /// The citizen wants the camera: begin, go on, try again.
    Begin,
    /// The citizen wants the failed call, or what a service could not do, tried again.
    Retry,
    /// The citizen breaks off.
    Cancel,
    /// The camera runs.
    CameraOpened(ClientReportedCamera),
    /// The camera can't be used, or no more.
    CameraFailed(CameraTrouble),
    /// The engine is loaded.
    EngineReady,
    /// The engine can't go on.
    EngineFailed(Failure),
    /// One face has been well placed for long enough.
    FaceSteady,
    /// A step's frames are complete and held.
    Captured {
        /// The step.
        index: StepIndex,
        /// Their number.
        frames: u32,
    },
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Call the edge.
    Call(Call),
    /// Start the camera.
    OpenCamera,
    /// Stop the camera.
    CloseCamera,
    /// Start the engine, unless it runs.
    StartEngine,
    /// End the engine.
    EndEngine,
    /// Have the engine guide without recording.
    Preview,
    /// Have the engine record a step for at most so long.
    Record {
        /// The step.
        step: Box<StepView>,
        /// The kind of camera.
        camera: ClientReportedCamera,
        /// The most milliseconds.
        limit_ms: f64,
    },
    /// Go back to the relying party.
    Leave,
}
