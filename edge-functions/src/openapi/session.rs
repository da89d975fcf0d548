//! The calls of a session's browser.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use tanu_law::bnk::REPEATS;
use tanu_protocol::capture::{MEDIA_TYPE, MOST_CAPTURE_BYTES, StepCapture};
use tanu_protocol::challenge::Plan;
use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::openapi::Operation;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::{ConsentAnswer, SessionView};

use super::BROWSER;
use crate::answer_body;
use crate::route::Endpoint;

/// The operation of an endpoint; of one that is none of a session's, seeing it.
pub(super) fn operation(endpoint: Endpoint) -> Operation {
    match endpoint {
        Endpoint::Return => call("return", "Go back to the relying party")
            .redirects(
                "To the relying party's `redirect_uri`: with `code` where the citizen is who they say they are, else with `error`. \
                 To the session's page where it has not ended. A problem sends whoever asks for HTML to the page that explains it.",
            )
            .problems(&[ProblemCode::TryLater]),
        Endpoint::Consent => change("answer", "Agree or refuse (NBS-4)")
            .json_body::<ConsentAnswer>(answer_body::MOST_BYTES)
            .problems(&[
                ProblemCode::MalformedRequest,
                ProblemCode::UnsupportedType,
                ProblemCode::TooLarge,
                ProblemCode::IinInvalid,
                ProblemCode::IinMissing,
                ProblemCode::SessionState,
                ProblemCode::Conflict,
            ]),
        Endpoint::Begin => change("beginRun", "Begin a run (BNK-8a, BNK-8b)")
            .part::<Run>("run", "The run, from 0.")
            .problems(&[ProblemCode::ConsentMissing, ProblemCode::SessionState, ProblemCode::NotFound]),
        Endpoint::Frames => change("sendFrames", "Send the frames of a step (BNK-8a)")
            .described("The same frames again are a retry, and never late; other frames for the same step are refused.")
            .part::<Run>("run", "The run, from 0.")
            .part::<Step>("step", "The step, from 0.")
            .body::<StepCapture>(MEDIA_TYPE, MOST_CAPTURE_BYTES)
            .problems(&[
                ProblemCode::NotFound,
                ProblemCode::MalformedRequest,
                ProblemCode::UnsupportedType,
                ProblemCode::TooLarge,
                ProblemCode::ConsentMissing,
                ProblemCode::CameraVirtual,
                ProblemCode::CaptureMalformed,
                ProblemCode::CaptureNonce,
                ProblemCode::CaptureBroken,
                ProblemCode::SessionState,
                ProblemCode::Conflict,
            ]),
        Endpoint::Retry => change("retry", "Go on where a service could not")
            .described("It says as well that nobody has the frames any more that wait for judgement.")
            .problems(&[ProblemCode::SessionState]),
        Endpoint::Cancel => change("cancel", "Break off"),
        Endpoint::Documents => call("documents", "The signed documents so far")
            .answers::<Vec<SignedDocument>>(200, "The documents.")
            .problems(&[ProblemCode::TryLater]),
        _ => call("see", "See the session").answers::<SessionView>(200, "The session as it stands."),
    }
}

fn call(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .part::<SessionId>("session", "The session.")
        .secured(&[BROWSER])
        .problems(&[ProblemCode::SessionUnknown, ProblemCode::TooMany])
}

fn change(id: &'static str, summary: &'static str) -> Operation {
    call(id, summary)
        .answers::<SessionView>(200, "The session as it then stands.")
        .problems(&[ProblemCode::CrossSite, ProblemCode::TryLater])
}

/// A run's number.
struct Run;
/// A step's number.
struct Step;

impl JsonSchema for Run {
    fn schema_name() -> Cow<'static, str> {
        "Run".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "description": "The first run, and the repeats (BNK-8b).",
            "minimum": 0,
            "maximum": REPEATS,
        })
    }
}

impl JsonSchema for Step {
    fn schema_name() -> Cow<'static, str> {
        "Step".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "integer",
            "description": "A step of a run's plan (BNK-8a).",
            "minimum": 0,
            "maximum": Plan::MOST - 1,
        })
    }
}
