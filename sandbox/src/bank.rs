//! The demo bank: a website whose customers sign in with Tanu, as any relying party's would.
//!
//! Server-rendered pages in three languages. The bank talks to Tanu as an ordinary OpenID Connect client, fetches the
//! session's documents, checks them against the certification authority, and decides by itself (BNK-16).

mod assets;
mod callback;
mod citizen_form;
mod decision;
mod document_page;
mod drafts;
mod evidence;
mod failure;
mod guard;
mod home;
mod identity;
mod labels;
mod layout;
mod new_citizen;
mod outcome;
mod result_page;
mod results;
mod sign_in;
mod texts;
mod turns;
mod typed_date;
mod visitor;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRef};
use axum::middleware;
use axum::response::Redirect;
use axum::routing::{get, post};
use jiff::Timestamp;

use crate::citizen::photo::Photo;
use crate::citizen::registry::Registry;
use crate::config::Config;
use crate::store::{Store, StoreFailure};
use drafts::Drafts;
use evidence::EvidenceChecker;
use guard::Guard;
use identity::IdentityProvider;
use outcome::Outcomes;
pub(crate) use outcome::RETENTION_DAYS;
use turns::Turns;

/// The most bytes of a form: a photo, and room for the other fields.
const MOST_FORM_BYTES: usize = Photo::MOST_BYTES + 64 * 1024;

/// The demo bank.
#[derive(Clone, Debug)]
pub struct Bank {
    citizens: Registry,
    drafts: Drafts,
    outcomes: Outcomes,
    turns: Turns,
    identity: IdentityProvider,
    evidence: EvidenceChecker,
    guard: Guard,
}

/// Why the bank can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum BankFailure {
    /// The HTTP client.
    #[error("the bank's HTTP client can't be made")]
    Client,
    /// An address made from the configured origins.
    #[error("the bank's addresses can't be made from the configured origins")]
    Address,
}

impl Bank {
    /// The bank of this configuration.
    ///
    /// # Errors
    /// [`BankFailure`].
    pub fn new(config: &Config, store: Store) -> Result<Self, BankFailure> {
        Ok(Self {
            citizens: Registry::new(store.clone()),
            drafts: Drafts::default(),
            outcomes: Outcomes::new(store),
            turns: Turns::default(),
            identity: IdentityProvider::new(config)?,
            evidence: EvidenceChecker::new(config.authority.clone(), config.client_id.clone()),
            guard: Guard::new(config)?,
        })
    }

    /// Destroys what the bank has kept for as long as the citizens agreed to.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub async fn destroy_old(&self, now: Timestamp) -> Result<(), StoreFailure> {
        self.outcomes.destroy_old(now).await
    }

    /// All pages.
    pub fn routes(self) -> Router {
        let guard = self.guard.clone();
        Router::new()
            .route("/", get(home::page))
            .route("/citizens/new", get(new_citizen::form))
            // Addresses that a browser keeps from a form's answer lead to the form.
            .route(
                "/citizens",
                post(new_citizen::submit).get(|| async { Redirect::to("/citizens/new") }),
            )
            .route("/citizens/language/{tag}", post(new_citizen::speak))
            .route("/sign-in", post(sign_in::begin).get(|| async { Redirect::to("/") }))
            .route("/callback", get(callback::receive))
            .route(callback::CONCLUDE, get(callback::conclude))
            .route("/results/{id}", get(result_page::page))
            .route("/results/{id}/documents/{place}", get(document_page::page))
            .route("/results/{id}/documents/{place}/{file}", get(document_page::file))
            .route("/agreement", get(home::agreement))
            .route("/privacy", get(home::privacy))
            .route("/language/{tag}", get(visitor::choose_language))
            .route("/assets/bank.css", get(assets::css))
            .route("/assets/camera.js", get(assets::camera))
            .route("/assets/form.js", get(assets::form))
            .route("/assets/icon.svg", get(assets::icon))
            .fallback(failure::not_found)
            .method_not_allowed_fallback(failure::not_found)
            .layer(DefaultBodyLimit::max(MOST_FORM_BYTES))
            .layer(middleware::from_fn_with_state(guard, guard::guard))
            .with_state(Arc::new(self))
    }
}

impl FromRef<Arc<Bank>> for Guard {
    fn from_ref(bank: &Arc<Bank>) -> Self {
        bank.guard.clone()
    }
}

#[cfg(test)]
mod tests;
