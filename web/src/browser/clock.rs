//! The page's clocks: the only place that reads them.

use jiff::Timestamp;

/// Time of day, as the device believes.
#[must_use]
pub(crate) fn now() -> Timestamp {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "milliseconds since 1970 fit for 292 million years"
    )]
    let milliseconds = js_sys::Date::now() as i64;
    Timestamp::from_millisecond(milliseconds).unwrap_or_default()
}

/// Milliseconds since the page began (`performance.now()`).
#[must_use]
pub(crate) fn elapsed_ms() -> f64 {
    leptos::prelude::window()
        .performance()
        .map_or(0.0, |performance| performance.now())
}
