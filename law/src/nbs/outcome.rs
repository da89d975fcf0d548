//! How a session ended (NBS-10), with what each ending rests on: one that is *passed* can't be made without a passed run of
//! the liveness check and a comparison that matched.

use serde::{Deserialize, Serialize};
use tanu_protocol::evidence::{ComparisonResult, DocumentRef};
use tanu_protocol::identity::OutOfForce;
use tanu_protocol::matcher::ComparisonVerdict;
use tanu_protocol::session::Ending;

use crate::bnk::run::PassedRun;

/// The end of a session.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Passed.
    Identified(Identified),
    /// Live, but not identified.
    NotIdentified {
        /// The run that passed.
        live: PassedRun,
        /// Why not.
        why: NotIdentified,
        /// Document 2.
        document: DocumentRef,
    },
    /// The last repeat failed (BNK-8b).
    NotLive,
    /// It came to no result.
    BrokenOff {
        /// Why.
        why: BrokenOff,
    },
}

/// A living person, the same as the reference. It can be made in one way: [`compared`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Identified {
    live: PassedRun,
    document: DocumentRef,
}

/// Why a living person was not identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum NotIdentified {
    /// Not the same person.
    NotMatched,
    /// No reference, or none that can be compared.
    NoReference,
    /// The identity document does not count (NBS-9).
    DocumentOutOfForce {
        /// Why.
        because: OutOfForce,
    },
}

/// Why a session came to no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BrokenOff {
    /// The citizen refused consent (NBS-4).
    Refused,
    /// The citizen broke off.
    Cancelled,
    /// Time ran out.
    Expired,
}

/// The outcome of a comparison after a run that passed (BNK-6, stage 4).
#[must_use]
pub fn compared(live: PassedRun, verdict: ComparisonVerdict) -> Outcome {
    let ComparisonVerdict { outcome, document } = verdict;
    let why = match outcome {
        ComparisonResult::Matched => return Outcome::Identified(Identified { live, document }),
        ComparisonResult::NotMatched => NotIdentified::NotMatched,
        ComparisonResult::NoReference | ComparisonResult::UnusableReference => NotIdentified::NoReference,
        ComparisonResult::DocumentOutOfForce { why } => NotIdentified::DocumentOutOfForce { because: why },
    };
    Outcome::NotIdentified { live, why, document }
}

impl Outcome {
    /// The ending as everybody else sees it.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        match self {
            Self::Identified(_) => Ending::Matched,
            Self::NotIdentified { why, .. } => match why {
                NotIdentified::NotMatched => Ending::NotMatched,
                NotIdentified::NoReference => Ending::NoReference,
                NotIdentified::DocumentOutOfForce { because } => Ending::DocumentOutOfForce { why: *because },
            },
            Self::NotLive => Ending::NotLive,
            Self::BrokenOff { why } => why.ending(),
        }
    }
}

impl Identified {
    /// The run on which it rests.
    #[must_use]
    pub const fn live(&self) -> &PassedRun {
        &self.live
    }

    /// Document 2 (BNK-13), which records the match.
    #[must_use]
    pub const fn document(&self) -> &DocumentRef {
        &self.document
    }
}

impl BrokenOff {
    /// The reason behind an ending; none behind those that a verdict gives.
    #[must_use]
    pub const fn of(ending: Ending) -> Option<Self> {
        match ending {
            Ending::Refused => Some(Self::Refused),
            Ending::Cancelled => Some(Self::Cancelled),
            Ending::Expired => Some(Self::Expired),
            Ending::Matched
            | Ending::NotMatched
            | Ending::NotLive
            | Ending::NoReference
            | Ending::DocumentOutOfForce { .. } => None,
        }
    }

    /// The ending as everybody else sees it.
    #[must_use]
    pub const fn ending(self) -> Ending {
        match self {
            Self::Refused => Ending::Refused,
            Self::Cancelled => Ending::Cancelled,
            Self::Expired => Ending::Expired,
        }
    }
}
