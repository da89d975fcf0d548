//! The register of attempts (NBS-8): an append-only Merkle log in the manner of RFC 6962, gap-free for each subject and for
//! the provider as a whole, with signed checkpoints.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::{Sha256Digest, TransactionHash};
use crate::evidence::DocumentRef;

/// JWS type of a [`Checkpoint`].
pub const CHECKPOINT_TYPE: &str = "tanu-checkpoint+jwt";

/// What kind of attempt an entry records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptKind {
    /// One run of the liveness check, passed or not.
    Liveness,
    /// One comparison, passed or not.
    Comparison,
    /// A session that ended otherwise: refused, cancelled, expired.
    Ended,
}

/// One entry: a leaf of the log is its JSON text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterEntry {
    /// Place in the log, from 0 without gaps.
    pub index: u64,
    /// When it was entered.
    pub at: Timestamp,
    /// Pseudonym of the subject: a keyed hash of the IIN. Absent where the session ended before an IIN was given.
    pub subject: Option<Sha256Digest>,
    /// Place among the subject's entries, from 0 without gaps.
    pub subject_index: Option<u64>,
    /// The session's transaction.
    pub transaction: TransactionHash,
    /// Kind.
    pub kind: AttemptKind,
    /// Passed or not.
    pub passed: bool,
    /// The document that the attempt left.
    pub document: DocumentRef,
}

/// The log's state at one moment, signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of entries.
    pub size: u64,
    /// Root hash over the entries (RFC 6962, section 2.1).
    pub root: Sha256Digest,
    /// When.
    pub at: Timestamp,
}

/// Proof that an entry is in the log of a checkpoint (RFC 6962, section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct InclusionProof {
    /// The entry's JSON text, byte for byte as hashed.
    pub entry: String,
    /// Place of the entry.
    pub index: u64,
    /// Sibling hashes, from the leaf upward.
    pub path: Vec<Sha256Digest>,
    /// The [`Checkpoint`] as compact JWS.
    #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::CompactJws"))]
    pub checkpoint: String,
}

/// Proof that an earlier log is the beginning of a later one (RFC 6962, section 2.1.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct ConsistencyProof {
    /// Size of the earlier log.
    pub from: u64,
    /// The proof's hashes.
    pub path: Vec<Sha256Digest>,
    /// The later [`Checkpoint`] as compact JWS.
    #[cfg_attr(feature = "openapi", schemars(with = "crate::openapi::schema::CompactJws"))]
    pub checkpoint: String,
}
