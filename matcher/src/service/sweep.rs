//! What is not kept for ever (NBS-11): frames and faces of sessions that nobody ended, and sessions whose time has passed.

use jiff::SignedDuration;
use tanu_protocol::digest::SessionId;
use tanu_protocol::session::Ending;

use super::Matcher;
use super::documents::images;
use crate::failure::Failure;
use crate::journal::{Item, Journal, Process};

/// How long a session may stay open. The edge ends its own within the hour, but for those whose comparison waits for the state database
/// or the matcher: they end here, as do those that the edge lost. The edge learns of it when it asks the next time.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24);

impl Matcher {
    /// Ends, as expired, sessions that were abandoned with frames or a face in the store; gives their number. Each leaves its
    /// document 1 and entry as any other does.
    ///
    /// # Errors
    /// The first [`Failure`]; all sessions that can be ended are, before it and after it.
    pub fn end_abandoned(&self) -> Result<usize, Failure> {
        let abandoned = self.store.abandoned(self.host.now() - ABANDONED)?;
        each(&abandoned, |session| {
            self.end_session(session, Ending::Expired).map(drop)
        })
    }

    /// Destroys sessions with their documents that the citizen agreed to have kept until now (NBS-11); gives their number. Whoever asks
    /// for one is told that there is none; what the register says of it stands and can be proven.
    ///
    /// # Errors
    /// The first [`Failure`]; all sessions that can be destroyed are, before it and after it.
    pub fn destroy_overdue(&self) -> Result<usize, Failure> {
        each(&self.store.overdue(self.host.now())?, |session| {
            self.destroy_session(session)
        })
    }

    fn destroy_session(&self, id: &SessionId) -> Result<(), Failure> {
        // Nothing of the session is opened for it: what can't be read any more is destroyed like the rest.
        let written = self.store.journal(id)?;
        let images = images(&written);
        let journal = Journal {
            at: self.host.now(),
            session: Some(*id),
            subject: written.iter().find_map(|event| event.subject),
        };
        let destroyed = (images > 0).then(|| journal.event(Process::Destruction, Item::DocumentImages, images));
        Ok(self.store.destroy_session(id, destroyed.as_slice())?)
    }
}

/// Acts on each session, whatever became of the others; gives their number, or the first failure.
fn each(sessions: &[SessionId], act: impl Fn(&SessionId) -> Result<(), Failure>) -> Result<usize, Failure> {
    // Collected: one that fails keeps no other from its turn.
    let failures: Vec<Failure> = sessions.iter().filter_map(|session| act(session).err()).collect();
    failures.into_iter().next().map_or(Ok(sessions.len()), Err)
}
