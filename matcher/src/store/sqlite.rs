//! The store over one SQLite file in WAL mode.
//!
//! One connection behind a lock: SQLite has one writer anyway, and no statement here takes long. What is deleted is overwritten
//! (`secure_delete`), and the write-ahead log, which has earlier pages, is emptied after each deletion, so that destroyed keys,
//! frames and faces linger in no file.

mod migrations;
mod outcome;
mod rows;
mod templates;

use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, ToSql, Transaction, TransactionBehavior, params};
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest};
use tanu_protocol::matcher::ComparisonVerdict;

use self::outcome::{admit, check_open, conclude, put_document, put_entry, put_events, seen};
use self::rows::{bytes, event_row, from_json, json, session_row, step_row, taken};
use super::{NewEntry, Outcome, Seen, Store, StoreError, StoredDocument, StoredRun, StoredSession, StoredStep};
use crate::host::Host;
use crate::journal::Event;
use crate::sealing::{MasterKey, SealError, Sealed};

/// The store over one SQLite file.
pub struct SqliteStore {
    connection: Mutex<Connection>,
}

/// Why a database can't be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It can't be opened or prepared.
    #[error("the database can't be opened: {0}")]
    Database(#[from] rusqlite::Error),
    /// Its file or directory can't be made.
    #[error("the database's file can't be made: {0}")]
    File(#[from] std::io::Error),
    /// A later version of this program made it.
    #[error("the database has version {found}, this program knows {known}: use the program that made it")]
    Newer {
        /// The database's.
        found: u32,
        /// This program's.
        known: u32,
    },
    /// Another master key sealed what is in it.
    #[error("the master key is not the one that this database was sealed with")]
    MasterKey,
    /// The check text could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
}

impl SqliteStore {
    /// Opens or makes the database, brings it to this program's version, and checks that `master` is its master key.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(path: &Path, master: &MasterKey, host: &dyn Host) -> Result<Self, OpenError> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        // Nobody else's to read; SQLite gives the files beside it the same permissions.
        std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(path)?;
        Self::prepare(Connection::open(path)?, master, host)
    }

    /// A database in memory, for tests.
    ///
    /// # Errors
    /// [`OpenError`].
    #[cfg(test)]
    pub(crate) fn in_memory(master: &MasterKey, host: &dyn Host) -> Result<Self, OpenError> {
        Self::prepare(Connection::open_in_memory()?, master, host)
    }

    /// Runs statements on the store's own connection, for tests of what it does in trouble.
    #[cfg(test)]
    pub(crate) fn execute(&self, statements: &str) {
        self.connection().execute_batch(statements).unwrap();
    }

    fn prepare(mut connection: Connection, master: &MasterKey, host: &dyn Host) -> Result<Self, OpenError> {
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // An outcome must survive a power cut before it is released.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "secure_delete", true)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        migrations::run(&mut connection)?;
        check_master(&connection, master, host)?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic elsewhere leaves no half transaction: SQLite rolls it back when it is dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// A [`SqliteStore::write`] that destroys: afterwards the write-ahead log is emptied. It has been written by then, so what can't
    /// be emptied now, because another program reads, is no failure: it is at the next time.
    fn destroy_by<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let done = self.write(work)?;
        let busy = self
            .connection()
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, bool>(0));
        if !matches!(busy, Ok(false)) {
            tracing::warn!("the database's log is not emptied yet: what was destroyed is still in it");
        }
        Ok(done)
    }
}

/// Selects the sessions that hold frames or a face.
const HOLDING: &str = "SELECT session FROM step WHERE content IS NOT NULL
     UNION SELECT session FROM run WHERE probe IS NOT NULL OR anchor IS NOT NULL";

fn sessions(connection: &Connection, query: &str, time: impl ToSql) -> Result<Vec<SessionId>, StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([time])?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next()? {
        sessions.push(SessionId::from_bytes(bytes(row, 0)?));
    }
    Ok(sessions)
}

fn check_master(connection: &Connection, master: &MasterKey, host: &dyn Host) -> Result<(), OpenError> {
    let stored: Option<Sealed> = connection
        .query_row("SELECT text FROM master_check", [], |row| {
            row.get(0).map(Sealed::from_bytes)
        })
        .optional()?;
    match stored {
        Some(text) if master.made(&text) => Ok(()),
        Some(_) => Err(OpenError::MasterKey),
        None => {
            let text = master.check_text(host)?;
            connection.execute("INSERT INTO master_check (text) VALUES (?1)", [text.as_bytes()])?;
            Ok(())
        }
    }
}

impl Store for SqliteStore {
    fn remember_request(&self, id: &Nonce, until: Timestamp, now: Timestamp) -> Result<bool, StoreError> {
        self.write(|transaction| {
            transaction.execute("DELETE FROM request WHERE until < ?1", [now.as_second()])?;
            let added = transaction.execute(
                "INSERT INTO request (id, until) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                params![id.as_bytes(), until.as_second()],
            )?;
            Ok(added == 1)
        })
    }

    fn open_session(&self, session: &StoredSession, consent: Option<&StoredDocument>) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .execute(
                    "INSERT INTO session (id, transaction_hash, opened_at, request, key, record, kept_until, ended)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, NULL)",
                    params![
                        session.id.as_bytes(),
                        session.transaction.as_bytes(),
                        session.opened_at.to_string(),
                        session.request.as_bytes(),
                        session.key.as_bytes(),
                        session.record.as_bytes(),
                        session.kept_until.as_second()
                    ],
                )
                .map_err(taken)?;
            consent.map_or(Ok(()), |document| put_document(transaction, &session.id, document))
        })
    }

    fn session(&self, id: &SessionId) -> Result<Option<StoredSession>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT id, transaction_hash, opened_at, request, key, record, kept_until, ended FROM session WHERE id = ?1",
        )?;
        let mut rows = statement.query([id.as_bytes()])?;
        rows.next()?.map(session_row).transpose()
    }

    fn put_step(&self, step: &StoredStep, journal: &[Event]) -> Result<(), StoreError> {
        self.write(|transaction| {
            check_open(transaction, &step.session)?;
            let concluded: bool = transaction
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM run WHERE session = ?1 AND run = ?2)")?
                .query_row(params![step.session.as_bytes(), step.index.run], |row| row.get(0))?;
            if concluded {
                return Err(StoreError::Closed);
            }
            transaction
                .execute(
                    "INSERT INTO step (session, run, step, nonce, request, frames, content, verdict)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![
                        step.session.as_bytes(),
                        step.index.run,
                        step.index.step,
                        step.nonce.as_bytes(),
                        step.request.as_bytes(),
                        step.frames,
                        step.content.as_ref().map(Sealed::as_bytes),
                        json(&step.verdict)?
                    ],
                )
                .map_err(taken)?;
            put_events(transaction, journal)
        })
    }

    fn steps(&self, session: &SessionId) -> Result<Vec<StoredStep>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT session, run, step, nonce, request, frames, content, verdict FROM step
             WHERE session = ?1 ORDER BY run, step",
        )?;
        let mut rows = statement.query([session.as_bytes()])?;
        let mut steps = Vec::new();
        while let Some(row) = rows.next()? {
            steps.push(step_row(row)?);
        }
        Ok(steps)
    }

    fn abandoned(&self, before: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        sessions(
            &self.connection(),
            &format!("SELECT id FROM session WHERE ended IS NULL AND opened_at < ?1 AND id IN ({HOLDING})"),
            before.to_string(),
        )
    }

    fn overdue(&self, now: Timestamp) -> Result<Vec<SessionId>, StoreError> {
        sessions(
            &self.connection(),
            &format!("SELECT id FROM session WHERE kept_until <= ?1 AND (ended IS NOT NULL OR id NOT IN ({HOLDING}))"),
            now.as_second(),
        )
    }

    fn destroy_session(&self, session: &SessionId, journal: &[Event]) -> Result<(), StoreError> {
        self.destroy_by(|transaction| {
            for table in ["document", "comparison", "run", "step"] {
                transaction.execute(&format!("DELETE FROM {table} WHERE session = ?1"), [session.as_bytes()])?;
            }
            match transaction.execute("DELETE FROM session WHERE id = ?1", [session.as_bytes()])? {
                0 => Ok(()),
                _ => put_events(transaction, journal),
            }
        })
    }

    fn runs(&self, session: &SessionId) -> Result<Vec<StoredRun>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT run, request, verdict, probe, anchor FROM run WHERE session = ?1 ORDER BY run")?;
        let mut rows = statement.query([session.as_bytes()])?;
        let mut runs = Vec::new();
        while let Some(row) = rows.next()? {
            runs.push(StoredRun {
                run: row.get(0)?,
                request: Sha256Digest::from_bytes(bytes(row, 1)?),
                verdict: from_json(&row.get::<_, String>(2)?)?,
                probe: row.get::<_, Option<Vec<u8>>>(3)?.map(Sealed::from_bytes),
                anchor: row.get::<_, Option<Vec<u8>>>(4)?.map(Sealed::from_bytes),
            });
        }
        Ok(runs)
    }

    fn comparison(&self, session: &SessionId) -> Result<Option<ComparisonVerdict>, StoreError> {
        let text: Option<String> = self
            .connection()
            .prepare_cached("SELECT verdict FROM comparison WHERE session = ?1")?
            .query_row([session.as_bytes()], |row| row.get(0))
            .optional()?;
        text.map(|text| from_json(&text)).transpose()
    }

    fn documents(&self, session: &SessionId) -> Result<Vec<StoredDocument>, StoreError> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT reference, jws FROM document WHERE session = ?1 ORDER BY rowid")?;
        let mut rows = statement.query([session.as_bytes()])?;
        let mut documents = Vec::new();
        while let Some(row) = rows.next()? {
            documents.push(StoredDocument {
                reference: from_json(&row.get::<_, String>(0)?)?,
                jws: Sealed::from_bytes(row.get(1)?),
            });
        }
        Ok(documents)
    }

    fn seen(&self, session: &SessionId) -> Result<Seen, StoreError> {
        seen(&self.connection(), session)
    }

    fn admits(&self, outcome: &Outcome) -> Result<(), StoreError> {
        admit(&self.connection(), outcome)
    }

    fn record(&self, outcome: &Outcome, entry: &NewEntry) -> Result<(), StoreError> {
        self.destroy_by(|transaction| {
            admit(transaction, outcome)?;
            if let Some(document) = &outcome.document {
                put_document(transaction, &outcome.session, document)?;
            }
            conclude(transaction, &outcome.session, &outcome.concluded)?;
            put_entry(transaction, entry)?;
            put_events(transaction, &outcome.journal)
        })
    }

    fn entries(&self) -> Result<Vec<String>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached("SELECT place, text FROM entry ORDER BY place")?;
        let mut rows = statement.query([])?;
        let mut texts = Vec::new();
        while let Some(row) = rows.next()? {
            if usize::try_from(row.get::<_, i64>(0)?) != Ok(texts.len()) {
                return Err(StoreError::Malformed);
            }
            texts.push(row.get(1)?);
        }
        Ok(texts)
    }

    fn checkpoint(&self) -> Result<Option<String>, StoreError> {
        Ok(self
            .connection()
            .query_row("SELECT jws FROM checkpoint ORDER BY size DESC LIMIT 1", [], |row| {
                row.get(0)
            })
            .optional()?)
    }

    fn entry_of(&self, document: &Sha256Digest) -> Result<Option<u64>, StoreError> {
        let place: Option<i64> = self
            .connection()
            .prepare_cached("SELECT min(place) FROM entry WHERE document = ?1")?
            .query_row([document.as_bytes()], |row| row.get(0))?;
        place
            .map(|place| u64::try_from(place).map_err(|_| StoreError::Malformed))
            .transpose()
    }

    fn note(&self, events: &[Event]) -> Result<(), StoreError> {
        self.write(|transaction| put_events(transaction, events))
    }

    fn journal(&self, session: &SessionId) -> Result<Vec<Event>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT at, session, subject, process, item, count FROM journal WHERE session = ?1 ORDER BY rowid",
        )?;
        let mut rows = statement.query([session.as_bytes()])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(event_row(row)?);
        }
        Ok(events)
    }
}
