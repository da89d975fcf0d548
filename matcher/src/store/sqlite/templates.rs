//! Templates in SQLite. The key stands in a table of its own: destroying its row destroys the template wherever that is copied
//! without it.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{SqliteStore, put_events};
use crate::journal::{Event, Process};
use crate::sealing::{Sealed, SubjectLocator};
use crate::store::{StoreError, StoredTemplate, TemplateStore};

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

    fn put(&self, subject: &SubjectLocator, template: &StoredTemplate, event: &Event) -> Result<(), StoreError> {
        self.destroy_by(|transaction| {
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
            put_events(transaction, std::slice::from_ref(event))
        })
    }

    fn destroy(&self, subject: &SubjectLocator, event: &Event) -> Result<bool, StoreError> {
        self.destroy_by(|transaction| {
            let destroyed = delete(transaction, subject)?;
            if destroyed {
                put_events(transaction, std::slice::from_ref(event))?;
            }
            Ok(destroyed)
        })
    }
}

/// Whether there was one. The template's row goes with its key's (ON DELETE CASCADE).
fn delete(transaction: &Transaction<'_>, subject: &SubjectLocator) -> Result<bool, StoreError> {
    let deleted = transaction.execute("DELETE FROM subject_key WHERE subject = ?1", [subject.as_bytes()])?;
    Ok(deleted > 0)
}
