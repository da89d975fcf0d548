//! The end of a sign-in: Tanu's answer is checked, the documents are fetched and checked, the bank decides, all is kept.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use tanu_protocol::digest::SessionId;
use tanu_protocol::iin::Iin;

use super::Bank;
use super::decision::{Decision, Facts};
use super::evidence::IssuerKeys;
use super::failure::Failure;
use super::identity::VerifiedToken;
use super::outcome::{KeptDocument, Outcome, OutcomeId, Pending};
use super::results::{self, NoResult, SessionResult};
use super::visitor::{BrowserId, Visitor};
use crate::host::clock;
use crate::store::StoreFailure;

/// Where a browser takes the answer under its new cookie.
pub(super) const CONCLUDE: &str = "/callback/conclude";

/// Tanu's answer in the browser's address (RFC 6749, section 4.1.2; RFC 9207). Nothing in it is trusted by itself.
#[derive(Deserialize)]
pub(super) struct UnverifiedAnswer {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
    /// The session, whose result the bank may fetch.
    tanu_session: Option<String>,
}

impl UnverifiedAnswer {
    fn session(&self) -> Option<SessionId> {
        self.tanu_session.as_ref()?.parse().ok()
    }
}

/// Receives the answer. The browser gets another cookie before anything is learned with it, and brings the answer again under
/// that; this is quick, so that a browser that goes away meanwhile has lost nothing. Whoever comes back once more, by Back or
/// a second click, is led to what the sign-in has come to.
pub(super) async fn receive(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    uri: Uri,
    answer: Result<Query<UnverifiedAnswer>, QueryRejection>,
) -> Response {
    let arrived = match answer {
        Ok(Query(answer)) => arrive(&bank, &visitor, &answer, clock::now()).await,
        Err(_) => Err(Failure::Stale),
    };
    match arrived {
        Ok(Arrival::Again(id)) => lead_to(&id),
        Ok(Arrival::New(browser)) => {
            let query = uri.query().unwrap_or_default();
            let mut response = Redirect::to(&format!("{CONCLUDE}?{query}")).into_response();
            if let Some(cookie) = browser.cookie(&bank.guard) {
                response.headers_mut().append(header::SET_COOKIE, cookie);
            }
            response
        }
        Err(failure) => failed(&bank, &failure, &visitor),
    }
}

/// Takes the answer and leads to the result's page.
pub(super) async fn conclude(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    answer: Result<Query<UnverifiedAnswer>, QueryRejection>,
) -> Response {
    let Ok(Query(answer)) = answer else {
        return failed(&bank, &Failure::Stale, &visitor);
    };
    // In a task of its own, which a browser that goes away does not end: Tanu gives a token once.
    let work = tokio::spawn({
        let (bank, visitor) = (Arc::clone(&bank), visitor.clone());
        async move { take(&bank, &visitor, answer, clock::now()).await }
    });
    match work.await {
        Ok(Ok(id)) => lead_to(&id),
        Ok(Err(failure)) => failed(&bank, &failure, &visitor),
        Err(_) => failed(&bank, &StoreFailure::Stopped.into(), &visitor),
    }
}

fn lead_to(id: &OutcomeId) -> Response {
    Redirect::to(&format!("/results/{id}")).into_response()
}

fn failed(bank: &Bank, failure: &Failure, visitor: &Visitor) -> Response {
    match failure {
        // This address may be opened again: the sign-in stays.
        Failure::Unreachable => failure.page_again(visitor, ""),
        // This one says the same each time; Tanu gives another.
        Failure::Waits(Some(session)) => failure.page_again(visitor, &bank.identity.return_address(*session)),
        _ => failure.page(visitor),
    }
}

/// What a browser that arrives with an answer is in for.
enum Arrival {
    /// The answer is to be taken under this cookie.
    New(BrowserId),
    /// The sign-in has come to this.
    Again(OutcomeId),
}

/// The browser and the sign-in that an answer names.
fn named<'a>(visitor: &'a Visitor, answer: &'a UnverifiedAnswer) -> Result<(&'a BrowserId, &'a str), Failure> {
    // A service of Tanu's is down and the session may still go on: the sign-in stays as it is.
    if answer.error.as_deref() == Some("temporarily_unavailable") {
        return Err(Failure::Waits(answer.session()));
    }
    let browser = visitor.browser.as_ref().ok_or(Failure::Stale)?;
    let state = answer.state.as_deref().ok_or(Failure::Stale)?;
    Ok((browser, state))
}

async fn arrive(bank: &Bank, visitor: &Visitor, answer: &UnverifiedAnswer, now: Timestamp) -> Result<Arrival, Failure> {
    let (browser, state) = named(visitor, answer)?;
    // In this order: a sign-in that is gone has come to its outcome already.
    if bank.outcomes.look(browser, state, now).await?.is_none() {
        let concluded = bank.outcomes.concluded(browser, state).await?;
        return concluded.map(Arrival::Again).ok_or(Failure::Stale);
    }
    let renewed = BrowserId::random()?;
    bank.outcomes.renew(browser, &renewed).await?;
    Ok(Arrival::New(renewed))
}

async fn take(bank: &Bank, visitor: &Visitor, answer: UnverifiedAnswer, now: Timestamp) -> Result<OutcomeId, Failure> {
    // (1) The answer belongs to a sign-in that this browser has begun, and that came to nothing yet.
    let (browser, state) = named(visitor, &answer)?;
    let _turn = bank.turns.wait(state).await;
    if let Some(id) = bank.outcomes.concluded(browser, state).await? {
        return Ok(id);
    }
    let pending = bank.outcomes.look(browser, state, now).await?.ok_or(Failure::Stale)?;
    let received = match receive_all(bank, &pending, &answer).await {
        Ok(received) => received,
        // Such an answer was never Tanu's to this sign-in, so that is over.
        Err(failure @ (Failure::Token | Failure::Result)) => {
            bank.outcomes.forget(pending).await?;
            return Err(failure);
        }
        // Nothing was learned, so the sign-in stays: the same address may be opened again, and in place of a code that was
        // refused Tanu gives another one to the citizen who goes back there.
        Err(failure) => return Err(failure),
    };

    // (4) The bank checks the documents, decides, and keeps all of it.
    let (outcome, documents) = weigh(bank, received, now);
    let id = OutcomeId::random()?;
    bank.outcomes.keep(&id, browser, pending, &outcome, documents).await?;
    Ok(id)
}

/// What the bank has learned of a sign-in.
struct Received {
    asked_for: Option<Iin>,
    session: Option<SessionId>,
    result: Option<SessionResult>,
    token: Option<VerifiedToken>,
    keys: IssuerKeys,
}

async fn receive_all(bank: &Bank, pending: &Pending, answer: &UnverifiedAnswer) -> Result<Received, Failure> {
    if answer
        .iss
        .as_ref()
        .is_some_and(|issuer| issuer != bank.identity.issuer())
    {
        return Err(Failure::Token);
    }

    // (2) The result and its documents are fetched; without them nobody is accepted. This comes before the code, which is
    // good only once. The answer may name anybody's session: only the result of this very request is taken.
    let session = answer.session();
    let result = match session {
        None => None,
        Some(session) => match results::fetch(&bank.identity, session).await {
            Ok(result) if result.answers(&pending.verifier) => Some(result),
            Ok(_) => return Err(Failure::Result),
            Err(NoResult::Unreachable) => return Err(Failure::Unreachable),
            Err(NoResult::Refused | NoResult::Unreadable) => None,
        },
    };

    // (3) A code is exchanged, and the ID token checked.
    let (token, keys) = match answer.code.clone() {
        Some(code) => {
            let (nonce, verifier) = (pending.nonce.clone(), pending.verifier.clone());
            let (token, keys) = bank.identity.finish(code, nonce, verifier).await?;
            (Some(token), keys)
        }
        None => (None, bank.identity.keys().await?),
    };
    if result.as_ref().is_some_and(|result| !result.fits(token.as_ref())) {
        return Err(Failure::Result);
    }
    Ok(Received {
        asked_for: asked_for(bank, pending).await?,
        session,
        result,
        token,
        keys,
    })
}

async fn asked_for(bank: &Bank, pending: &Pending) -> Result<Option<Iin>, Failure> {
    match &pending.citizen {
        None => Ok(None),
        Some(id) => {
            let citizen = bank.citizens.by_id(id.clone()).await?.ok_or(Failure::Citizen)?;
            Ok(Some(citizen.iin.iin().clone()))
        }
    }
}

fn weigh(bank: &Bank, received: Received, now: Timestamp) -> (Outcome, Vec<KeptDocument>) {
    let Received {
        asked_for,
        session,
        result,
        token,
        keys,
    } = received;
    let transaction = result.as_ref().map(|result| result.transaction);
    let (passed, ending) = result
        .as_ref()
        .map_or((false, None), |result| (result.passed, Some(result.ending)));
    let documents = result.map(|result| result.documents).unwrap_or_default();
    let checked: Vec<_> = documents
        .iter()
        .zip(transaction.iter().cycle())
        .map(|(document, transaction)| bank.evidence.check(document, transaction, &keys, now))
        .collect();
    let decision = Decision::of(&Facts {
        passed,
        transaction: transaction.as_ref(),
        token: token.as_ref(),
        documents: &checked,
        asked_for: asked_for.as_ref(),
    });
    let kept = documents
        .into_iter()
        .zip(checked)
        .map(|(document, checked)| KeptDocument {
            document,
            fault: checked.err(),
        })
        .collect();
    let outcome = Outcome {
        at: now,
        session,
        transaction,
        ending,
        token,
        decision,
    };
    (outcome, kept)
}
