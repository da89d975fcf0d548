//! What the matcher keeps: the port. Images, embeddings, IINs and documents reach it sealed.
//!
//! Every method is one transaction: it happens as a whole or not at all.

mod sqlite;

#[cfg(test)]
mod contract;

use jiff::Timestamp;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::DocumentRef;
use tanu_protocol::matcher::{ComparisonVerdict, RunVerdict, StepVerdict};
use tanu_protocol::session::Ending;

pub use self::sqlite::{OpenError, SqliteStore};
use crate::journal::Event;
use crate::sealing::{Sealed, SubjectLocator};

/// Why the store did not do what was asked. It never repeats what was to be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database refuses, is full, locked or gone.
    #[error("the database does not answer: {0}")]
    Database(#[from] rusqlite::Error),
    /// A row is not of the shape in which it was written.
    #[error("a row of the database can't be read")]
    Malformed,
    /// The same place is filled.
    #[error("the place in the database is filled")]
    Taken,
    /// The session has ended, or its run is concluded: what is stored now would outlive it.
    #[error("the session or its run is closed")]
    Closed,
    /// The session has gone on since it was read: what is to be stored rests on less than there is. Read again.
    #[error("the session has gone on since it was read")]
    Changed,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    /// Which.
    pub id: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// Hash of the request that opened it.
    pub request: Sha256Digest,
    /// The session's key, sealed.
    pub key: Sealed,
    /// Who and for whom, sealed.
    pub record: Sealed,
    /// Until when it is kept, to the second: then all of it is destroyed (NBS-11).
    pub kept_until: Timestamp,
    /// How it ended.
    pub ended: Option<Ending>,
}

/// A judged step. Its frames are purged when it is concluded; what says that it was judged stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredStep {
    /// The session.
    pub session: SessionId,
    /// Which step.
    pub index: StepIndex,
    /// The step's nonce: good for one step of one session.
    pub nonce: Nonce,
    /// Hash of the request that it answers.
    pub request: Sha256Digest,
    /// Number of frames.
    pub frames: u32,
    /// Frames and measurements, sealed; absent once purged.
    pub content: Option<Sealed>,
    /// The verdict.
    pub verdict: StepVerdict,
}

/// A concluded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredRun {
    /// The run.
    pub run: u8,
    /// Hash of the request that concluded it.
    pub request: Sha256Digest,
    /// The verdict.
    pub verdict: RunVerdict,
    /// The face to be compared, sealed; absent where the run failed, and once it is purged.
    pub probe: Option<Sealed>,
    /// The face that the session's next run is compared with, sealed; absent where none may follow, where no run showed one
    /// clearly, and once it is purged.
    pub anchor: Option<Sealed>,
}

/// A document, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    /// What it is.
    pub reference: DocumentRef,
    /// Its JWS, sealed.
    pub jws: Sealed,
}

/// How far a session had come when it was read. It only ever goes on, so whoever reads this first, and the rest after it, has read no
/// less than this says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Number of judged steps, of all runs.
    pub steps: u32,
    /// Number of concluded runs.
    pub runs: u32,
    /// Whether it has been compared.
    pub compared: bool,
}

/// What one attempt leaves, stored as a whole before its outcome is released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The session.
    pub session: SessionId,
    /// What of the session it rests on: what has come since is neither in the document nor purged unseen.
    pub seen: Seen,
    /// The document, where the attempt leaves a new one.
    pub document: Option<StoredDocument>,
    /// What is concluded.
    pub concluded: Concluded,
    /// What was done with biometric data.
    pub journal: Vec<Event>,
}

/// What an attempt concludes, and with it which frames are purged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concluded {
    /// A run: its frames are purged, and the anchor of the run before.
    Run(StoredRun),
    /// The comparison: the probe is purged.
    Comparison(ComparisonVerdict),
    /// The session: all its frames and faces are purged.
    Session(Ending),
}

/// An entry of the register with the checkpoint that covers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// Place in the log.
    pub index: u64,
    /// The entry's JSON text.
    pub text: String,
    /// Pseudonym of the subject and place among its entries.
    pub subject: Option<(Sha256Digest, u64)>,
    /// The document.
    pub document: Sha256Digest,
    /// The checkpoint over the log up to and with this entry, as JWS.
    pub checkpoint: String,
}

/// Sessions, steps, runs, documents, the register and the journal.
pub trait Store: Send + Sync {
    /// Remembers a request's id until `until`; `false` where it is remembered already. Forgets ids whose time has passed.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remember_request(&self, id: &Nonce, until: Timestamp, now: Timestamp) -> Result<bool, StoreError>;

    /// Opens a session, with the consent where there is one.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where it is open already.
    fn open_session(&self, session: &StoredSession, consent: Option<&StoredDocument>) -> Result<(), StoreError>;

    /// A session.
    ///
    /// # Errors
    /// [`StoreError`].
    fn session(&self, id: &SessionId) -> Result<Option<StoredSession>, StoreError>;

    /// Stores a judged step.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where the step has been judged, or its nonce was used before; [`StoreError::Closed`] where the
    /// session has ended or the run is concluded.
    fn put_step(&self, step: &StoredStep, journal: &[Event]) -> Result<(), StoreError>;

    /// The judged steps of a session, by run and step.
    ///
    /// # Errors
    /// [`StoreError`].
    fn steps(&self, session: &SessionId) -> Result<Vec<StoredStep>, StoreError>;

    /// Sessions that were opened before `before`, have neither ended nor been compared, and still hold frames or a face.
    ///
    /// # Errors
    /// [`StoreError`].
    fn abandoned(&self, before: Timestamp) -> Result<Vec<SessionId>, StoreError>;

    /// Sessions that are kept until `now` or before. One that still holds frames or a face is among them when it has ended or been
    /// compared, and not before: its attempt would leave no document.
    ///
    /// # Errors
    /// [`StoreError`].
    fn overdue(&self, now: Timestamp) -> Result<Vec<SessionId>, StoreError>;

    /// Destroys all of a session, its key included, and writes the journal. The register keeps its entries, which name nobody. Where
    /// there is no such session, nothing is done.
    ///
    /// # Errors
    /// [`StoreError`].
    fn destroy_session(&self, session: &SessionId, journal: &[Event]) -> Result<(), StoreError>;

    /// The concluded runs of a session, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn runs(&self, session: &SessionId) -> Result<Vec<StoredRun>, StoreError>;

    /// The session's comparison.
    ///
    /// # Errors
    /// [`StoreError`].
    fn comparison(&self, session: &SessionId) -> Result<Option<ComparisonVerdict>, StoreError>;

    /// The session's documents, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`].
    fn documents(&self, session: &SessionId) -> Result<Vec<StoredDocument>, StoreError>;

    /// How far a session has come.
    ///
    /// # Errors
    /// [`StoreError`].
    fn seen(&self, session: &SessionId) -> Result<Seen, StoreError>;

    /// Whether [`Store::record`] would take an outcome now, its entry aside. Nothing is stored.
    ///
    /// # Errors
    /// As of [`Store::record`].
    fn admits(&self, outcome: &Outcome) -> Result<(), StoreError>;

    /// Stores what an attempt leaves, document, verdict, register entry, checkpoint and journal together, and purges what is
    /// no longer needed.
    ///
    /// # Errors
    /// [`StoreError::Taken`] where the run, comparison, ending or place in the register is filled; [`StoreError::Closed`] where a
    /// run or comparison comes after the session's end; [`StoreError::Changed`] where the session is not as it was seen.
    fn record(&self, outcome: &Outcome, entry: &NewEntry) -> Result<(), StoreError>;

    /// The texts of the register's entries, in order.
    ///
    /// # Errors
    /// [`StoreError::Malformed`] where the stored places are not those of the rows.
    fn entries(&self) -> Result<Vec<String>, StoreError>;

    /// The last checkpoint as JWS.
    ///
    /// # Errors
    /// [`StoreError`].
    fn checkpoint(&self) -> Result<Option<String>, StoreError>;

    /// The place of the first entry of a document.
    ///
    /// # Errors
    /// [`StoreError`].
    fn entry_of(&self, document: &Sha256Digest) -> Result<Option<u64>, StoreError>;

    /// Writes events into the journal that no outcome takes along.
    ///
    /// # Errors
    /// [`StoreError`].
    fn note(&self, events: &[Event]) -> Result<(), StoreError>;

    /// The journal's events of a session, in order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn journal(&self, session: &SessionId) -> Result<Vec<Event>, StoreError>;
}

/// A template with its subject's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTemplate {
    /// The subject's key, sealed under the master key.
    pub key: Sealed,
    /// The template, sealed under the subject's key.
    pub template: Sealed,
}

/// Templates, one for each subject (NBS-5).
///
/// There is no listing, no count and no search, on purpose: comparison is one to one. A reader of the database's file finds
/// rows of random-looking places, each sealed under a key of its own, so nothing can be compared across them.
pub trait TemplateStore: Send + Sync {
    /// The subject's template.
    ///
    /// # Errors
    /// [`StoreError`].
    fn get(&self, subject: &SubjectLocator) -> Result<Option<StoredTemplate>, StoreError>;

    /// Stores the subject's template and key, agreed to at `agreed_at`. Those that are there are destroyed, which the journal then
    /// has beside `event`. `false`, with nothing changed, where the consent was withdrawn since.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(
        &self,
        subject: &SubjectLocator,
        template: &StoredTemplate,
        agreed_at: Timestamp,
        event: &Event,
    ) -> Result<bool, StoreError>;

    /// Destroys the subject's key and template (NBS-11), and keeps a session that was agreed to before from forming another;
    /// `false` where there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn destroy(&self, subject: &SubjectLocator, event: &Event) -> Result<bool, StoreError>;
}
