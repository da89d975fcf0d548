//! Templates in SQLite. The key stands in a table of its own: destroying its row destroys the template wherever that is copied
//! without it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::SqliteStore;
use super::outcome::put_events;
use crate::journal::{Event, Process};
use crate::sealing::{Sealed, SubjectLocator};
use crate::store::{StoreError, StoredTemplate, TemplateStore};

/// How long a withdrawal is remembered: longer than a session that was agreed to before it stays open.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

impl TemplateStore for SqliteStore {
    fn get(&self, subject: &SubjectLocator) -> Result<Option<StoredTemplate>, StoreError> {
        Ok(self
            .connection()
            .prepare_cached(
                "SELECT subject_key.key, template.sealed FROM template
                 JOIN subject_key USING (subject) WHERE subject = ?1",
            )?
            .query_row([subject.as_bytes()], |row| {
                Ok(StoredTemplate {
                    key: Sealed::from_bytes(row.get(0)?),
                    template: Sealed::from_bytes(row.get(1)?),
                })
            })
            .optional()?)
    }

    fn put(
        &self,
        subject: &SubjectLocator,
        template: &StoredTemplate,
        agreed_at: Timestamp,
        event: &Event,
    ) -> Result<bool, StoreError> {
        self.destroy_by(|transaction| {
            if withdrawn_since(transaction, subject, agreed_at)? {
                return Ok(false);
            }
            if delete(transaction, subject)? {
                let destroyed = Event {
                    process: Process::Destruction,
                    ..event.clone()
                };
                put_events(transaction, &[destroyed])?;
            }
            transaction.execute(
                "INSERT INTO subject_key (subject, key) VALUES (?1, ?2)",
                params![subject.as_bytes(), template.key.as_bytes()],
            )?;
            transaction.execute(
                "INSERT INTO template (subject, sealed) VALUES (?1, ?2)",
                params![subject.as_bytes(), template.template.as_bytes()],
            )?;
            put_events(transaction, std::slice::from_ref(event))?;
            Ok(true)
        })
    }

    fn destroy(&self, subject: &SubjectLocator, event: &Event) -> Result<bool, StoreError> {
        self.destroy_by(|transaction| {
            transaction.execute(
                "DELETE FROM withdrawal WHERE at < ?1",
                [(event.at - KEPT).as_microsecond()],
            )?;
            transaction.execute(
                "INSERT OR REPLACE INTO withdrawal (subject, at) VALUES (?1, ?2)",
                params![subject.as_bytes(), event.at.as_microsecond()],
            )?;
            let destroyed = delete(transaction, subject)?;
            if destroyed {
                put_events(transaction, std::slice::from_ref(event))?;
            }
            Ok(destroyed)
        })
    }
}

/// Whether consent was withdrawn after it was given at that time, or in the same moment.
fn withdrawn_since(
    transaction: &Transaction<'_>,
    subject: &SubjectLocator,
    agreed_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(transaction.query_row(
        "SELECT EXISTS (SELECT 1 FROM withdrawal WHERE subject = ?1 AND at >= ?2)",
        params![subject.as_bytes(), agreed_at.as_microsecond()],
        |row| row.get(0),
    )?)
}

/// Whether there was one. The template's row goes with its key's (ON DELETE CASCADE).
fn delete(transaction: &Transaction<'_>, subject: &SubjectLocator) -> Result<bool, StoreError> {
    let deleted = transaction.execute("DELETE FROM subject_key WHERE subject = ?1", [subject.as_bytes()])?;
    Ok(deleted > 0)
}
