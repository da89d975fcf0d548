//! Sessions that nobody ended: their frames and faces are not kept (NBS-11).

use jiff::SignedDuration;
use tanu_protocol::session::Ending;

use super::Matcher;
use crate::failure::Failure;

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
        let mut ended = 0;
        let mut failed = None;
        for session in self.store.abandoned(self.host.now() - ABANDONED)? {
            match self.end_session(&session, Ending::Expired) {
                Ok(_) => ended += 1,
                Err(failure) => failed = failed.or(Some(failure)),
            }
        }
        failed.map_or(Ok(ended), Err)
    }
}
