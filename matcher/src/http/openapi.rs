//! The OpenAPI document of the inner API: one operation for each [`Call`].

use axum::Json;
use schemars::JsonSchema;
use tanu_protocol::channel::{LIFETIME_SECONDS, REQUEST_HEADER, RESPONSE_HEADER};
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::matcher::{ConcludeRun, EndSession, OpenSession, StepSubmission};
use tanu_protocol::openapi::schema::CompactJws;
use tanu_protocol::openapi::{Ambiguous, Document, Operation};
use tanu_protocol::problem::ProblemCode;

use super::calls::{Call, HEALTH};
use super::routes::MOST_JSON_BYTES;
use super::{MOST_REQUEST_BYTES, routes};
use crate::failure::Failure;

const EDGE: &str = "edge";
const SESSION: &str = "The session.";

const DESCRIPTION: &str = "\
What the edge, and nobody else, asks of the matcher. A call may be repeated: the same request gives the same answer, another one for \
the same place is refused. Whatever a call decides is stored, signed and entered in the register before it answers.

Errors are problem details (RFC 9457) with a stable `code`. `service.try_later` means that nothing is lost.";

/// The document.
///
/// # Errors
/// [`Ambiguous`], which a test rules out.
pub fn document() -> Result<serde_json::Value, Ambiguous> {
    let mut document = Document::new("The matcher of Tanu", env!("CARGO_PKG_VERSION"), DESCRIPTION)
        .security_scheme(
            EDGE,
            serde_json::json!({
                "type": "apiKey",
                "in": "header",
                "name": REQUEST_HEADER,
                "description": format!(
                    "A compact JWS of the edge over method, path and body: good for {LIFETIME_SECONDS} seconds, and once."
                ),
            }),
        )
        .answer_header(
            RESPONSE_HEADER,
            "A compact JWS of the matcher over the request's id, the status and the body. Absent where the request was not the edge's.",
        );
    let health =
        Operation::new("health", "Whether the matcher runs").answers_as::<String>(200, "text/plain", "It runs.");
    document.serve("GET", HEALTH, &health)?;
    for call in Call::ALL {
        let (verb, path) = call.line();
        let operation = operation(call).secured(&[EDGE]).problems(&[
            ProblemCode::Unauthenticated,
            ProblemCode::TooLarge,
            ProblemCode::Replayed,
            ProblemCode::Internal,
            ProblemCode::TryLater,
        ]);
        document.serve(verb.name(), path, &operation)?;
    }
    document.finish()
}

fn operation(call: Call) -> Operation {
    match call {
        Call::Open => Operation::new("open", "Open a session (NBS-4)")
            .json_body::<OpenSession>(MOST_JSON_BYTES)
            .answers_empty(204, "It is open.")
            .problems(&[
                ProblemCode::MalformedRequest,
                ProblemCode::ConsentMissing,
                ProblemCode::Conflict,
            ]),
        Call::Step => three(
            routes::step,
            of_run("judge", "Judge the frames of a step (BNK-8a)"),
            "The verdict.",
        )
        .part::<u8>("step", "The step, from 0.")
        .body::<StepSubmission>("application/cbor", MOST_REQUEST_BYTES)
        .problems(&[
            ProblemCode::MalformedRequest,
            ProblemCode::ConsentMissing,
            ProblemCode::CameraVirtual,
            ProblemCode::CaptureMalformed,
            ProblemCode::CaptureNonce,
            ProblemCode::CaptureBroken,
            ProblemCode::SessionState,
            ProblemCode::Conflict,
        ]),
        Call::Conclude => three(
            routes::conclude,
            of_run("conclude", "Conclude a run (BNK-8b, BNK-9)"),
            "The verdict, with document 1 stored.",
        )
        .json_body::<ConcludeRun>(MOST_JSON_BYTES)
        .problems(&[
            ProblemCode::MalformedRequest,
            ProblemCode::ConsentMissing,
            ProblemCode::SessionState,
            ProblemCode::Conflict,
        ]),
        Call::Compare => two(
            routes::compare,
            of_session("compare", "Compare the face with the reference (NBS-9, BNK-13)"),
            "The outcome, with document 2 stored.",
        )
        .problems(&[ProblemCode::SessionState, ProblemCode::Conflict]),
        Call::End => three(
            routes::end,
            of_session("end", "End a session that comes to no comparison"),
            "How the session ended, with all its documents.",
        )
        .json_body::<EndSession>(MOST_JSON_BYTES)
        .problems(&[ProblemCode::MalformedRequest, ProblemCode::Conflict]),
        Call::Documents => two(
            routes::documents,
            of_session("documents", "The signed documents of a session"),
            "The documents.",
        ),
        Call::Checkpoint => Operation::new("checkpoint", "The register's signed checkpoint (NBS-8)")
            .answers_as::<CompactJws>(200, "application/jose", "The checkpoint."),
        Call::Inclusion => two(
            routes::inclusion,
            Operation::new(
                "inclusion",
                "Proof that the entry of a document is in the register (NBS-8)",
            ),
            "The proof.",
        )
        .query::<Sha256Digest>("document", "SHA-256 of the document's compact JWS.")
        .problems(&[ProblemCode::MalformedRequest, ProblemCode::NotFound]),
        Call::Consistency => two(
            routes::consistency,
            Operation::new(
                "consistency",
                "Proof that an earlier register is the beginning of the present one (NBS-8)",
            ),
            "The proof.",
        )
        .query::<u64>("from", "Size of the earlier register.")
        .problems(&[ProblemCode::MalformedRequest, ProblemCode::NotFound]),
        Call::Keys => one(
            routes::keys,
            Operation::new("keys", "The keys that check documents and checkpoints"),
            "The keys.",
        ),
    }
}

fn of_session(id: &'static str, summary: &'static str) -> Operation {
    Operation::new(id, summary)
        .part::<SessionId>("id", SESSION)
        .problems(&[ProblemCode::NotFound, ProblemCode::SessionUnknown])
}

fn of_run(id: &'static str, summary: &'static str) -> Operation {
    of_session(id, summary).part::<u8>("run", "The run, from 0.")
}

/// Answers with what a handler of one argument answers with: the compiler finds the type.
fn one<A, F, T>(_: fn(A) -> F, operation: Operation, description: &'static str) -> Operation
where
    F: Future<Output = Result<Json<T>, Failure>>,
    T: JsonSchema,
{
    operation.answers::<T>(200, description)
}

/// The same for a handler of two.
fn two<A, B, F, T>(_: fn(A, B) -> F, operation: Operation, description: &'static str) -> Operation
where
    F: Future<Output = Result<Json<T>, Failure>>,
    T: JsonSchema,
{
    operation.answers::<T>(200, description)
}

/// The same for a handler of three.
fn three<A, B, C, F, T>(_: fn(A, B, C) -> F, operation: Operation, description: &'static str) -> Operation
where
    F: Future<Output = Result<Json<T>, Failure>>,
    T: JsonSchema,
{
    operation.answers::<T>(200, description)
}
