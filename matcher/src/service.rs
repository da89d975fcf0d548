//! What the matcher does at each call: load, judge by pure code, store, answer. One file a call.
//!
//! Calls block: they wait for the database, the models and the state database. The HTTP side runs them on threads for that.

mod compare;
mod conclude;
mod documents;
mod end;
mod noting;
mod open;
#[cfg(test)]
mod real_faces;
mod step;
mod sweep;
mod withdraw;

pub use noting::Unwritten;
pub use withdraw::destroy_template;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use jiff::Timestamp;
use p256::ecdsa::VerifyingKey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tanu_liveness::policy::Policy;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::{ConsentRecord, DocumentKind, DocumentRef};
use tanu_protocol::identity::Customer;
use tanu_protocol::iin::Iin;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{ConsistencyProof, InclusionProof};
use tanu_protocol::similarity::Similarity;
use zeroize::Zeroizing;

use crate::eds::Eds;
use crate::failure::{Failure, refused};
use crate::host::Host;
use crate::inference::Pool;
use crate::journal::Journal;
use crate::register::Register;
use crate::sealing::{MasterKey, Purpose, SealKey};
use crate::state_database::StateDatabase;
use crate::store::{Store, StoreError, StoredDocument, StoredSession, TemplateStore};

/// The most runs of the liveness check: the first and three repeats (BNK-8b).
pub const MOST_RUNS: u8 = 4;

/// How often a call reads its session again that goes on meanwhile. Whenever it does, another call has come to its end.
const MOST_READINGS: usize = 4;

/// Everything that the matcher needs.
pub struct Matcher {
    /// Time and randomness.
    pub host: Arc<dyn Host>,
    /// Sessions, documents, register, journal.
    pub store: Arc<dyn Store>,
    /// Templates.
    pub templates: Arc<dyn TemplateStore>,
    /// What the journal could not take yet.
    pub unwritten: Unwritten,
    /// The register of attempts.
    pub register: Register,
    /// The models.
    pub pool: Pool,
    /// SHA-256 of each model that takes part.
    pub models: Vec<Sha256Digest>,
    /// Names the model that embeds and the alignment of faces before it: templates made with others don't count.
    pub embedder: Sha256Digest,
    /// The state database.
    pub state_database: Box<dyn StateDatabase>,
    /// Its name in document 2.
    pub state_database_name: String,
    /// The master key.
    pub master: MasterKey,
    /// The provider's EDS.
    pub provider: Eds,
    /// The edge's key under consent records.
    pub edge_signing: VerifyingKey,
    /// The thresholds of the liveness check.
    pub policy: Policy,
    /// The least similarity that counts as the same person.
    pub threshold: Similarity,
    /// Whether streams that come from no device are judged.
    pub virtual_cameras: bool,
}

/// Who and for whom a session is: kept sealed.
#[derive(Clone, Serialize, serde::Deserialize)]
pub(crate) struct SessionRecord {
    pub(crate) person: Option<Iin>,
    pub(crate) customer: Customer,
    pub(crate) consent: Option<ConsentRecord>,
}

/// A session with its key and record opened.
pub(crate) struct OpenedSession {
    pub(crate) stored: StoredSession,
    pub(crate) key: SealKey,
    pub(crate) record: SessionRecord,
    pub(crate) subject: Option<Sha256Digest>,
}

impl OpenedSession {
    /// The consent, where the citizen agreed (NBS-4).
    pub(crate) fn agreed(&self) -> Option<&ConsentRecord> {
        self.record.consent.as_ref().filter(|consent| consent.agreed)
    }
}

impl Matcher {
    /// The present checkpoint of the register, as JWS.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn checkpoint(&self) -> Result<String, Failure> {
        self.register.checkpoint(&*self.store, self.host.now())
    }

    /// Proof that a document's entry is in the register.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn inclusion(&self, document: &Sha256Digest) -> Result<InclusionProof, Failure> {
        self.register.inclusion(&*self.store, document, self.host.now())
    }

    /// Proof that an earlier register is the beginning of the present one.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn consistency(&self, from: u64) -> Result<ConsistencyProof, Failure> {
        self.register.consistency(&*self.store, from, self.host.now())
    }

    /// Makes a call again that another one overtook: it then finds what that one has left.
    fn undisturbed<T>(&self, call: impl Fn() -> Result<T, Failure>) -> Result<T, Failure> {
        for _ in 1..MOST_READINGS {
            match call() {
                Err(Failure::Store(StoreError::Taken | StoreError::Changed)) => {}
                done => return done,
            }
        }
        call()
    }

    fn session(&self, id: &SessionId) -> Result<OpenedSession, Failure> {
        let Some(stored) = self.store.session(id)? else {
            return refused(ProblemCode::SessionUnknown);
        };
        let key = self.master.unwrap(Purpose::SessionKey, &[id.as_bytes()], &stored.key)?;
        let record = key.open(Purpose::SessionRecord, &[id.as_bytes()], &stored.record)?;
        let record: SessionRecord = serde_json::from_slice(&record).map_err(|_| Failure::Record)?;
        let subject = record.person.as_ref().map(|person| self.master.pseudonym(person));
        Ok(OpenedSession {
            stored,
            key,
            record,
            subject,
        })
    }

    fn journal(&self, session: &OpenedSession, at: Timestamp) -> Journal {
        Journal {
            at,
            session: Some(session.stored.id),
            subject: session.subject,
        }
    }

    /// When the provider's certificate ends, where that is so soon that it has to be replaced now.
    #[must_use]
    pub fn certificate_ends_soon(&self) -> Option<Timestamp> {
        self.provider.ends_soon(self.host.now())
    }

    /// Signs a document's content with the provider's EDS (BNK-10, BNK-14) and seals the JWS.
    fn certify<T: Serialize>(
        &self,
        session: &OpenedSession,
        reference: (DocumentKind, Option<u8>),
        at: Timestamp,
        typ: &str,
        content: &T,
    ) -> Result<StoredDocument, Failure> {
        let jws = self.provider.sign(typ, content, self.host.now())?;
        let (kind, run) = reference;
        self.sealed_document(&session.stored.id, &session.key, (kind, run), at, &jws)
    }

    fn sealed_document(
        &self,
        session: &SessionId,
        key: &SealKey,
        (kind, run): (DocumentKind, Option<u8>),
        at: Timestamp,
        jws: &str,
    ) -> Result<StoredDocument, Failure> {
        let sha256 = Sha256Digest::of(jws.as_bytes());
        let place: [&[u8]; 2] = [session.as_bytes(), sha256.as_bytes()];
        Ok(StoredDocument {
            reference: DocumentRef { kind, run, sha256, at },
            jws: key.seal(&*self.host, Purpose::Document, &place, jws.as_bytes())?,
        })
    }
}

/// Written into memory that has its final size from the beginning: where a buffer grows, what it held before is left unwiped.
pub(crate) fn to_cbor<T: Serialize>(value: &T) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let mut length = Length(0);
    ciborium::into_writer(value, &mut length).map_err(|_| Failure::Record)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length.0));
    ciborium::into_writer(value, &mut *bytes).map_err(|_| Failure::Record)?;
    Ok(bytes)
}

/// Counts the bytes that are written.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(crate) fn from_cbor<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Failure> {
    ciborium::from_reader(bytes).map_err(|_| Failure::Record)
}
