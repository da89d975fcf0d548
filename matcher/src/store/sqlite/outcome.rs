//! What an outcome comes to in rows, inside the transaction of whoever calls.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use tanu_protocol::digest::SessionId;

use super::rows::{json, place, taken};
use crate::journal::Event;
use crate::sealing::Sealed;
use crate::store::{Concluded, NewEntry, Outcome, Seen, StoreError, StoredDocument};

/// Refuses what would be stored in a session that has ended.
pub(super) fn check_open(connection: &Connection, session: &SessionId) -> Result<(), StoreError> {
    let ended: Option<bool> = connection
        .prepare_cached("SELECT ended IS NOT NULL FROM session WHERE id = ?1")?
        .query_row([session.as_bytes()], |row| row.get(0))
        .optional()?;
    if ended == Some(true) {
        Err(StoreError::Closed)
    } else {
        Ok(())
    }
}

pub(super) fn seen(connection: &Connection, session: &SessionId) -> Result<Seen, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT (SELECT count(*) FROM step WHERE session = ?1), (SELECT count(*) FROM run WHERE session = ?1),
               EXISTS (SELECT 1 FROM comparison WHERE session = ?1)",
        )?
        .query_row([session.as_bytes()], |row| {
            Ok(Seen {
                steps: row.get(0)?,
                runs: row.get(1)?,
                compared: row.get(2)?,
            })
        })?)
}

/// Refuses an outcome of a session that is not as it was when its outcome was judged.
pub(super) fn admit(connection: &Connection, outcome: &Outcome) -> Result<(), StoreError> {
    match (&outcome.concluded, check_open(connection, &outcome.session)) {
        // It has ended already.
        (Concluded::Session(_), Err(StoreError::Closed)) => return Err(StoreError::Taken),
        (_, open) => open?,
    }
    if seen(connection, &outcome.session)? == outcome.seen {
        Ok(())
    } else {
        Err(StoreError::Changed)
    }
}

pub(super) fn put_events(transaction: &Transaction<'_>, events: &[Event]) -> Result<(), StoreError> {
    let mut statement = transaction.prepare_cached(
        "INSERT INTO journal (at, session, subject, process, item, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for event in events {
        statement.execute(params![
            event.at.to_string(),
            event.session.map(|id| id.as_bytes().to_vec()),
            event.subject.map(|subject| subject.as_bytes().to_vec()),
            json(&event.process)?,
            json(&event.item)?,
            event.count,
        ])?;
    }
    Ok(())
}

pub(super) fn put_document(
    transaction: &Transaction<'_>,
    session: &SessionId,
    document: &StoredDocument,
) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO document (sha256, session, reference, jws) VALUES (?1, ?2, ?3, ?4)",
            params![
                document.reference.sha256.as_bytes(),
                session.as_bytes(),
                json(&document.reference)?,
                document.jws.as_bytes()
            ],
        )
        .map_err(taken)?;
    Ok(())
}

pub(super) fn put_entry(transaction: &Transaction<'_>, entry: &NewEntry) -> Result<(), StoreError> {
    let index = place(entry.index)?;
    let (subject, subject_index) = match entry.subject {
        Some((subject, index)) => (Some(subject.as_bytes().to_vec()), Some(place(index)?)),
        None => (None, None),
    };
    transaction
        .execute(
            "INSERT INTO entry (place, text, subject, subject_place, document) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![index, entry.text, subject, subject_index, entry.document.as_bytes()],
        )
        .map_err(taken)?;
    transaction
        .execute(
            "INSERT INTO checkpoint (size, jws) VALUES (?1, ?2)",
            params![index + 1, entry.checkpoint],
        )
        .map_err(taken)?;
    Ok(())
}

pub(super) fn conclude(
    transaction: &Transaction<'_>,
    session: &SessionId,
    concluded: &Concluded,
) -> Result<(), StoreError> {
    let id = session.as_bytes();
    match concluded {
        Concluded::Run(run) => {
            transaction.execute("UPDATE run SET anchor = NULL WHERE session = ?1", params![id])?;
            transaction
                .execute(
                    "INSERT INTO run (session, run, request, verdict, probe, anchor) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        id,
                        run.run,
                        run.request.as_bytes(),
                        json(&run.verdict)?,
                        run.probe.as_ref().map(Sealed::as_bytes),
                        run.anchor.as_ref().map(Sealed::as_bytes)
                    ],
                )
                .map_err(taken)?;
            transaction.execute(
                "UPDATE step SET content = NULL WHERE session = ?1 AND run = ?2",
                params![id, run.run],
            )?;
        }
        Concluded::Comparison(verdict) => {
            transaction
                .execute(
                    "INSERT INTO comparison (session, verdict) VALUES (?1, ?2)",
                    params![id, json(verdict)?],
                )
                .map_err(taken)?;
            purge_faces(transaction, session)?;
        }
        Concluded::Session(ending) => {
            let ended = transaction.execute(
                "UPDATE session SET ended = ?2 WHERE id = ?1 AND ended IS NULL",
                params![id, json(ending)?],
            )?;
            if ended != 1 {
                return Err(StoreError::Taken);
            }
            transaction.execute("UPDATE step SET content = NULL WHERE session = ?1", params![id])?;
            purge_faces(transaction, session)?;
        }
    }
    Ok(())
}

fn purge_faces(transaction: &Transaction<'_>, session: &SessionId) -> Result<(), StoreError> {
    transaction.execute(
        "UPDATE run SET probe = NULL, anchor = NULL WHERE session = ?1",
        [session.as_bytes()],
    )?;
    Ok(())
}
