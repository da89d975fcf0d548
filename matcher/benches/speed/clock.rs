//! How long work takes: the processor, and whoever waits.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Does `work`; gives its result and how many milliseconds whoever asked for it waited.
pub(crate) fn waited<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begun = now();
    let result = work();
    (result, begun.elapsed().as_secs_f64() * 1000.0)
}

/// Does `work`; gives its result and how many milliseconds of processor time this program used for it, over all threads: what
/// else the machine does lengthens it little.
pub(crate) fn spent<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let before = processor();
    let result = work();
    (result, processor() - before)
}

/// Milliseconds of processor time so far.
fn processor() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reading of the clock of a program that measures"
)]
fn now() -> Instant {
    Instant::now()
}
