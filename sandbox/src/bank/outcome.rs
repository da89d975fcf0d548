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

/// For how many days the bank keeps what it gets, as it has Tanu tell the citizen (NBS-4).
pub(crate) const RETENTION_DAYS: u16 = 30;

/// Holds for rows of the browser with the cookie `?1`, its earlier cookies included.
const OF_THE_BROWSER: &str = "browser IN (
    WITH RECURSIVE own (id) AS (VALUES (?1) UNION SELECT before FROM renewed JOIN own USING (id)) SELECT id FROM own
)";

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

    /// The sign-in of this state, where it is this browser's and led to nothing yet.
    pub(super) async fn look(
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
                        &format!(
                            "SELECT nonce, verifier, citizen FROM sign_in
                             WHERE state = ?2 AND begun_at >= ?3 AND {OF_THE_BROWSER}"
                        ),
                        params![browser, &state, now.as_second() - SIGN_IN_SECONDS],
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

    /// Forgets a sign-in: no answer to it is taken any more.
    pub(super) async fn forget(&self, pending: Pending) -> Result<(), StoreFailure> {
        self.0
            .run(move |connection| {
                connection.execute("DELETE FROM sign_in WHERE state = ?1", [pending.state])?;
                Ok(())
            })
            .await
    }

    /// Destroys what has been kept for as long as the citizens agreed to ([`RETENTION_DAYS`]).
    pub(super) async fn destroy_old(&self, now: Timestamp) -> Result<(), StoreFailure> {
        let until = now.as_second() - i64::from(RETENTION_DAYS) * 24 * 3600;
        self.0
            .run(move |connection| {
                const OLD: &str = "outcome IN (SELECT id FROM outcome WHERE at <= ?1)";
                connection.execute(&format!("DELETE FROM document WHERE {OLD}"), [until])?;
                connection.execute(&format!("DELETE FROM concluded WHERE {OLD}"), [until])?;
                connection.execute("DELETE FROM outcome WHERE at <= ?1", [until])?;
                Ok(())
            })
            .await
    }

    /// Gives a browser another cookie. What it opens by the one before stays its own; what it will open by the new one, whoever
    /// may have planted the one before does not open (session fixation).
    pub(super) async fn renew(&self, before: &BrowserId, after: &BrowserId) -> Result<(), StoreFailure> {
        let [before, after] = [before, after].map(|browser| browser.as_str().to_owned());
        self.0
            .run(move |connection| {
                let row = [after, before];
                connection.execute("INSERT INTO renewed (id, before) VALUES (?1, ?2)", row)?;
                Ok(())
            })
            .await
    }

    /// Keeps an outcome with its documents for its browser. The sign-in has ended with it.
    pub(super) async fn keep(
        &self,
        id: &OutcomeId,
        browser: &BrowserId,
        pending: Pending,
        outcome: &Outcome,
        documents: Vec<KeptDocument>,
    ) -> Result<(), StoreFailure> {
        let (id, browser, at) = (id.0.clone(), browser.as_str().to_owned(), outcome.at.as_second());
        let content = to_json(outcome)?;
        self.0
            .run(move |connection| {
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
                connection.execute("DELETE FROM sign_in WHERE state = ?1", [&pending.state])?;
                connection.execute(
                    "INSERT INTO concluded (state, outcome) VALUES (?1, ?2)",
                    [&pending.state, &id],
                )?;
                Ok(())
            })
            .await
    }

    /// The outcome to which the sign-in of this state has led, where it is this browser's.
    pub(super) async fn concluded(&self, browser: &BrowserId, state: &str) -> Result<Option<OutcomeId>, StoreFailure> {
        let row = [browser.as_str().to_owned(), state.to_owned()];
        self.0
            .run(move |connection| {
                let query = format!(
                    "SELECT outcome.id FROM concluded JOIN outcome ON outcome.id = concluded.outcome
                     WHERE state = ?2 AND {OF_THE_BROWSER}"
                );
                let id = connection.query_row(&query, row, |row| row.get(0)).optional()?;
                Ok(id.map(OutcomeId))
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
                        &format!("SELECT content FROM outcome WHERE id = ?2 AND {OF_THE_BROWSER}"),
                        [&browser, &id],
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
    use crate::bank::decision::Facts;
    use crate::bank::evidence::testing::kept;
    use crate::testing::NOW;

    fn pending() -> Pending {
        Pending {
            state: "state".to_owned(),
            nonce: "nonce".to_owned(),
            verifier: "verifier".to_owned(),
            citizen: None,
        }
    }

    fn refused() -> Outcome {
        Outcome {
            at: NOW,
            session: None,
            transaction: None,
            ending: None,
            token: None,
            decision: Decision::of(&Facts {
                passed: false,
                transaction: None,
                token: None,
                documents: &[],
                asked_for: None,
            }),
        }
    }

    #[tokio::test]
    async fn nbs_4_what_came_of_a_sign_in_is_destroyed_after_the_days_that_were_agreed_to() {
        let store = Store::in_memory().unwrap();
        let outcomes = Outcomes::new(store.clone());
        let (browser, id) = (BrowserId::random().unwrap(), OutcomeId::random().unwrap());
        outcomes
            .keep(&id, &browser, pending(), &refused(), vec![kept()])
            .await
            .unwrap();
        let rows = || {
            store.run(|connection| {
                let count = "SELECT (SELECT count(*) FROM outcome) + (SELECT count(*) FROM document) + (SELECT count(*) FROM concluded)";
                Ok(connection.query_row(count, [], |row| row.get::<_, i64>(0))?)
            })
        };
        let term = jiff::SignedDuration::from_hours(24 * i64::from(RETENTION_DAYS));
        outcomes
            .destroy_old(NOW + term - jiff::SignedDuration::from_secs(1))
            .await
            .unwrap();
        assert_eq!(rows().await.unwrap(), 3);
        assert!(outcomes.find(&id, &browser).await.unwrap().is_some());
        outcomes.destroy_old(NOW + term).await.unwrap();
        assert_eq!(rows().await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_sign_in_is_its_browsers_alone_until_its_time_is_over_or_it_is_forgotten() {
        let outcomes = Outcomes::new(Store::in_memory().unwrap());
        let (mine, other) = (BrowserId::random().unwrap(), BrowserId::random().unwrap());
        outcomes.begin(&mine, pending(), NOW).await.unwrap();
        assert!(outcomes.look(&other, "state", NOW).await.unwrap().is_none());
        assert!(outcomes.look(&mine, "other", NOW).await.unwrap().is_none());
        let late = NOW + jiff::SignedDuration::from_secs(SIGN_IN_SECONDS + 1);
        assert!(outcomes.look(&mine, "state", late).await.unwrap().is_none());
        let found = outcomes.look(&mine, "state", NOW).await.unwrap().unwrap();
        assert_eq!(found.nonce, "nonce");
        outcomes.forget(found).await.unwrap();
        assert!(outcomes.look(&mine, "state", NOW).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_renewed_cookie_opens_what_the_ones_before_open_and_no_earlier_one_what_it_opens() {
        let outcomes = Outcomes::new(Store::in_memory().unwrap());
        let cookies = [(); 3].map(|()| BrowserId::random().unwrap());
        let sibling = BrowserId::random().unwrap();
        outcomes.begin(&cookies[0], pending(), NOW).await.unwrap();
        for pair in cookies.windows(2) {
            outcomes.renew(&pair[0], &pair[1]).await.unwrap();
        }
        outcomes.renew(&cookies[0], &sibling).await.unwrap();
        for cookie in cookies.iter().chain([&sibling]) {
            assert!(outcomes.look(cookie, "state", NOW).await.unwrap().is_some());
        }

        let (id, outcome) = (OutcomeId::random().unwrap(), refused());
        outcomes
            .keep(&id, &cookies[1], pending(), &outcome, vec![])
            .await
            .unwrap();
        for (cookie, opens) in [
            (&cookies[0], false),
            (&cookies[1], true),
            (&cookies[2], true),
            (&sibling, false),
        ] {
            assert_eq!(outcomes.find(&id, cookie).await.unwrap().is_some(), opens);
            let led_to = outcomes.concluded(cookie, "state").await.unwrap();
            assert_eq!(led_to, opens.then(|| id.clone()));
            assert!(outcomes.look(cookie, "state", NOW).await.unwrap().is_none());
        }
    }
}
