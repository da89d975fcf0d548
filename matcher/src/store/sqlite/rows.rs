//! Between rows and the port's types.

use jiff::Timestamp;
use rusqlite::{ErrorCode, Row};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};

use crate::journal::Event;
use crate::sealing::Sealed;
use crate::store::{StoreError, StoredSession, StoredStep};

/// A constraint that does not hold means that the place is filled.
pub(super) fn taken(error: rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => StoreError::Taken,
        _ => StoreError::Database(error),
    }
}

pub(super) fn json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Malformed)
}

pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Malformed)
}

pub(super) fn place(index: u64) -> Result<i64, StoreError> {
    i64::try_from(index).map_err(|_| StoreError::Malformed)
}

pub(super) fn bytes<const N: usize>(row: &Row<'_>, column: usize) -> Result<[u8; N], StoreError> {
    row.get::<_, Vec<u8>>(column)?
        .try_into()
        .map_err(|_| StoreError::Malformed)
}

pub(super) fn session_row(row: &Row<'_>) -> Result<StoredSession, StoreError> {
    Ok(StoredSession {
        id: SessionId::from_bytes(bytes(row, 0)?),
        transaction: TransactionHash::from_bytes(bytes(row, 1)?),
        opened_at: row.get::<_, String>(2)?.parse().map_err(|_| StoreError::Malformed)?,
        request: Sha256Digest::from_bytes(bytes(row, 3)?),
        key: Sealed::from_bytes(row.get(4)?),
        record: Sealed::from_bytes(row.get(5)?),
        kept_until: Timestamp::from_second(row.get(6)?).map_err(|_| StoreError::Malformed)?,
        ended: row
            .get::<_, Option<String>>(7)?
            .map(|text| from_json(&text))
            .transpose()?,
    })
}

pub(super) fn step_row(row: &Row<'_>) -> Result<StoredStep, StoreError> {
    Ok(StoredStep {
        session: SessionId::from_bytes(bytes(row, 0)?),
        index: StepIndex {
            run: row.get(1)?,
            step: row.get(2)?,
        },
        nonce: Nonce::from_bytes(bytes(row, 3)?),
        request: Sha256Digest::from_bytes(bytes(row, 4)?),
        frames: row.get(5)?,
        content: row.get::<_, Option<Vec<u8>>>(6)?.map(Sealed::from_bytes),
        verdict: from_json(&row.get::<_, String>(7)?)?,
    })
}

pub(super) fn event_row(row: &Row<'_>) -> Result<Event, StoreError> {
    let optional = |column: usize| row.get::<_, Option<Vec<u8>>>(column);
    Ok(Event {
        at: row.get::<_, String>(0)?.parse().map_err(|_| StoreError::Malformed)?,
        session: optional(1)?
            .map(|id| id.try_into().map(SessionId::from_bytes))
            .transpose()
            .map_err(|_| StoreError::Malformed)?,
        subject: optional(2)?
            .map(|subject| subject.try_into().map(Sha256Digest::from_bytes))
            .transpose()
            .map_err(|_| StoreError::Malformed)?,
        process: from_json(&row.get::<_, String>(3)?)?,
        item: from_json(&row.get::<_, String>(4)?)?,
        count: row.get(5)?,
    })
}
