//! A citizen's session: `Created → Consented → Challenged(run, step) → Verified | next run → Matched | NotMatched →
//! Reported`, and from anywhere `Refused`, `Cancelled`, `Expired`.
//!
//! A session is a value. Each transition consumes it, takes the time as an argument, and gives the next one or says why it
//! does not apply. What must be done elsewhere before the session can go on is its [`Task`]: the host does it and hands the
//! answer to the transition that belongs to it. An outcome becomes visible only when all that records it has been stored
//! (`Ended`); until then the citizen sees *waiting*.
//!
//! Time never goes back: each transition counts from the latest time that the session has seen.

mod answers;
mod task;
#[cfg(test)]
mod tests;
mod view;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tanu_protocol::challenge::{IssuedStep, Mismatch, Plan, StepIndex};
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{ConsentRecord, DocumentRef};
use tanu_protocol::iin::Iin;

use crate::bnk::RunNumber;
use crate::bnk::run::{AnsweredRun, Issue, OpenRun, PassedRun, UnfinishedRun};
use crate::nbs::consent::Request;
use crate::nbs::outcome::{BrokenOff, Outcome};

pub use task::Task;

/// Why a transition does not apply. The session stays as it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// The session stands elsewhere.
    #[error("the session stands elsewhere")]
    Elsewhere,
    /// Nothing biometric before consent (NBS-4).
    #[error("consent has not been given (NBS-4)")]
    NoConsent,
    /// The record is another session's, or says something else than the answer.
    #[error("the record does not belong to this session")]
    ForeignRecord,
}

/// How much time a session and a step have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// From the start to the expiry, in seconds.
    pub session_seconds: u32,
    /// From showing a step to the arrival of its frames, in seconds.
    pub step_seconds: u32,
}

/// Where a step of the challenge stands, seen from a request that brings frames for it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place<'a> {
    /// It is shown and waits for its frames.
    Open(&'a IssuedStep),
    /// Its frames have arrived; the head of their chain.
    Received(Sha256Digest),
    /// It was shown once and can take no frames any more.
    Past,
    /// It was never shown.
    Ahead,
}

/// A citizen's session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Session {
    version: Version,
    id: SessionId,
    transaction: TransactionHash,
    request: Request,
    /// Whose session it is, as far as it is known.
    person: Option<Iin>,
    /// The citizen's answer.
    agreed: Option<bool>,
    pace: Pace,
    /// The latest time that the session has seen.
    seen_at: Timestamp,
    expires_at: Timestamp,
    /// The step that was shown last.
    reached: Option<StepIndex>,
    receipts: Vec<Receipt>,
    documents: Vec<DocumentRef>,
    state: State,
}

/// The stored form's version. Another one is refused instead of guessed at.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Version {
    #[serde(rename = "tanu/session/1")]
    First,
}

/// The arrival of one step's frames: the first counts.
#[derive(Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Receipt {
    index: StepIndex,
    head: Sha256Digest,
    at: Timestamp,
}

/// The citizen's consent (NBS-4), without which there is no run.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Agreed {
    person: Iin,
    jws: String,
}

#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum State {
    AwaitingConsent,
    /// The matcher does not know of the consent yet.
    Opening {
        agreed: Agreed,
    },
    Ready {
        agreed: Agreed,
        run: RunNumber,
        mismatches: Vec<Mismatch>,
    },
    Challenged {
        agreed: Agreed,
        run: OpenRun,
    },
    /// The shown step's frames have arrived and are being judged.
    Judging {
        agreed: Agreed,
        run: OpenRun,
        received_at: Timestamp,
    },
    /// The frames are gone; what the matcher knows of the run decides.
    Lost {
        agreed: Agreed,
        run: OpenRun,
    },
    /// All steps have passed; the run as a whole is being judged.
    Concluding {
        agreed: Agreed,
        run: AnsweredRun,
    },
    /// A step failed; document 1 is being made.
    Failing {
        agreed: Agreed,
        run: UnfinishedRun,
    },
    /// A run has passed; the comparison is being made.
    Verified {
        agreed: Agreed,
        live: PassedRun,
    },
    Closing(Closing),
    Ended {
        outcome: Outcome,
        at: Timestamp,
    },
}

/// A session that broke off, before that is on record.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Closing {
    why: BrokenOff,
    person: Option<Iin>,
    consent: Option<String>,
    /// Whether the matcher knows the session.
    opened: bool,
    /// The run within which it broke off, until its document 1 is made.
    run: Option<UnfinishedRun>,
}

impl Session {
    /// A relying party's request was accepted.
    #[must_use]
    pub fn create(id: SessionId, transaction: TransactionHash, request: Request, pace: Pace, now: Timestamp) -> Self {
        Self {
            version: Version::First,
            id,
            transaction,
            person: request.person.clone(),
            request,
            agreed: None,
            pace,
            seen_at: now,
            expires_at: after(now, pace.session_seconds),
            reached: None,
            receipts: Vec::new(),
            documents: Vec::new(),
            state: State::AwaitingConsent,
        }
    }

    /// The session as time alone has changed it: a step past its deadline fails its run, a session past its time expires.
    /// A session whose liveness run has passed does not expire by itself any more: the citizen has done their part. It ends as expired
    /// where the matcher keeps the face no longer ([`Session::not_compared`]).
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        self.seen_at = self.seen_at.max(now);
        let expired = self.seen_at >= self.expires_at;
        self.state = match self.state {
            settled @ (State::Closing(_) | State::Ended { .. } | State::Verified { .. }) => settled,
            state if expired => State::Closing(close(state, &self.request, BrokenOff::Expired)),
            State::Challenged { agreed, run } if run.step().is_none_or(|step| self.seen_at > step.deadline) => {
                State::Failing {
                    agreed,
                    run: run.broken(),
                }
            }
            state => state,
        };
        self
    }

    /// The citizen's answer, as record and signed (NBS-4).
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where the question was answered before, [`InvalidTransition::ForeignRecord`] where
    /// the record is not this session's or agrees for nobody.
    pub fn answered(self, record: &ConsentRecord, jws: String, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.at(now);
        if session.state != State::AwaitingConsent {
            return Err(InvalidTransition::Elsewhere);
        }
        if record.session != session.id || record.transaction != session.transaction {
            return Err(InvalidTransition::ForeignRecord);
        }
        session.state = match (record.agreed, &record.person) {
            (true, None) => return Err(InvalidTransition::ForeignRecord),
            (true, Some(person)) => State::Opening {
                agreed: Agreed {
                    person: person.clone(),
                    jws,
                },
            },
            (false, person) => State::Closing(Closing {
                why: BrokenOff::Refused,
                person: person.clone(),
                consent: Some(jws),
                opened: false,
                run: None,
            }),
        };
        session.agreed = Some(record.agreed);
        session.person.clone_from(&record.person);
        Ok(session)
    }

    /// Begins the run that is due, with a new plan (BNK-8a) and the first step's nonce.
    ///
    /// # Errors
    /// [`InvalidTransition::NoConsent`] before consent (NBS-4), [`InvalidTransition::Elsewhere`] where another run is due
    /// or none.
    pub fn begin_run(self, run: u8, plan: Plan, nonce: Nonce, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.at(now);
        let issue = session.issue(nonce);
        session.state = match session.state {
            State::AwaitingConsent => return Err(InvalidTransition::NoConsent),
            State::Ready {
                agreed, run: number, ..
            } if number.get() == run => State::Challenged {
                agreed,
                run: OpenRun::begin(number, plan, issue),
            },
            _ => return Err(InvalidTransition::Elsewhere),
        };
        session.note_reached();
        Ok(session)
    }

    /// The frames of a step have arrived, in time; `head` is the head of their chain.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where the step is not shown or its deadline has passed.
    pub fn received(self, index: StepIndex, head: Sha256Digest, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.at(now);
        session.state = match session.state {
            State::Challenged { agreed, run } if run.step().is_some_and(|step| step.index == index) => State::Judging {
                agreed,
                run,
                received_at: session.seen_at,
            },
            _ => return Err(InvalidTransition::Elsewhere),
        };
        session.receipts.push(Receipt {
            index,
            head,
            at: session.seen_at,
        });
        Ok(session)
    }

    /// Frames that had arrived can't be judged: nobody has them any more, or the matcher refuses them. The run is concluded
    /// as far as the matcher knows it, so that the citizen is not stuck: a step whose verdict was lost counts as it was
    /// judged, one that was never judged as late.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where no frames are being judged.
    pub fn frames_lost(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.at(now);
        session.state = match session.state {
            State::Judging { agreed, run, .. } => State::Lost { agreed, run },
            _ => return Err(InvalidTransition::Elsewhere),
        };
        Ok(session)
    }

    /// The citizen breaks off.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where the session has ended or is about to.
    pub fn cancelled(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.at(now);
        session.state = match session.state {
            State::Closing(_) | State::Ended { .. } => return Err(InvalidTransition::Elsewhere),
            state => State::Closing(close(state, &session.request, BrokenOff::Cancelled)),
        };
        Ok(session)
    }

    /// Where a step stands.
    #[must_use]
    pub fn place(&self, index: StepIndex) -> Place<'_> {
        if let Some(receipt) = self.receipts.iter().find(|receipt| receipt.index == index) {
            return Place::Received(receipt.head);
        }
        match &self.state {
            State::Challenged { run, .. } if run.step().is_some_and(|step| step.index == index) => {
                run.step().map_or(Place::Past, Place::Open)
            }
            _ if self.reached.is_some_and(|reached| index <= reached) => Place::Past,
            _ => Place::Ahead,
        }
    }

    /// Whether this run was begun, so that beginning it once more asks for nothing new.
    #[must_use]
    pub fn has_begun(&self, run: u8) -> bool {
        self.reached.is_some_and(|reached| run <= reached.run)
    }

    /// The citizen's answer, where there is one: agreed or refused.
    #[must_use]
    pub const fn consent(&self) -> Option<bool> {
        self.agreed
    }

    /// The outcome and when it was on record, once the session has ended.
    #[must_use]
    pub const fn outcome(&self) -> Option<(&Outcome, Timestamp)> {
        match &self.state {
            State::Ended { outcome, at } => Some((outcome, *at)),
            _ => None,
        }
    }

    /// The session's id.
    #[must_use]
    pub const fn id(&self) -> SessionId {
        self.id
    }

    /// Its transaction.
    #[must_use]
    pub const fn transaction(&self) -> TransactionHash {
        self.transaction
    }

    /// What the relying party asks.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.request
    }

    /// Whose session it is, as far as it is known.
    #[must_use]
    pub const fn person(&self) -> Option<&Iin> {
        self.person.as_ref()
    }

    /// When it expires.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// The documents that it has left so far.
    #[must_use]
    pub fn documents(&self) -> &[DocumentRef] {
        &self.documents
    }

    fn issue(&self, nonce: Nonce) -> Issue {
        Issue {
            session: self.id,
            transaction: self.transaction,
            nonce,
            issued_at: self.seen_at,
            deadline: after(self.seen_at, self.pace.step_seconds),
        }
    }

    fn note_reached(&mut self) {
        if let State::Challenged { run, .. } = &self.state {
            self.reached = run.step().map(|step| step.index);
        }
    }

    fn add_document(&mut self, document: &DocumentRef) {
        if !self.documents.iter().any(|known| known.sha256 == document.sha256) {
            self.documents.push(document.clone());
        }
    }
}

fn after(time: Timestamp, seconds: u32) -> Timestamp {
    time.checked_add(SignedDuration::from_secs(seconds.into()))
        .unwrap_or(Timestamp::MAX)
}

/// What must be put on record when a session breaks off in `state`.
fn close(state: State, request: &Request, why: BrokenOff) -> Closing {
    let closing = |agreed: Agreed, opened, run| Closing {
        why,
        person: Some(agreed.person),
        consent: Some(agreed.jws),
        opened,
        run,
    };
    match state {
        State::Opening { agreed } => closing(agreed, false, None),
        State::Ready { agreed, .. } | State::Verified { agreed, .. } => closing(agreed, true, None),
        State::Challenged { agreed, run } | State::Judging { agreed, run, .. } | State::Lost { agreed, run } => {
            closing(agreed, true, Some(run.broken()))
        }
        State::Concluding { agreed, run } => closing(agreed, true, Some(run.broken())),
        State::Failing { agreed, run } => closing(agreed, true, Some(run)),
        State::Closing(already) => already,
        State::AwaitingConsent | State::Ended { .. } => Closing {
            why,
            person: request.person.clone(),
            consent: None,
            opened: false,
            run: None,
        },
    }
}

/// Names the session and nothing personal: the consent's text holds the IIN.
impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("id", &self.id).finish_non_exhaustive()
    }
}
