//! The clock of this host.

use std::time::{Instant, SystemTime};

/// A point from which to measure how long something takes.
#[expect(clippy::disallowed_methods, reason = "the host's clock module")]
pub(crate) fn instant() -> Instant {
    Instant::now()
}

/// The time that files are marked with.
#[expect(clippy::disallowed_methods, reason = "the host's clock module")]
pub(crate) fn of_files() -> SystemTime {
    SystemTime::now()
}
