//! Frames on their way to a session: few at once, and none for long. They are large, and held before anybody has looked at them.

use std::cell::Cell;

use jiff::{SignedDuration, Timestamp};

use crate::budget::Exhausted;

/// How many may be under way to one session: a citizen's page sends one at a time, a second tab or a repeat after a broken connection
/// one more.
pub const MOST: usize = 2;
/// How long one may be under way, in seconds: what is not whole by then is broken off. A megabyte, as most steps have, takes so long
/// at 140 kbit/s.
pub const SECONDS: u32 = 60;
/// How long a place is held at most, in seconds: until the frames are there, and as long again until it is their turn and they have been
/// judged. Only an upload that was cut off without a trace holds it for so long.
const LEASE_SECONDS: u32 = 2 * SECONDS;
/// After how many seconds whoever found no place may try again.
const RETRY_AFTER: u32 = 5;

/// The uploads that are under way to one session.
#[derive(Debug, Default)]
pub struct Uploads(Cell<[Option<Timestamp>; MOST]>);

/// A place among them, given back when it is dropped.
#[derive(Debug)]
pub struct Upload<'a> {
    uploads: &'a Uploads,
    place: usize,
    until: Timestamp,
}

impl Uploads {
    /// Takes a place.
    ///
    /// # Errors
    /// [`Exhausted`] where there is none.
    pub fn begin(&self, now: Timestamp) -> Result<Upload<'_>, Exhausted> {
        let mut places = self.0.get();
        let free = places
            .iter()
            .position(|until| until.is_none_or(|until| until <= now))
            .ok_or(Exhausted {
                retry_after: RETRY_AFTER,
            })?;
        let until = now
            .checked_add(SignedDuration::from_secs(LEASE_SECONDS.into()))
            .unwrap_or(Timestamp::MAX);
        places[free] = Some(until);
        self.0.set(places);
        Ok(Upload {
            uploads: self,
            place: free,
            until,
        })
    }
}

impl Drop for Upload<'_> {
    fn drop(&mut self) {
        let mut places = self.uploads.0.get();
        if places[self.place] == Some(self.until) {
            places[self.place] = None;
            self.uploads.0.set(places);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn later(seconds: u32) -> Timestamp {
        START + SignedDuration::from_secs(seconds.into())
    }

    #[test]
    fn no_more_than_two_are_under_way_at_once() {
        let uploads = Uploads::default();
        let first = uploads.begin(START).unwrap();
        let _second = uploads.begin(START).unwrap();
        for _ in 0..1000 {
            assert!(uploads.begin(START).is_err());
        }
        drop(first);
        let _third = uploads.begin(START).unwrap();
        assert!(uploads.begin(START).is_err());
    }

    #[test]
    fn an_upload_that_was_cut_off_does_not_keep_its_place_for_ever() {
        let uploads = Uploads::default();
        for _ in 0..MOST {
            std::mem::forget(uploads.begin(START));
        }
        assert!(uploads.begin(later(LEASE_SECONDS - 1)).is_err());
        assert!(uploads.begin(later(LEASE_SECONDS)).is_ok());
    }

    #[test]
    fn whoever_overstays_does_not_give_back_the_place_of_somebody_else() {
        let uploads = Uploads::default();
        let late = [uploads.begin(START).unwrap(), uploads.begin(START).unwrap()];
        let _next = uploads.begin(later(LEASE_SECONDS)).unwrap();
        let _last = uploads.begin(later(LEASE_SECONDS)).unwrap();
        drop(late);
        assert!(uploads.begin(later(LEASE_SECONDS)).is_err());
    }
}
