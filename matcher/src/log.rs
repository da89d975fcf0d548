//! The register of attempts as a Merkle log (NBS-8; RFC 6962, section 2.1): pure, over the entries' texts.
//!
//! A [`Log`] is rebuilt from the stored texts at start and holds the tree in memory. What is stored is checked on the way:
//! places without gaps, for the provider and for each subject, and the root of the last signed checkpoint.

use std::collections::HashMap;

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use jiff::Timestamp;
use sha2::Sha256;
use tanu_protocol::digest::{Sha256Digest, TransactionHash};
use tanu_protocol::evidence::DocumentRef;
use tanu_protocol::register::{AttemptKind, Checkpoint, RegisterEntry};

/// Why stored entries are not the register that was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Tampered {
    /// An entry is no JSON of its shape.
    #[error("register entry {0} can't be read")]
    Malformed(u64),
    /// An entry does not stand in its place: one is missing, doubled or moved.
    #[error("register entry {0} does not stand in its place")]
    Place(u64),
    /// A subject's entries have a gap.
    #[error("register entry {0} leaves a gap among its subject's entries")]
    SubjectPlace(u64),
    /// The log is shorter or longer than its last checkpoint says.
    #[error("the register has {entries} entries, its last checkpoint {signed}")]
    Size {
        /// Entries found.
        entries: u64,
        /// Entries signed.
        signed: u64,
    },
    /// The entries are not those that were signed.
    #[error("the register's root is not that of its last checkpoint")]
    Root,
    /// There are entries, but no checkpoint.
    #[error("the register has entries but no checkpoint")]
    NoCheckpoint,
    /// The checkpoint's signature is not the provider's, or it is another log's.
    #[error("the register's last checkpoint is not signed by the provider for this log")]
    Checkpoint,
}

/// An attempt, as it is entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// When.
    pub at: Timestamp,
    /// Pseudonym of the subject.
    pub subject: Option<Sha256Digest>,
    /// The session's transaction.
    pub transaction: TransactionHash,
    /// Kind.
    pub kind: AttemptKind,
    /// Passed or not.
    pub passed: bool,
    /// The document that it left.
    pub document: DocumentRef,
}

/// The log's tree.
#[derive(Clone, Default)]
pub struct Log {
    tree: MemoryBackedTree<Sha256, String>,
    subjects: HashMap<Sha256Digest, u64>,
}

impl Log {
    /// Builds the log from its entries' texts, in order.
    ///
    /// # Errors
    /// [`Tampered::Malformed`], [`Tampered::Place`] or [`Tampered::SubjectPlace`] for the first entry that is not as it
    /// was entered.
    pub fn build(texts: impl IntoIterator<Item = String>) -> Result<Self, Tampered> {
        let mut log = Self::default();
        for text in texts {
            log.push(text)?;
        }
        Ok(log)
    }

    /// Number of entries.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.tree.len()
    }

    /// Root hash over the entries.
    #[must_use]
    pub fn root(&self) -> Sha256Digest {
        Sha256Digest::from_bytes((*self.tree.root().as_bytes()).into())
    }

    /// The entry that an attempt would be, in the next place.
    #[must_use]
    pub fn next(&self, attempt: Attempt) -> RegisterEntry {
        RegisterEntry {
            index: self.size(),
            at: attempt.at,
            subject: attempt.subject,
            subject_index: attempt
                .subject
                .map(|subject| self.subjects.get(&subject).copied().unwrap_or(0)),
            transaction: attempt.transaction,
            kind: attempt.kind,
            passed: attempt.passed,
            document: attempt.document,
        }
    }

    /// Appends an entry's text.
    ///
    /// # Errors
    /// As [`Log::build`]; the log is then as before.
    pub fn push(&mut self, text: String) -> Result<(), Tampered> {
        let place = self.size();
        let entry: RegisterEntry = serde_json::from_str(&text).map_err(|_| Tampered::Malformed(place))?;
        if entry.index != place {
            return Err(Tampered::Place(place));
        }
        if let Some(subject) = entry.subject {
            let next = self.subjects.entry(subject).or_insert(0);
            if entry.subject_index != Some(*next) {
                return Err(Tampered::SubjectPlace(place));
            }
            *next += 1;
        } else if entry.subject_index.is_some() {
            return Err(Tampered::SubjectPlace(place));
        }
        self.tree.push(text);
        Ok(())
    }

    /// Checks that the last checkpoint is of exactly these entries.
    ///
    /// # Errors
    /// [`Tampered::Size`] or [`Tampered::Root`].
    pub fn check(&self, checkpoint: &Checkpoint) -> Result<(), Tampered> {
        if checkpoint.size != self.size() {
            Err(Tampered::Size {
                entries: self.size(),
                signed: checkpoint.size,
            })
        } else if checkpoint.root != self.root() {
            Err(Tampered::Root)
        } else {
            Ok(())
        }
    }

    /// An entry's text and the hashes that prove it, from the leaf upward; `None` where there is no such entry.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Option<(String, Vec<Sha256Digest>)> {
        let place = usize::try_from(index).ok()?;
        let text = self.tree.get(place)?.clone();
        Some((text, hashes(self.tree.prove_inclusion(place).as_bytes())))
    }

    /// The hashes that prove that the first `from` entries are this log's beginning; none for 0 or all of them. `None`
    /// where the log has fewer entries.
    #[must_use]
    pub fn consistency(&self, from: u64) -> Option<Vec<Sha256Digest>> {
        let added = self.size().checked_sub(from)?;
        if from == 0 || added == 0 {
            return Some(Vec::new());
        }
        let proof = self.tree.prove_consistency(usize::try_from(added).ok()?);
        Some(hashes(proof.as_bytes()))
    }
}

/// Whether `path` proves that `entry` stands at `index` in the log of `checkpoint`.
#[must_use]
pub fn includes(checkpoint: &Checkpoint, entry: &str, index: u64, path: &[Sha256Digest]) -> bool {
    let Ok(proof) = InclusionProof::<Sha256>::try_from_bytes(concatenate(path)) else {
        return false;
    };
    root(checkpoint)
        .verify_inclusion(&entry.as_bytes(), index, &proof)
        .is_ok()
}

/// Whether `path` proves that the log of `earlier` is the beginning of that of `later`.
#[must_use]
pub fn continues(earlier: &Checkpoint, later: &Checkpoint, path: &[Sha256Digest]) -> bool {
    if earlier.size == 0 || earlier.size == later.size {
        return path.is_empty() && (earlier.size == 0 || earlier.root == later.root);
    }
    let Ok(proof) = ConsistencyProof::<Sha256>::try_from_bytes(concatenate(path)) else {
        return false;
    };
    root(later).verify_consistency(&root(earlier), &proof).is_ok()
}

fn root(checkpoint: &Checkpoint) -> RootHash<Sha256> {
    RootHash::new((*checkpoint.root.as_bytes()).into(), checkpoint.size)
}

fn hashes(bytes: &[u8]) -> Vec<Sha256Digest> {
    bytes
        .as_chunks::<32>()
        .0
        .iter()
        .copied()
        .map(Sha256Digest::from_bytes)
        .collect()
}

fn concatenate(path: &[Sha256Digest]) -> Vec<u8> {
    path.iter().flat_map(|hash| *hash.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tanu_protocol::evidence::DocumentKind;

    use super::*;

    const AT: Timestamp = Timestamp::constant(1_790_000_000, 0);

    fn attempt(subject: Option<u8>, passed: bool) -> Attempt {
        Attempt {
            at: AT,
            subject: subject.map(|seed| Sha256Digest::from_bytes([seed; 32])),
            transaction: TransactionHash::from_bytes([9; 32]),
            kind: AttemptKind::Liveness,
            passed,
            document: DocumentRef {
                kind: DocumentKind::Liveness,
                run: Some(0),
                sha256: Sha256Digest::of(&[subject.unwrap_or(0)]),
                at: AT,
            },
        }
    }

    fn texts(attempts: &[(Option<u8>, bool)]) -> Vec<String> {
        let mut log = Log::default();
        for (subject, passed) in attempts {
            let entry = log.next(attempt(*subject, *passed));
            log.push(serde_json::to_string(&entry).unwrap()).unwrap();
        }
        (0..log.size()).map(|index| log.inclusion(index).unwrap().0).collect()
    }

    fn checkpoint(log: &Log) -> Checkpoint {
        Checkpoint {
            origin: "test".into(),
            size: log.size(),
            root: log.root(),
            at: AT,
        }
    }

    fn attempts() -> impl Strategy<Value = Vec<(Option<u8>, bool)>> {
        prop::collection::vec((prop::option::of(0u8..4), any::<bool>()), 1..24)
    }

    proptest! {
        #[test]
        fn nbs_8_every_entry_is_provable_and_every_prefix_consistent(attempts in attempts()) {
            let texts = texts(&attempts);
            let log = Log::build(texts.clone()).unwrap();
            let later = checkpoint(&log);
            for (index, text) in (0u64..).zip(&texts) {
                let (entry, path) = log.inclusion(index).unwrap();
                prop_assert_eq!(&entry, text);
                prop_assert!(includes(&later, text, index, &path));
                let altered = format!("{text} ");
                prop_assert!(!includes(&later, &altered, index, &path));
                let earlier = checkpoint(&Log::build(texts[..=index as usize].to_vec()).unwrap());
                let path = log.consistency(index + 1).unwrap();
                prop_assert!(continues(&earlier, &later, &path));
            }
            prop_assert_eq!(log.consistency(log.size() + 1), None);
            prop_assert!(log.inclusion(log.size()).is_none());
        }

        #[test]
        fn nbs_8_any_changed_byte_is_noticed(attempts in attempts(), entry in any::<prop::sample::Index>(), byte in any::<prop::sample::Index>()) {
            let texts = texts(&attempts);
            let signed = checkpoint(&Log::build(texts.clone()).unwrap());
            let mut altered = texts.clone();
            let chosen = entry.index(altered.len());
            let mut bytes = altered[chosen].clone().into_bytes();
            let place = byte.index(bytes.len());
            bytes[place] ^= 1;
            altered[chosen] = String::from_utf8(bytes).unwrap();
            prop_assert!(Log::build(altered).and_then(|log| log.check(&signed)).is_err());
        }

        #[test]
        fn nbs_8_a_missing_or_moved_entry_is_noticed(attempts in attempts(), entry in any::<prop::sample::Index>()) {
            let texts = texts(&attempts);
            let signed = checkpoint(&Log::build(texts.clone()).unwrap());
            let chosen = entry.index(texts.len());
            let mut missing = texts.clone();
            missing.remove(chosen);
            prop_assert!(Log::build(missing).and_then(|log| log.check(&signed)).is_err());
            if texts.len() > 1 {
                let mut moved = texts.clone();
                moved.swap(chosen, (chosen + 1) % texts.len());
                prop_assert!(Log::build(moved).is_err());
            }
        }

        #[test]
        fn a_log_that_was_rewritten_is_not_consistent(attempts in attempts(), from in any::<prop::sample::Index>()) {
            let log = Log::build(texts(&attempts)).unwrap();
            let from = from.index(attempts.len());
            let mut other = attempts.clone();
            other[from].1 = !other[from].1;
            let earlier = checkpoint(&Log::build(texts(&other[..=from])).unwrap());
            let path = log.consistency(from as u64 + 1).unwrap();
            prop_assert!(!continues(&earlier, &checkpoint(&log), &path));
        }
    }

    #[test]
    fn a_subject_s_places_count_without_gaps() {
        let texts = texts(&[(Some(1), true), (None, false), (Some(2), true), (Some(1), false)]);
        let places: Vec<_> = texts
            .iter()
            .map(|text| serde_json::from_str::<RegisterEntry>(text).unwrap().subject_index)
            .collect();
        assert_eq!(places, [Some(0), None, Some(0), Some(1)]);
    }
}
