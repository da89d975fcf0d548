//! The ids of requests that were accepted, remembered across restarts until their tokens expire.

use jiff::Timestamp;
use rusqlite::params;
use tanu_protocol::channel::{CLOCK_SKEW_SECONDS, LIFETIME_SECONDS};
use tanu_protocol::digest::Nonce;

use crate::store::{Store, StoreFailure};

/// Ids that were accepted.
#[derive(Clone, Debug)]
pub(super) struct SeenRequests(Store);

impl SeenRequests {
    pub(super) const fn new(store: Store) -> Self {
        Self(store)
    }

    /// Whether this is the first time that the id of a request made at `made_at` comes.
    pub(super) async fn accept_once(
        &self,
        id: Nonce,
        made_at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreFailure> {
        // The token is refused as too old after this; until then its id must be known.
        let expires_at = made_at.as_second() + LIFETIME_SECONDS + CLOCK_SKEW_SECONDS;
        self.0
            .run(move |connection| {
                connection.execute("DELETE FROM seen_request WHERE expires_at < ?1", [now.as_second()])?;
                let rows = connection.execute(
                    "INSERT INTO seen_request (id, expires_at) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING",
                    params![id.to_string(), expires_at],
                )?;
                Ok(rows == 1)
            })
            .await
    }
}
