//! The log: one line of JSON an event, of codes that carry nothing personal.

use tanu_protocol::problem::ProblemCode;

use crate::desk::HostFailure;

/// Notes an event.
pub(super) fn note(event: &str, code: &str) {
    worker::console_error!("{}", serde_json::json!({"event": event, "code": code}));
}

/// Notes a failure where it happens: whoever answers knows no more than that there was one.
pub(super) fn failed(failure: HostFailure) -> HostFailure {
    note(failure.event(), ProblemCode::from(failure).as_str());
    failure
}
