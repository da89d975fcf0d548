//! What withdrawn consent comes to: the subject's key and template are destroyed (NBS-11). No call of the API leads here yet.

use tanu_protocol::iin::Iin;

use super::Matcher;
use crate::failure::Failure;
use crate::journal::{Item, Journal, Process};

impl Matcher {
    /// Destroys a subject's template by destroying the key that sealed it; `false` where there was none.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn destroy_template(&self, person: &Iin) -> Result<bool, Failure> {
        let journal = Journal {
            at: self.host.now(),
            session: None,
            subject: Some(self.master.pseudonym(person)),
        };
        let event = journal.event(Process::Destruction, Item::Template, 1);
        Ok(self.templates.destroy(&self.master.locate(person), &event)?)
    }
}
