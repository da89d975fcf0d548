//! What the browser sees of a session, and what it may ask.
//!
//! Every call answers with the session as it now stands ([`SessionView`]), so a reload, Back, a doubled click, a lost answer
//! or a second tab find their way by looking at it. The session's cookie, set when the relying party's request was accepted,
//! is the key to all of them.
//!
//! | call | path | body |
//! |---|---|---|
//! | see | `GET /api/session/{id}` | |
//! | agree or refuse | `POST /api/session/{id}/consent` | [`ConsentAnswer`] |
//! | begin a run | `POST /api/session/{id}/run/{r}` | |
//! | send a step's frames | `PUT /api/session/{id}/run/{r}/step/{k}` | [`StepCapture`](crate::capture::StepCapture) CBOR |
//! | try again what a service could not do | `POST /api/session/{id}/retry` | |
//! | cancel | `POST /api/session/{id}/cancel` | |
//! | documents | `GET /api/session/{id}/documents` | |
//! | go back to the relying party | `GET /return/{id}` (a redirect) | |

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::challenge::{Command, Mismatch};
use crate::digest::{Nonce, SessionId, TransactionHash};
use crate::evidence::DocumentRef;
use crate::identity::OutOfForce;
use crate::iin::Iin;
use crate::language::{Language, Localized};

/// A kind of personal data that a relying party may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DataItem {
    /// The face: taken, checked and compared.
    Face,
    /// The individual identification number.
    Iin,
    /// Kind, validity and status of the identity document.
    IdentityDocument,
    /// The two documents of the session, with images.
    Evidence,
}

/// How a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "ending", rename_all = "snake_case")]
pub enum Ending {
    /// Live, and the same person as the reference: the one ending that is *passed* (NBS-10).
    Matched,
    /// Live, but not the same person.
    NotMatched,
    /// The fourth run failed (BNK-8b).
    NotLive,
    /// The state database has no reference, or none that can be compared.
    NoReference,
    /// The identity document does not count (NBS-9).
    DocumentOutOfForce {
        /// Why.
        why: OutOfForce,
    },
    /// The citizen refused consent (NBS-4).
    Refused,
    /// The citizen broke off.
    Cancelled,
    /// Time ran out.
    Expired,
}

impl Ending {
    /// Passed or not passed (NBS-10).
    #[must_use]
    pub const fn passed(self) -> bool {
        matches!(self, Self::Matched)
    }
}

/// The session as the citizen sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// Who asks, what for, which data, how long.
    pub request: RequestView,
    /// Server time, to set deadlines against.
    pub now: Timestamp,
    /// When the session expires.
    pub expires_at: Timestamp,
    /// The language that the relying party proposes for the pages (`ui_locales`), where it proposes one of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Where it stands.
    pub state: StateView,
    /// Whether streams that come from no device are allowed: in the test environment alone.
    pub virtual_cameras: bool,
    /// The documents that the session has left so far.
    pub documents: Vec<DocumentRef>,
}

/// What a relying party asks (NBS-4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct RequestView {
    /// Who asks.
    pub relying_party: Localized,
    /// Its business identification number.
    pub bin: crate::iin::Bin,
    /// What for.
    pub purpose: Localized,
    /// Which data.
    pub data: Vec<DataItem>,
    /// For how many days they are kept.
    pub retention_days: u16,
    /// Link to the relying party's user agreement (NBS-A1).
    pub user_agreement: String,
    /// Link to the relying party's privacy policy (NBS-A1).
    pub privacy_policy: String,
    /// Whether the relying party has said whose session it is: then no IIN is asked for.
    pub person_known: bool,
}

/// Where a session stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum StateView {
    /// Waits for the citizen's answer.
    AwaitingConsent,
    /// Waits for the citizen to begin a run.
    Ready {
        /// The run that may be begun, from 0.
        run: u8,
        /// Failed runs that may still follow.
        repeats_left: u8,
        /// Why the run before failed; empty before the first.
        mismatches: Vec<Mismatch>,
    },
    /// A step is shown and waits for its frames.
    Challenged {
        /// The step.
        step: StepView,
        /// Failed runs that may still follow.
        repeats_left: u8,
    },
    /// The frames or the comparison could not be judged because a service is down; nothing is lost: retry.
    Waiting,
    /// Ended.
    Ended {
        /// How.
        #[serde(flatten)]
        ending: Ending,
    },
}

/// One step as it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepView {
    /// The run, from 0.
    pub run: u8,
    /// The step, from 0.
    pub step: u8,
    /// Number of steps in the run.
    pub of: u8,
    /// What to do.
    pub command: Command,
    /// What the capture must start from.
    pub nonce: Nonce,
    /// When the frames must have arrived, in server time.
    pub deadline: Timestamp,
}

/// The citizen's answer to [`StateView::AwaitingConsent`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ConsentAnswer {
    /// Agrees or refuses.
    pub agreed: bool,
    /// Whether a template may be formed and kept for later sessions (NBS-5).
    pub template: bool,
    /// Whose session it is, where the relying party did not say.
    pub iin: Option<Iin>,
    /// The language in which the question was read.
    pub language: Language,
}
