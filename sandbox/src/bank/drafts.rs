//! Forms that could not be taken yet, kept for a while, so that a mistake or another language costs nobody what they entered.
//! In memory alone: what is not made into a citizen is gone with its time, or with the program.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};

use super::citizen_form::{Faults, Typed};
use crate::citizen::photo::Photo;
use crate::host::random::{self, NoRandomness};

/// How long a form is kept.
const KEPT: SignedDuration = SignedDuration::from_mins(30);
/// The most forms that are kept at once, each with a photo of at most [`Photo::MOST_BYTES`]; the oldest gives way.
const MOST: usize = 8;

/// A form with what is wrong with it.
pub(super) struct Draft {
    /// What was typed.
    pub(super) typed: Typed,
    /// The photo, where there was a good one.
    pub(super) photo: Option<Photo>,
    /// What is wrong.
    pub(super) faults: Faults,
}

/// The forms that are kept, each under a handle that nobody can guess.
#[derive(Clone, Default)]
pub(super) struct Drafts(Arc<Mutex<Vec<Kept>>>);

struct Kept {
    handle: String,
    until: Timestamp,
    draft: Arc<Draft>,
}

impl Drafts {
    /// Keeps a form; gives its handle: 32 random bytes in base64url.
    pub(super) fn keep(&self, draft: Draft, now: Timestamp) -> Result<String, NoRandomness> {
        let handle = Base64UrlUnpadded::encode_string(&random::bytes::<32>()?);
        let mut kept = self.in_time(now);
        if kept.len() == MOST {
            kept.remove(0);
        }
        kept.push(Kept {
            handle: handle.clone(),
            until: now.saturating_add(KEPT).unwrap_or(Timestamp::MAX),
            draft: Arc::new(draft),
        });
        Ok(handle)
    }

    /// Looks at a form, to show it again.
    pub(super) fn look(&self, handle: &str, now: Timestamp) -> Option<Arc<Draft>> {
        let kept = self.in_time(now);
        kept.iter()
            .find(|kept| kept.handle == handle)
            .map(|kept| Arc::clone(&kept.draft))
    }

    /// Takes a form out: its handle is used once.
    pub(super) fn take(&self, handle: &str, now: Timestamp) -> Option<Arc<Draft>> {
        let mut kept = self.in_time(now);
        let place = kept.iter().position(|kept| kept.handle == handle)?;
        Some(kept.remove(place).draft)
    }

    fn in_time(&self, now: Timestamp) -> MutexGuard<'_, Vec<Kept>> {
        // Every change is whole before anything can panic, so a poisoned list is a good one.
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|kept| now < kept.until);
        kept
    }
}

/// What people typed and their photos stay out of debug output.
impl std::fmt::Debug for Drafts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Drafts(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::citizen_form::Field;
    use crate::testing::NOW;

    fn draft(name: &str) -> Draft {
        let mut typed = Typed::default();
        typed.set(Field::Name, name.to_owned());
        Draft {
            typed,
            photo: None,
            faults: Faults::default(),
        }
    }

    fn name(draft: Option<Arc<Draft>>) -> Option<String> {
        draft.map(|draft| draft.typed.get(Field::Name).to_owned())
    }

    #[test]
    fn a_form_is_shown_as_often_as_wanted_and_taken_once() {
        let drafts = Drafts::default();
        let handle = drafts.keep(draft("Ә"), NOW).unwrap();
        for _ in 0..2 {
            assert_eq!(name(drafts.look(&handle, NOW)).as_deref(), Some("Ә"));
        }
        assert_eq!(name(drafts.take(&handle, NOW)).as_deref(), Some("Ә"));
        assert!(drafts.take(&handle, NOW).is_none());
        assert!(drafts.look(&handle, NOW).is_none());
    }

    #[test]
    fn a_form_is_gone_after_its_time() {
        let drafts = Drafts::default();
        let handle = drafts.keep(draft("Ә"), NOW).unwrap();
        assert!(
            drafts
                .look(&handle, NOW + KEPT - SignedDuration::from_secs(1))
                .is_some()
        );
        assert!(drafts.look(&handle, NOW + KEPT).is_none());
    }

    #[test]
    fn the_oldest_form_gives_way_when_there_are_too_many() {
        let drafts = Drafts::default();
        let handles: Vec<_> = (0..=MOST)
            .map(|place| drafts.keep(draft(&place.to_string()), NOW).unwrap())
            .collect();
        assert!(drafts.look(&handles[0], NOW).is_none());
        assert_eq!(name(drafts.look(&handles[MOST], NOW)), Some(MOST.to_string()));
        assert_eq!(name(drafts.look(&handles[1], NOW)).as_deref(), Some("1"));
    }
}
