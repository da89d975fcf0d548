//! The electronic documents that a session leaves, whatever its outcome: the consent (NBS-4), document 1 of the liveness
//! check (BNK-9) and document 2 of the comparison (BNK-13). Each is signed as a JWS by the provider (BNK-10, BNK-14).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::challenge::{Command, Mismatch, StepIndex};
use crate::digest::{SessionId, Sha256Digest, TransactionHash};
use crate::identity::{Customer, IdentityDocumentKind, IdentityDocumentStatus, OutOfForce};
use crate::iin::Iin;
use crate::language::{Language, Localized};
use crate::session::{DataItem, Ending};
use crate::similarity::Similarity;

/// JWS type of a [`ConsentRecord`].
pub const CONSENT_TYPE: &str = "tanu-consent+jwt";
/// JWS type of a [`LivenessDocument`].
pub const LIVENESS_TYPE: &str = "tanu-liveness+jwt";
/// JWS type of a [`ComparisonDocument`].
pub const COMPARISON_TYPE: &str = "tanu-comparison+jwt";

/// The rules under which a document was made: a later rule set gets another name.
pub const RULE_SET: &str = "NBS 225/2026-04-30; BNK 56/2024-08-16";

/// A citizen's answer to the question who may have which data for what and how long (NBS-4), signed by the edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentRecord {
    /// The session.
    pub session: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// Whose consent. Absent where the citizen refused before giving an IIN.
    pub person: Option<Iin>,
    /// Who asked.
    pub customer: Customer,
    /// What for.
    pub purpose: Localized,
    /// Which data.
    pub data: Vec<DataItem>,
    /// For how many days the data are kept.
    pub retention_days: u16,
    /// Whether a template may be formed and kept for later sessions (NBS-5, NBS-9).
    pub template: bool,
    /// The language in which the question was read.
    pub language: Language,
    /// Agreed or refused.
    pub agreed: bool,
    /// When.
    pub at: Timestamp,
    /// The rules in force.
    pub rule_set: String,
}

/// Result of a liveness check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LivenessResult {
    /// Every command was answered, by one living person.
    Passed,
    /// A mismatch.
    Failed,
    /// The session ended before a run was complete.
    NotCompleted,
}

/// Document 1 (BNK-9): one run of the liveness check, or a session that ended without one.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct LivenessDocument {
    /// Result.
    pub result: LivenessResult,
    /// Why the run as a whole failed; the steps carry their own reasons.
    pub mismatches: Vec<Mismatch>,
    /// How the session ended, where it ended before the run was complete.
    pub ended: Option<Ending>,
    /// Identification data. Absent only where the session ended before they were given.
    pub person: Option<Iin>,
    /// The customer's details.
    pub customer: Customer,
    /// Date and time.
    pub at: Timestamp,
    /// The session.
    pub session: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// The run, from 0. Absent where no run was begun.
    pub run: Option<u8>,
    /// All commands that the system chose for the run, in order, shown or not. Empty where no run was begun.
    pub commands: Vec<Command>,
    /// The commands that were shown, each with the images that answer it.
    pub steps: Vec<StepEvidence>,
    /// Median passive score over the run's frames, 0 attack to 1 live.
    pub passive: Option<f32>,
    /// Lowest similarity between the run's frames.
    pub identity: Option<Similarity>,
    /// Version of the liveness policy.
    pub policy: String,
    /// SHA-256 of each model that took part.
    pub models: Vec<Sha256Digest>,
    /// The rules in force.
    pub rule_set: String,
}

/// One command, what answered it, and the verdict.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEvidence {
    /// Which step.
    pub index: StepIndex,
    /// What was asked.
    pub command: Command,
    /// When it was shown.
    pub issued_at: Timestamp,
    /// When the frames arrived; absent where none did.
    pub received_at: Option<Timestamp>,
    /// Why it did not pass; empty where it passed.
    pub mismatches: Vec<Mismatch>,
    /// Number of frames received.
    pub frames: u32,
    /// Head of the chain over all frames of the step, which are sealed beside the document until it is concluded.
    pub head: Option<Sha256Digest>,
    /// The frames that show the answer.
    pub images: Vec<EvidenceImage>,
}

/// One picture inside a document.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceImage {
    /// Sequence number within the step.
    pub sequence: u32,
    /// Microseconds since the step was shown.
    pub time_us: u64,
    /// JPEG.
    #[serde(with = "crate::base64_bytes")]
    pub jpeg: Vec<u8>,
}

/// Result of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ComparisonResult {
    /// The same person.
    Matched,
    /// Not the same person.
    NotMatched,
    /// The state database has no reference for this IIN.
    NoReference,
    /// The reference photo shows no face that can be compared.
    UnusableReference,
    /// The identity document does not count (NBS-9).
    DocumentOutOfForce {
        /// Why.
        why: OutOfForce,
    },
}

/// What the current image was compared with (NBS-9, BNK-11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "comparison", rename_all = "snake_case")]
pub enum ComparisonBasis {
    /// The reference photo and identity document of the state database.
    Primary {
        /// Name of the database.
        database: String,
        /// The document that came with the photo.
        document: Option<DocumentSeen>,
        /// SHA-256 of the photo's file.
        photo: Option<Sha256Digest>,
    },
    /// Our own template of an earlier session.
    Subsequent {
        /// When the template was formed.
        formed_at: Timestamp,
        /// The session in which it was formed.
        formed_in: SessionId,
    },
}

/// The identity document as it was seen, without its number's digits but the last four.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentSeen {
    /// Kind.
    pub kind: IdentityDocumentKind,
    /// The number, all but the last four characters masked.
    pub number: String,
    /// First day in force.
    pub issued_on: jiff::civil::Date,
    /// Last day in force.
    pub valid_until: jiff::civil::Date,
    /// Status.
    pub status: IdentityDocumentStatus,
}

/// Document 2 (BNK-13): one comparison.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonDocument {
    /// The person's current image.
    pub current_image: EvidenceImage,
    /// Identification data.
    pub person: Iin,
    /// Comparison result.
    #[serde(flatten)]
    pub result: ComparisonResult,
    /// Similarity, where faces were compared.
    pub similarity: Option<Similarity>,
    /// The least similarity that counts as the same person.
    pub threshold: Similarity,
    /// What it was compared with.
    #[serde(flatten)]
    pub basis: ComparisonBasis,
    /// The customer's details.
    pub customer: Customer,
    /// Date and time.
    pub at: Timestamp,
    /// The session.
    pub session: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// SHA-256 of document 1 (its JWS) on which the comparison rests.
    pub liveness_document: Sha256Digest,
    /// SHA-256 of each model that took part.
    pub models: Vec<Sha256Digest>,
    /// The rules in force.
    pub rule_set: String,
}

/// Which of the documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DocumentKind {
    /// The consent or refusal.
    Consent,
    /// Document 1.
    Liveness,
    /// Document 2.
    Comparison,
}

/// A stored document: what it is, and the hash of its JWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct DocumentRef {
    /// Kind.
    pub kind: DocumentKind,
    /// The run, for document 1.
    pub run: Option<u8>,
    /// SHA-256 of the compact JWS.
    pub sha256: Sha256Digest,
    /// When it was made.
    pub at: Timestamp,
}

/// A document as it is handed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct SignedDocument {
    /// What it is.
    #[serde(flatten)]
    pub reference: DocumentRef,
    /// Compact JWS.
    #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::CompactJws"))]
    pub jws: String,
}

macro_rules! hidden_content {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden_content!(
    LivenessDocument,
    StepEvidence,
    EvidenceImage,
    ComparisonDocument,
    SignedDocument
);
