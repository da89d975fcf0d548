//! The matcher's API, called by the edge alone over the authenticated [`channel`](crate::channel).
//!
//! Every call is idempotent: the same request again gives the same answer, another request for the same place is refused
//! with [`ProblemCode::Conflict`](crate::problem::ProblemCode::Conflict). Whatever a call decides is stored, signed and
//! entered in the register before it answers.
//!
//! | call | path | body | answer |
//! |---|---|---|---|
//! | open a session | `POST /v1/session` | [`OpenSession`] JSON | `204` |
//! | judge a step | `PUT /v1/session/{id}/run/{r}/step/{k}` | [`StepSubmission`] CBOR | [`StepVerdict`] |
//! | conclude a run | `POST /v1/session/{id}/run/{r}/conclusion` | [`ConcludeRun`] JSON | [`RunVerdict`] |
//! | compare | `POST /v1/session/{id}/comparison` | none | [`ComparisonVerdict`] |
//! | end without comparison | `POST /v1/session/{id}/end` | [`EndSession`] JSON | `Vec<DocumentRef>` |
//! | documents | `GET /v1/session/{id}/documents` | | `Vec<SignedDocument>` |
//! | register | `GET /v1/register/checkpoint`, `/v1/register/inclusion?document=`, `/v1/register/consistency?from=` | | |
//! | keys | `GET /v1/keys` | | JWK set of the evidence keys |

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::challenge::{IssuedStep, Mismatch};
use crate::digest::{SessionId, TransactionHash};
use crate::evidence::{ComparisonResult, DocumentRef};
use crate::identity::Customer;
use crate::iin::Iin;
use crate::session::Ending;

/// Opens a session at the matcher: after the citizen agreed, or to record that they did not.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenSession {
    /// The session.
    pub session: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// Whose face it is about. Absent only where the session ends without consent.
    pub person: Option<Iin>,
    /// The relying party.
    pub customer: Customer,
    /// The [`ConsentRecord`](crate::evidence::ConsentRecord) as JWS, signed by the edge. Absent where the citizen gave no
    /// answer before the session ended; without an agreeing one no frame is accepted.
    pub consent: Option<String>,
}

// The consent names the person, so it is left out.
impl std::fmt::Debug for OpenSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenSession")
            .field("session", &self.session)
            .finish_non_exhaustive()
    }
}

/// The frames of one step, as the browser sent them, with the step as the edge issued it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct StepSubmission {
    /// The step.
    pub issued: IssuedStep,
    /// When the frames arrived at the edge.
    pub received_at: Timestamp,
    /// A [`StepCapture`](crate::capture::StepCapture), encoded.
    #[serde(with = "serde_bytes")]
    pub capture: Vec<u8>,
}

impl std::fmt::Debug for StepSubmission {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepSubmission")
            .field("index", &self.issued.index)
            .finish_non_exhaustive()
    }
}

/// The verdict over one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepVerdict {
    /// Why the step did not pass; empty where it passed.
    pub mismatches: Vec<Mismatch>,
}

/// Asks for the verdict over a run whose steps have all been judged, one of whose steps failed, or which broke off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConcludeRun {
    /// The steps that were issued, in order; those without frames count as late.
    pub issued: Vec<IssuedStep>,
    /// Number of steps that the run's plan has.
    pub planned: u8,
    /// Set where the session ended within the run.
    pub ended: Option<Ending>,
}

/// The verdict over one run (BNK-8b), with document 1 stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunVerdict {
    /// Whether the check is passed.
    pub passed: bool,
    /// Why not: of the run as a whole and of its steps, without repetition.
    pub mismatches: Vec<Mismatch>,
    /// Document 1.
    pub document: DocumentRef,
}

/// The outcome of the comparison, with document 2 stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ComparisonVerdict {
    /// Result.
    pub outcome: ComparisonResult,
    /// Document 2.
    pub document: DocumentRef,
}

/// Ends a session that comes to no comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndSession {
    /// How it ended.
    pub ending: Ending,
}
