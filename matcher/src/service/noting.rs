//! What was done with biometric data though nothing came of it: the journal has it, too (NBS-3, BNK-3).

use std::sync::{Mutex, PoisonError};

use super::Matcher;
use crate::journal::Event;

/// Events that the journal could not take when they happened: they wait here until it can.
#[derive(Default)]
pub struct Unwritten(Mutex<Vec<Event>>);

impl Matcher {
    /// Writes down what was done outside any outcome. Where the store can't take it now, it is written with the next such note, or by
    /// [`Matcher::note_unwritten`].
    pub(super) fn note(&self, events: impl IntoIterator<Item = Event>) {
        let mut waiting = self.unwritten.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend(events);
        if waiting.is_empty() {
            return;
        }
        match self.store.note(&waiting) {
            Ok(()) => waiting.clear(),
            Err(error) => tracing::error!(
                events = waiting.len(),
                %error,
                "the journal takes nothing now: what was done with biometric data waits in memory to be written"
            ),
        }
    }

    /// Writes down what the journal could not take before.
    pub fn note_unwritten(&self) {
        self.note([]);
    }
}
