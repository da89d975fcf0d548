//! What the entry passes on to a session's object. It travels inside the instance, as CBOR in a body, or beside a body of frames:
//! never in an address.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{RequestReference, SessionId, Sha256Digest};
use tanu_protocol::session::ConsentAnswer;

use crate::oidc::authorization::Authorization;

/// A call and the session that it is for.
#[derive(Serialize, Deserialize)]
pub struct Envelope {
    /// The session.
    pub session: SessionId,
    /// What is asked of it.
    pub call: Call,
}

/// What is asked of a session.
#[derive(Serialize, Deserialize)]
pub enum Call {
    /// Keep a relying party's request until a browser brings it.
    Push {
        /// What the browser names it by.
        reference: RequestReference,
        /// The request.
        authorization: Box<Authorization>,
    },
    /// A browser brings the request: begin the session.
    Accept {
        /// The client that the browser names.
        client: String,
        /// Hash of the browser's key.
        browser: Sha256Digest,
    },
    /// A call by the session's browser.
    Browser {
        /// Hash of the browser's key.
        browser: Sha256Digest,
        /// Which.
        act: Act,
    },
    /// A code for tokens; the client has proven who it is.
    Redeem {
        /// The client.
        client: String,
        /// Hash of the code.
        code: Sha256Digest,
        /// The address that the code was sent to.
        redirect_uri: String,
        /// The PKCE verifier.
        verifier: String,
    },
    /// Claims for an access token.
    UserInfo {
        /// Hash of the token.
        token: Sha256Digest,
    },
    /// The result for the relying party; the client has proven who it is.
    Result {
        /// The client.
        client: String,
    },
}

/// What a session's browser asks.
#[derive(Serialize, Deserialize)]
pub enum Act {
    /// See it.
    See,
    /// Agree or refuse.
    Answer(Box<ConsentAnswer>),
    /// Begin a run.
    Begin {
        /// The run, from 0.
        run: u8,
    },
    /// Frames of a step.
    Frames {
        /// The run, from 0.
        run: u8,
        /// The step, from 0.
        step: u8,
        /// The encoded capture. It goes to the object as it comes, beside the envelope, which so is small.
        #[serde(skip)]
        capture: Vec<u8>,
        /// When it had arrived whole, which may be before its turn came; none where it was not waited for.
        #[serde(skip)]
        arrived_at: Option<Timestamp>,
    },
    /// Try again what could not be done.
    Retry,
    /// Break off.
    Cancel,
    /// See the documents.
    Documents,
    /// Go back to the relying party.
    Return,
}

impl Call {
    /// Whether it may change the session, and so waits until no other call does.
    #[must_use]
    pub const fn takes_turn(&self) -> bool {
        !matches!(
            self,
            Self::Browser {
                act: Act::Documents,
                ..
            } | Self::UserInfo { .. }
        )
    }
}

impl Envelope {
    /// Encodes it.
    ///
    /// # Errors
    /// None that can be mended: the types can always be written.
    pub fn encode(&self) -> Result<Vec<u8>, Unreadable> {
        let mut bytes = Vec::new();
        ciborium::into_writer(self, &mut bytes).map_err(|_| Unreadable)?;
        Ok(bytes)
    }

    /// Decodes it.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Unreadable> {
        ciborium::from_reader(bytes).map_err(|_| Unreadable)
    }
}

/// The bytes are no envelope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no envelope")]
pub struct Unreadable;
