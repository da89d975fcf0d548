//! The beginning of a sign-in.

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::Bank;
use super::failure::Failure;
use super::outcome::Pending;
use super::visitor::{BrowserId, Visitor};
use crate::citizen::registry::{CitizenId, Listed};
use crate::host::clock;

/// Who wants to sign in.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// Id of a test citizen; without it the citizen types the IIN at Tanu.
    citizen: Option<String>,
}

/// Begins a sign-in and leads to Tanu.
pub(super) async fn begin(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    wish: Result<Form<Wish>, FormRejection>,
) -> Response {
    let citizen = wish.ok().and_then(|Form(wish)| wish.citizen);
    match lead(&bank, &visitor, citizen).await {
        Ok(response) => response,
        Err(failure) => failure.page(&visitor),
    }
}

async fn lead(bank: &Bank, visitor: &Visitor, citizen: Option<String>) -> Result<Response, Failure> {
    let citizen = match citizen {
        None => None,
        Some(id) => Some(find(bank, &id).await?),
    };
    let browser = match &visitor.browser {
        Some(browser) => browser.clone(),
        None => BrowserId::random()?,
    };
    let person = citizen.as_ref().map(|citizen| citizen.iin.iin());
    let begun = bank.identity.begin(person, visitor.language).await?;
    let address = begun.address;
    let pending = Pending {
        state: begun.state,
        nonce: begun.nonce,
        verifier: begun.verifier,
        citizen: citizen.map(|citizen| citizen.id),
    };
    bank.outcomes.begin(&browser, pending, clock::now()).await?;

    let mut response = Redirect::to(address.as_str()).into_response();
    if let Some(cookie) = browser.cookie(&bank.guard) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn find(bank: &Bank, id: &str) -> Result<Listed, Failure> {
    let id: CitizenId = id.parse().map_err(|_| Failure::Citizen)?;
    bank.citizens.by_id(id).await?.ok_or(Failure::Citizen)
}
