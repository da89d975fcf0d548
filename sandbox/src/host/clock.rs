//! The machine's clock.

use jiff::Timestamp;

/// Now.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place in this program that reads the clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
