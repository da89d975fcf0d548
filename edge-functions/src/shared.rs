//! What is the same for everybody and kept for a while, so that whoever asks often asks only this isolate.

use jiff::{SignedDuration, Timestamp};

/// How long the evidence keys are kept, in seconds: so long a document that a new key has signed may be checked in vain.
pub const KEYS_SECONDS: u32 = 60;

/// A body, and until when it is good.
#[derive(Clone, Debug)]
pub struct Kept {
    body: Vec<u8>,
    from: Timestamp,
    until: Timestamp,
}

impl Kept {
    /// Keeps a body for [`KEYS_SECONDS`].
    #[must_use]
    pub fn new(body: Vec<u8>, now: Timestamp) -> Self {
        let until = now
            .checked_add(SignedDuration::from_secs(KEYS_SECONDS.into()))
            .unwrap_or(now);
        Self { body, from: now, until }
    }

    /// The body, while it is good. A clock that was set back ends that too.
    #[must_use]
    pub fn body(&self, now: Timestamp) -> Option<&[u8]> {
        (self.from..self.until).contains(&now).then_some(&self.body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_good_for_a_minute_and_not_before_it_was_kept() {
        let at = |seconds: i64| Timestamp::constant(1_800_000_000, 0) + SignedDuration::from_secs(seconds);
        let kept = Kept::new(b"keys".to_vec(), at(0));
        for (seconds, good) in [(0, true), (59, true), (60, false), (-1, false)] {
            assert_eq!(kept.body(at(seconds)).is_some(), good, "{seconds}");
        }
    }
}
