//! How long work takes.

use std::time::Instant;

/// Does `work`; gives its result and how many milliseconds it took.
pub(crate) fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = now();
    let result = work();
    (result, begun.elapsed().as_secs_f64() * 1000.0)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reading of the clock of a program that measures"
)]
fn now() -> Instant {
    Instant::now()
}
