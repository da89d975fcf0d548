//! The register of attempts as the matcher keeps it (NBS-8): the log in memory, the entries in the store, and the signed
//! checkpoint over both.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use p256::ecdsa::VerifyingKey;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::jws::UnverifiedJws;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{CHECKPOINT_TYPE, Checkpoint, ConsistencyProof, InclusionProof};

use crate::eds::Eds;
use crate::failure::{Failure, refused};
use crate::log::{Attempt, Log, Tampered};
use crate::store::{NewEntry, Outcome, Store};

/// A checkpoint with the provider's certificates in its header.
const CHECKPOINT_CAP: usize = 64 * 1024;

/// Signs checkpoints and checks those that it signed.
pub struct CheckpointSigner {
    /// Name of the log.
    pub origin: String,
    /// The provider's EDS.
    pub signer: Eds,
    /// The keys whose checkpoints count: today's and those before.
    pub accepted: Vec<VerifyingKey>,
}

impl CheckpointSigner {
    fn sign(&self, log: &Log, at: Timestamp) -> Result<String, Failure> {
        let checkpoint = Checkpoint {
            origin: self.origin.clone(),
            size: log.size(),
            root: log.root(),
            at,
        };
        Ok(self.signer.sign(CHECKPOINT_TYPE, &checkpoint, at)?)
    }

    fn read(&self, jws: &str) -> Result<Checkpoint, Tampered> {
        let unverified = UnverifiedJws::parse(jws, CHECKPOINT_CAP).map_err(|_| Tampered::Checkpoint)?;
        self.accepted
            .iter()
            .find_map(|key| unverified.verify::<Checkpoint>(key, CHECKPOINT_TYPE).ok())
            .filter(|checkpoint| checkpoint.origin == self.origin)
            .ok_or(Tampered::Checkpoint)
    }
}

struct Loaded {
    log: Log,
    checkpoint: String,
}

/// The register.
pub struct Register {
    checkpoints: CheckpointSigner,
    /// Empty after an entry could not be stored: the next call loads the log again.
    loaded: Mutex<Option<Loaded>>,
}

impl Register {
    /// Loads the log and checks it against its last checkpoint: a register that was altered is not served.
    ///
    /// # Errors
    /// [`Failure::Register`] where an entry was altered, removed, added or moved; [`Failure::Store`].
    pub fn open(store: &dyn Store, checkpoints: CheckpointSigner, now: Timestamp) -> Result<Self, Failure> {
        let loaded = load(store, &checkpoints, now)?;
        Ok(Self {
            checkpoints,
            loaded: Mutex::new(Some(loaded)),
        })
    }

    /// Enters an attempt and stores, in the same transaction, its outcome.
    ///
    /// # Errors
    /// [`Failure`]; then neither the entry nor the outcome is stored.
    pub fn enter(&self, store: &dyn Store, attempt: Attempt, outcome: &Outcome) -> Result<(), Failure> {
        let mut guard = self.lock();
        let at = attempt.at;
        // Whoever lost a race is refused before the log is touched: all outcomes come this way.
        store.admits(outcome)?;
        // Taken out, so that whatever fails below leaves no log that runs ahead of the store.
        let mut loaded = match guard.take() {
            Some(loaded) => loaded,
            None => load(store, &self.checkpoints, at)?,
        };
        let entry = loaded.log.next(attempt);
        let text = serde_json::to_string(&entry).map_err(|_| Failure::Record)?;
        loaded.log.push(text.clone())?;
        loaded.checkpoint = self.checkpoints.sign(&loaded.log, at)?;
        store.record(
            outcome,
            &NewEntry {
                index: entry.index,
                text,
                subject: entry.subject.zip(entry.subject_index),
                document: entry.document.sha256,
                checkpoint: loaded.checkpoint.clone(),
            },
        )?;
        *guard = Some(loaded);
        Ok(())
    }

    /// The present checkpoint as JWS.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn checkpoint(&self, store: &dyn Store, now: Timestamp) -> Result<String, Failure> {
        self.with(store, now, |loaded| Ok(loaded.checkpoint.clone()))
    }

    /// Proof that a document's first entry is in the log.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where there is none; [`Failure`].
    pub fn inclusion(
        &self,
        store: &dyn Store,
        document: &Sha256Digest,
        now: Timestamp,
    ) -> Result<InclusionProof, Failure> {
        let Some(index) = store.entry_of(document)? else {
            return refused(ProblemCode::NotFound);
        };
        self.with(store, now, |loaded| {
            let (entry, path) = loaded
                .log
                .inclusion(index)
                .ok_or(Failure::Refused(ProblemCode::NotFound))?;
            Ok(InclusionProof {
                entry,
                index,
                path,
                checkpoint: loaded.checkpoint.clone(),
            })
        })
    }

    /// Proof that the log of `from` entries is the beginning of the present one.
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] where the log has fewer; [`Failure`].
    pub fn consistency(&self, store: &dyn Store, from: u64, now: Timestamp) -> Result<ConsistencyProof, Failure> {
        self.with(store, now, |loaded| {
            let path = loaded
                .log
                .consistency(from)
                .ok_or(Failure::Refused(ProblemCode::NotFound))?;
            Ok(ConsistencyProof {
                from,
                path,
                checkpoint: loaded.checkpoint.clone(),
            })
        })
    }

    fn with<T>(
        &self,
        store: &dyn Store,
        now: Timestamp,
        look: impl FnOnce(&Loaded) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut guard = self.lock();
        if let Some(loaded) = guard.as_ref() {
            return look(loaded);
        }
        look(guard.insert(load(store, &self.checkpoints, now)?))
    }

    fn lock(&self) -> MutexGuard<'_, Option<Loaded>> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn load(store: &dyn Store, checkpoints: &CheckpointSigner, now: Timestamp) -> Result<Loaded, Failure> {
    let log = Log::build(store.entries()?)?;
    let checkpoint = match store.checkpoint()? {
        Some(jws) => {
            log.check(&checkpoints.read(&jws)?)?;
            jws
        }
        None if log.size() > 0 => return Err(Tampered::NoCheckpoint.into()),
        None => checkpoints.sign(&log, now)?,
    };
    Ok(Loaded { log, checkpoint })
}
