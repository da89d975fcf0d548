//! The log: one line of JSON an event, of codes that carry nothing personal.

/// Notes an event.
pub(super) fn note(event: &str, code: &str) {
    worker::console_error!("{}", serde_json::json!({"event": event, "code": code}));
}
