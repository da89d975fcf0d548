//! What the bank keeps: sign-ins that have begun, and what came of them with the documents (BNK-17).

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{SessionId, TransactionHash};
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::session::Ending;

use super::decision::Decision;
use super::evidence::Fault;
use super::identity::VerifiedToken;
use super::visitor::BrowserId;
use crate::citizen::registry::CitizenId;
use crate::host::random::{self, NoRandomness};
use crate::store::{Store, StoreFailure};

/// How long a sign-in may take, in seconds: longer than Tanu's longest session.
const SIGN_IN_SECONDS: i64 = 2 * 3600;

/// Sign-ins and outcomes.
#[derive(Clone, Debug)]
pub(super) struct Outcomes(Store);

/// What an answer is checked against.
#[derive(Clone)]
pub(super) struct Pending {
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) verifier: String,
    pub(super) citizen: Option<CitizenId>,
}

/// Names an outcome in addresses: 16 random bytes as base64url. Shown to the browser that signed in, and to no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OutcomeId(String);

/// A browser whose cookie is replaced.
pub(super) struct Renewed {
    /// Its cookie until now.
    pub(super) before: BrowserId,
    /// Its cookie from now on.
    pub(super) after: BrowserId,
}

/// What came of a sign-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    /// When the bank learned of it.
    pub(super) at: Timestamp,
    /// The session, where Tanu named it.
    pub(super) session: Option<SessionId>,
    /// Its transaction.
    pub(super) transaction: Option<TransactionHash>,
    /// How Tanu says it ended; `None` where the result could not be fetched.
    pub(super) ending: Option<Ending>,
    /// What the ID token says, where there is one.
    pub(super) token: Option<VerifiedToken>,
    /// The bank's decision (BNK-16).
    pub(super) decision: Decision,
}

/// A document as the bank keeps it: as it came, with what the check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KeptDocument {
    /// As it came.
    pub(super) document: SignedDocument,
    /// Why it does not count, if it does not.
    pub(super) fault: Option<Fault>,
}

impl Outcomes {
    pub(super) const fn new(store: Store) -> Self {
        Self(store)
    }

    /// Remembers a sign-in of `browser`, and forgets those that are too old.
    pub(super) async fn begin(
        &self,
        browser: &BrowserId,
        pending: Pending,
        now: Timestamp,
    ) -> Result<(), StoreFailure> {
        let browser = browser.as_str().to_owned();
        self.0
            .run(move |connection| {
                connection.execute(
                    "DELETE FROM sign_in WHERE begun_at < ?1",
                    [now.as_second() - SIGN_IN_SECONDS],
                )?;
                connection.execute(
                    "INSERT INTO sign_in (state, browser, nonce, verifier, citizen, begun_at)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![
                        pending.state,
                        browser,
                        pending.nonce,
                        pending.verifier,
                        pending.citizen.map(|id| id.to_string()),
                        now.as_second()
                    ],
                )?;
                Ok(())
            })
            .await
    }

    /// Takes the sign-in of this state and browser, once.
    pub(super) async fn take(
        &self,
        browser: &BrowserId,
        state: &str,
        now: Timestamp,
    ) -> Result<Option<Pending>, StoreFailure> {
        let (browser, state) = (browser.as_str().to_owned(), state.to_owned());
        self.0
            .run(move |connection| {
                let found: Option<(String, String, Option<String>)> = connection
                    .query_row(
                        "DELETE FROM sign_in WHERE state = ?1 AND browser = ?2 AND begun_at >= ?3
                         RETURNING nonce, verifier, citizen",
                        params![&state, browser, now.as_second() - SIGN_IN_SECONDS],
                        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                    )
                    .optional()?;
                found
                    .map(|(nonce, verifier, citizen)| {
                        let citizen = citizen.map(|id| id.parse()).transpose();
                        Ok(Pending {
                            state,
                            nonce,
                            verifier,
                            citizen: citizen.map_err(|_| StoreFailure::Unreadable)?,
                        })
                    })
                    .transpose()
            })
            .await
    }

    /// Keeps an outcome with its documents, for a browser that from now on has another cookie: what an attacker may have
    /// planted before the sign-in opens nothing after it (session fixation).
    pub(super) async fn keep(
        &self,
        id: &OutcomeId,
        browser: Renewed,
        outcome: &Outcome,
        documents: Vec<KeptDocument>,
    ) -> Result<(), StoreFailure> {
        let (id, at) = (id.0.clone(), outcome.at.as_second());
        let [before, browser] = [browser.before, browser.after].map(|id| id.as_str().to_owned());
        let content = to_json(outcome)?;
        self.0
            .run(move |connection| {
                for table in ["outcome", "sign_in"] {
                    connection.execute(
                        &format!("UPDATE {table} SET browser = ?1 WHERE browser = ?2"),
                        [&browser, &before],
                    )?;
                }
                connection.execute(
                    "INSERT INTO outcome (id, browser, content, at) VALUES (?1, ?2, ?3, ?4)",
                    params![id, browser, content, at],
                )?;
                for (place, document) in (0i64..).zip(&documents) {
                    connection.execute(
                        "INSERT INTO document (outcome, place, content) VALUES (?1, ?2, ?3)",
                        params![id, place, to_json(document)?],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// The outcome with this id, where it is this browser's.
    pub(super) async fn find(
        &self,
        id: &OutcomeId,
        browser: &BrowserId,
    ) -> Result<Option<(Outcome, Vec<KeptDocument>)>, StoreFailure> {
        let (id, browser) = (id.0.clone(), browser.as_str().to_owned());
        self.0
            .run(move |connection| {
                let content: Option<String> = connection
                    .query_row(
                        "SELECT content FROM outcome WHERE id = ?1 AND browser = ?2",
                        [&id, &browser],
                        |row| row.get(0),
                    )
                    .optional()?;
                content
                    .map(|content| Ok((from_json(&content)?, documents(connection, &id)?)))
                    .transpose()
            })
            .await
    }
}

fn documents(connection: &Connection, outcome: &str) -> Result<Vec<KeptDocument>, StoreFailure> {
    let mut query = connection.prepare("SELECT content FROM document WHERE outcome = ?1 ORDER BY place")?;
    let mut rows = query.query([outcome])?;
    let mut documents = Vec::new();
    while let Some(row) = rows.next()? {
        documents.push(from_json(&row.get::<_, String>(0)?)?);
    }
    Ok(documents)
}

fn to_json<T: Serialize>(value: &T) -> Result<String, StoreFailure> {
    serde_json::to_string(value).map_err(|_| StoreFailure::Unreadable)
}

fn from_json<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, StoreFailure> {
    serde_json::from_str(text).map_err(|_| StoreFailure::Unreadable)
}

impl OutcomeId {
    /// A new one.
    pub(super) fn random() -> Result<Self, NoRandomness> {
        Ok(Self(Base64UrlUnpadded::encode_string(&random::bytes::<16>()?)))
    }
}

impl fmt::Display for OutcomeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for OutcomeId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut bytes = [0; 16];
        match Base64UrlUnpadded::decode(text, &mut bytes) {
            Ok(decoded) if decoded.len() == 16 => Ok(Self(text.to_owned())),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    fn pending() -> Pending {
        Pending {
            state: "state".to_owned(),
            nonce: "nonce".to_owned(),
            verifier: "verifier".to_owned(),
            citizen: None,
        }
    }

    #[tokio::test]
    async fn a_sign_in_is_taken_once_by_its_browser_and_in_time() {
        let outcomes = Outcomes::new(Store::in_memory().unwrap());
        let (mine, other) = (BrowserId::random().unwrap(), BrowserId::random().unwrap());
        outcomes.begin(&mine, pending(), NOW).await.unwrap();
        assert!(outcomes.take(&other, "state", NOW).await.unwrap().is_none());
        assert!(outcomes.take(&mine, "other", NOW).await.unwrap().is_none());
        let late = NOW + jiff::SignedDuration::from_secs(SIGN_IN_SECONDS + 1);
        assert!(outcomes.take(&mine, "state", late).await.unwrap().is_none());
        assert_eq!(
            outcomes.take(&mine, "state", NOW).await.unwrap().unwrap().nonce,
            "nonce"
        );
        assert!(outcomes.take(&mine, "state", NOW).await.unwrap().is_none());
    }
}
