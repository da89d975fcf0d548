//! The matcher's API, called by the edge alone over the authenticated [`channel`](crate::channel).
//!
//! Every call is idempotent: the same request again gives the same answer, another request for the same place is refused
//! with [`ProblemCode::Conflict`](crate::problem::ProblemCode::Conflict); a session ends once, and whoever ends it again learns
//! how. Whatever a call decides is stored, signed and entered in the register before it answers.
//!
//! | call | path | body | answer |
//! |---|---|---|---|
//! | open a session | `POST /v1/session` | [`OpenSession`] JSON | `204` |
//! | judge a step | `PUT /v1/session/{id}/run/{r}/step/{k}` | [`StepSubmission`] CBOR | [`StepVerdict`] |
//! | conclude a run | `POST /v1/session/{id}/run/{r}/conclusion` | [`ConcludeRun`] JSON | [`RunVerdict`] |
//! | compare | `POST /v1/session/{id}/comparison` | none | [`ComparisonVerdict`] |
//! | end without comparison | `POST /v1/session/{id}/end` | [`EndSession`] JSON | [`SessionEnded`] |
//! | documents | `GET /v1/session/{id}/documents` | | `Vec<SignedDocument>` |
//! | register | `GET /v1/register/checkpoint`, `/v1/register/inclusion?document=`, `/v1/register/consistency?from=` | | |
//! | keys | `GET /v1/keys` | | JWK set of the evidence keys |

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::capture::{InvalidCapture, StepCapture};
use crate::challenge::{IssuedStep, Mismatch, Plan};
use crate::digest::{SessionId, TransactionHash};
use crate::evidence::{ComparisonResult, DocumentRef};
use crate::identity::Customer;
use crate::iin::Iin;
use crate::session::Ending;

/// Opens a session at the matcher: after the citizen agreed, or to record that they did not.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
    #[cfg_attr(feature = "openapi", schemars(with = "Option<crate::openapi::schema::CompactJws>"))]
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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepSubmission {
    /// The step.
    pub issued: IssuedStep,
    /// The commands that were chosen for its run: a session that the edge loses has them in its document 1 as well (BNK-9).
    pub plan: Plan,
    /// When the frames arrived at the edge.
    pub received_at: Timestamp,
    /// A [`StepCapture`], encoded.
    #[serde(with = "serde_bytes")]
    #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::EncodedCapture"))]
    pub capture: Vec<u8>,
}

impl StepSubmission {
    /// How a JPEG begins: the markers of its start and of the next segment (ITU-T T.81, B.1.1.3). Evidence holds no other format.
    const JPEG: &[u8] = &[0xff, 0xd8, 0xff];
    /// By how much the browser's clock may run ahead of the edge's over one step.
    const DRIFT: SignedDuration = SignedDuration::from_secs(2);

    /// The frames: those of the step, in order, none altered, left out, doubled or exchanged, all JPEG, none taken after it arrived.
    ///
    /// # Errors
    /// The first of [`InvalidCapture`] that applies.
    pub fn open(&self) -> Result<StepCapture, InvalidCapture> {
        Self::opened(&self.capture, &self.issued, self.received_at)
    }

    /// The frames of an encoded capture that answers a step, as [`StepSubmission::open`] gives them: for the edge, which finds out so
    /// what the matcher would refuse.
    ///
    /// # Errors
    /// The first of [`InvalidCapture`] that applies.
    pub fn opened(capture: &[u8], issued: &IssuedStep, received_at: Timestamp) -> Result<StepCapture, InvalidCapture> {
        let capture = StepCapture::decode(capture, &issued.transaction, &issued.nonce)?;
        if !capture.frames.iter().all(|frame| frame.jpeg.starts_with(Self::JPEG)) {
            return Err(InvalidCapture::Malformed);
        }
        let window = received_at.duration_since(issued.issued_at) + Self::DRIFT;
        let last = capture.frames.last().map_or(0, |frame| frame.time_us);
        if i128::from(last) > window.as_micros() {
            return Err(InvalidCapture::Order);
        }
        Ok(capture)
    }

    /// Whether the frames arrived after the step's deadline.
    #[must_use]
    pub fn late(&self) -> bool {
        self.received_at > self.issued.deadline
    }
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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepVerdict {
    /// Why the step did not pass; empty where it passed.
    pub mismatches: Vec<Mismatch>,
}

/// Asks for the verdict over a run whose steps have all been judged, one of whose steps failed, or which broke off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ConcludeRun {
    /// The steps that were issued, in order; those without frames count as late.
    pub issued: Vec<IssuedStep>,
    /// The commands that were chosen for the run, whether shown or not (BNK-9).
    pub plan: Plan,
    /// Set where the session ended within the run.
    pub ended: Option<Ending>,
}

/// The verdict over one run (BNK-8b), with document 1 stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ComparisonVerdict {
    /// Result.
    pub outcome: ComparisonResult,
    /// Document 2.
    pub document: DocumentRef,
}

/// Ends a session that comes to no comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct EndSession {
    /// How it ended.
    pub ending: Ending,
}

/// A session that has ended. The first ending counts: it may be another than the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SessionEnded {
    /// The ending on record.
    pub ending: Ending,
    /// The documents that the session has left, in the order in which they were made.
    pub documents: Vec<DocumentRef>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{CapturedFrame, ClientReportedCamera};
    use crate::challenge::{Command, StepIndex};
    use crate::digest::Nonce;

    /// A step of ten seconds, answered after five with a frame of `time_us` that begins with `start`.
    fn submission(start: &[u8], time_us: u64) -> StepSubmission {
        let issued = IssuedStep {
            session: SessionId::from_bytes([1; 16]),
            transaction: TransactionHash::from_bytes([2; 32]),
            index: StepIndex { run: 0, step: 0 },
            of: 3,
            command: Command::Blink,
            nonce: Nonce::from_bytes([3; 32]),
            issued_at: Timestamp::UNIX_EPOCH,
            deadline: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(10),
        };
        let frame = CapturedFrame {
            sequence: 0,
            time_us,
            jpeg: [start, &[7; 20]].concat(),
        };
        let capture = StepCapture::seal(
            &issued.transaction,
            issued.nonce,
            ClientReportedCamera::Device,
            vec![frame],
        );
        StepSubmission {
            received_at: issued.issued_at + SignedDuration::from_secs(5),
            capture: capture.encode().unwrap(),
            plan: Plan::new(vec![Command::Blink, Command::TurnLeft, Command::Blink]).unwrap(),
            issued,
        }
    }

    #[test]
    fn frames_of_the_step_are_opened() {
        assert_eq!(
            submission(StepSubmission::JPEG, 4_900_000).open().unwrap().frames.len(),
            1
        );
    }

    #[test]
    fn frames_taken_after_they_arrived_are_refused() {
        let ahead = submission(StepSubmission::JPEG, 7_100_000);
        assert_eq!(ahead.open(), Err(InvalidCapture::Order));
    }

    #[test]
    fn frames_that_are_no_jpeg_are_refused() {
        assert_eq!(submission(b"\x89PNG", 0).open(), Err(InvalidCapture::Malformed));
    }

    #[test]
    fn frames_after_the_deadline_are_late() {
        let mut submission = submission(StepSubmission::JPEG, 0);
        assert!(!submission.late());
        submission.received_at = submission.issued.deadline + SignedDuration::from_millis(1);
        assert!(submission.late());
    }
}
