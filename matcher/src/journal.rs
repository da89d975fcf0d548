//! The journal of what was done with biometric data (NBS-3, BNK-3): that it was done, never the data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{SessionId, Sha256Digest};

/// One of the four processes on biometric data (NBS-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Process {
    /// Taken from the citizen or a state database.
    Collection,
    /// Analysed or compared.
    Use,
    /// Kept, sealed.
    Storage,
    /// Destroyed.
    Destruction,
}

/// What kind of biometric data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// Frames of the video stream.
    Frames,
    /// The face of a passed run, waiting to be compared.
    Probe,
    /// The face of a failed run, with which the session's next run is compared.
    Anchor,
    /// Images inside a document.
    DocumentImages,
    /// The reference photo of the state database.
    ReferencePhoto,
    /// The subject's template.
    Template,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// In which session; absent where data were destroyed outside one.
    pub session: Option<SessionId>,
    /// Pseudonym of the subject.
    pub subject: Option<Sha256Digest>,
    /// What was done.
    pub process: Process,
    /// With what.
    pub item: Item,
    /// With how many.
    pub count: u32,
}

/// Writes events of one moment, session and subject.
#[derive(Clone, Copy, Debug)]
pub struct Journal {
    /// When.
    pub at: Timestamp,
    /// In which session.
    pub session: Option<SessionId>,
    /// Whose data.
    pub subject: Option<Sha256Digest>,
}

impl Journal {
    /// One event.
    #[must_use]
    pub const fn event(self, process: Process, item: Item, count: u32) -> Event {
        Event {
            at: self.at,
            session: self.session,
            subject: self.subject,
            process,
            item,
            count,
        }
    }
}
