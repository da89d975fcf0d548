//! Which address and method is which call: the router and the OpenAPI document are both made of it.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post, put};

use super::{Shared, routes};

/// Where anyone asks whether the matcher runs.
pub(super) const HEALTH: &str = "/healthz";

/// A call of the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Open a session.
    Open,
    /// Judge a step.
    Step,
    /// Conclude a run.
    Conclude,
    /// Compare.
    Compare,
    /// End without comparison.
    End,
    /// A session's documents.
    Documents,
    /// The register's checkpoint.
    Checkpoint,
    /// Proof that an entry is in the register.
    Inclusion,
    /// Proof that a register goes on from an earlier one.
    Consistency,
    /// The keys that check the evidence.
    Keys,
}

/// The methods that calls have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Get,
    Post,
    Put,
}

impl Call {
    /// All calls.
    pub(super) const ALL: [Self; 10] = [
        Self::Open,
        Self::Step,
        Self::Conclude,
        Self::Compare,
        Self::End,
        Self::Documents,
        Self::Checkpoint,
        Self::Inclusion,
        Self::Consistency,
        Self::Keys,
    ];

    /// Method and path.
    pub(super) const fn line(self) -> (Verb, &'static str) {
        match self {
            Self::Open => (Verb::Post, "/v1/session"),
            Self::Step => (Verb::Put, "/v1/session/{id}/run/{run}/step/{step}"),
            Self::Conclude => (Verb::Post, "/v1/session/{id}/run/{run}/conclusion"),
            Self::Compare => (Verb::Post, "/v1/session/{id}/comparison"),
            Self::End => (Verb::Post, "/v1/session/{id}/end"),
            Self::Documents => (Verb::Get, "/v1/session/{id}/documents"),
            Self::Checkpoint => (Verb::Get, "/v1/register/checkpoint"),
            Self::Inclusion => (Verb::Get, "/v1/register/inclusion"),
            Self::Consistency => (Verb::Get, "/v1/register/consistency"),
            Self::Keys => (Verb::Get, "/v1/keys"),
        }
    }

    /// What answers it.
    pub(super) fn handler(self) -> MethodRouter<Arc<Shared>> {
        let (verb, _) = self.line();
        match self {
            Self::Open => verb.on(routes::open),
            Self::Step => verb.on(routes::step),
            Self::Conclude => verb.on(routes::conclude),
            Self::Compare => verb.on(routes::compare),
            Self::End => verb.on(routes::end),
            Self::Documents => verb.on(routes::documents),
            Self::Checkpoint => verb.on(routes::checkpoint),
            Self::Inclusion => verb.on(routes::inclusion),
            Self::Consistency => verb.on(routes::consistency),
            Self::Keys => verb.on(routes::keys),
        }
    }
}

impl Verb {
    fn on<H: Handler<T, Arc<Shared>>, T: 'static>(self, handler: H) -> MethodRouter<Arc<Shared>> {
        match self {
            Self::Get => get(handler),
            Self::Post => post(handler),
            Self::Put => put(handler),
        }
    }

    /// The method's name.
    #[cfg(feature = "openapi")]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
        }
    }
}
