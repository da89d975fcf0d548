//! The one place that reads the clock.

use jiff::Timestamp;

/// The time. On workerd it stands still between inputs, which is of no matter here.
pub(super) fn now() -> Timestamp {
    // Milliseconds until the year 9999 fit both types.
    let millis = i64::try_from(worker::Date::now().as_millis()).unwrap_or_default();
    Timestamp::from_millisecond(millis).unwrap_or_default()
}
