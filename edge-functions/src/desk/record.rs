//! What is stored of a session.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_law::nbs::session::Session;
use tanu_protocol::digest::{SessionId, Sha256Digest};

use crate::oidc::authorization::Authorization;
use crate::oidc::code::Grant;

/// What one object stores.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "record", rename_all = "snake_case")]
pub enum Record {
    /// A relying party's request that no browser has brought yet.
    Pushed {
        /// The session that it will become.
        session: SessionId,
        /// The request.
        authorization: Box<Authorization>,
        /// How long it waits.
        until: Timestamp,
    },
    /// A session.
    Session(Box<Stored>),
}

/// A session with what belongs to it at the edge.
#[derive(Clone, Serialize, Deserialize)]
pub struct Stored {
    /// The relying party's request.
    pub authorization: Authorization,
    /// Hash of the key of the browser whose session it is.
    pub browser: Sha256Digest,
    /// What stands in exchange for the result.
    #[serde(default)]
    pub grant: Grant,
    /// Whether the citizen has agreed to a template of ours (NBS-9).
    #[serde(default)]
    pub template: bool,
    /// The session.
    pub session: Session,
}

impl Record {
    /// The session's id.
    #[must_use]
    pub fn id(&self) -> SessionId {
        match self {
            Self::Pushed { session, .. } => *session,
            Self::Session(stored) => stored.session.id(),
        }
    }
}
