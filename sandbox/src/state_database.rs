//! The state database "Жеке тұлғалар" (NBS-9): answers the matcher, and nobody else, one citizen at a time.
//!
//! Contract: [`tanu_protocol::state_database`]; authentication: [`tanu_protocol::channel`].

mod seen;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, OriginalUri, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, post};
use jiff::Timestamp;
use p256::ecdsa::VerifyingKey;
use tanu_protocol::channel::{self, Party, REQUEST_HEADER, RESPONSE_HEADER, RequestLine};
use tanu_protocol::digest::Nonce;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::problem::{self, Problem, ProblemCode};
use tanu_protocol::state_database::{INDIVIDUAL_PATH, ReferenceAnswer, ReferenceQuery};

use crate::citizen::registry::Registry;
use crate::host::clock;
use crate::store::{Store, StoreFailure};
use seen::SeenRequests;

/// The most bytes of a query.
pub(crate) const MOST_QUERY_BYTES: usize = 4096;

/// An address of a state database, and who answers there: the router and the OpenAPI document are both made of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Port {
    /// The reference of one citizen, by POST.
    Reference,
}

impl Port {
    /// All addresses.
    pub(crate) const ALL: [Self; 1] = [Self::Reference];

    /// The path.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Reference => INDIVIDUAL_PATH,
        }
    }

    fn handler(self) -> MethodRouter<Arc<StateDatabase>> {
        match self {
            Self::Reference => post(reference),
        }
    }
}

/// What the state database needs to answer.
#[derive(Clone, Debug)]
pub struct StateDatabase {
    citizens: Registry,
    seen: SeenRequests,
    signer: JwsSigner,
    matcher: VerifyingKey,
}

/// Why a query is not answered.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the sender is not the matcher")]
    Unauthenticated,
    #[error("the request was accepted before")]
    Replayed,
    #[error("the body is too large")]
    TooLarge,
    #[error("the body is no query")]
    Malformed,
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

impl StateDatabase {
    /// The citizens in `store`, for the matcher with this key; answers are signed by `signer`.
    #[must_use]
    pub fn new(store: Store, signer: JwsSigner, matcher: VerifyingKey) -> Self {
        Self {
            citizens: Registry::new(store.clone()),
            seen: SeenRequests::new(store),
            signer,
            matcher,
        }
    }

    /// Its one route.
    pub fn routes(self) -> Router {
        Port::ALL
            .into_iter()
            .fold(Router::new(), |router, port| router.route(port.path(), port.handler()))
            .layer(DefaultBodyLimit::max(MOST_QUERY_BYTES))
            .with_state(Arc::new(self))
    }

    /// Checks who asks. From here on the answer can be signed, because the request's id is known.
    async fn authenticate(&self, token: Option<&str>, line: RequestLine<'_>, now: Timestamp) -> Result<Nonce, Refusal> {
        let token = token.ok_or(Refusal::Unauthenticated)?;
        let claims = channel::verify_request(token, &self.matcher, Party::Matcher, Party::StateDatabase, line, now)
            .map_err(|_| Refusal::Unauthenticated)?;
        if self.seen.accept_once(claims.jti, claims.iat, now).await? {
            Ok(claims.jti)
        } else {
            Err(Refusal::Replayed)
        }
    }

    async fn answer(&self, body: &[u8]) -> Result<ReferenceAnswer, Refusal> {
        let query: ReferenceQuery = serde_json::from_slice(body).map_err(|_| Refusal::Malformed)?;
        Ok(match self.citizens.reference(query.iin).await? {
            Some((photo, document)) => ReferenceAnswer::Found {
                photo: photo.into_file(),
                document,
            },
            None => ReferenceAnswer::NotFound,
        })
    }

    /// The answer to the authenticated request `id`, signed.
    fn signed(&self, id: Nonce, outcome: Result<ReferenceAnswer, Refusal>) -> Response {
        let (status, kind, body) = match outcome.map(|answer| serde_json::to_vec(&answer)) {
            Ok(Ok(body)) => (200, "application/json", body),
            Ok(Err(_)) => problem_body(ProblemCode::Internal),
            Err(refusal) => problem_body(refusal.code()),
        };
        match channel::sign_response(&self.signer, Party::StateDatabase, id, status, &body) {
            Ok(token) => ([(RESPONSE_HEADER, token)], response(status, kind, body)).into_response(),
            Err(_) => unsigned(ProblemCode::Internal),
        }
    }
}

impl Refusal {
    const fn code(&self) -> ProblemCode {
        match self {
            Self::Unauthenticated => ProblemCode::Unauthenticated,
            Self::Replayed => ProblemCode::Replayed,
            Self::TooLarge => ProblemCode::TooLarge,
            Self::Malformed => ProblemCode::MalformedRequest,
            Self::Store(_) => ProblemCode::Internal,
        }
    }
}

async fn reference(
    State(database): State<Arc<StateDatabase>>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            return unsigned(Refusal::TooLarge.code());
        }
        Err(_) => return unsigned(Refusal::Malformed.code()),
    };
    let line = RequestLine {
        method: method.as_str(),
        path: uri.path_and_query().map_or(uri.path(), |path| path.as_str()),
        body: &body,
    };
    let token = headers.get(REQUEST_HEADER).and_then(|value| value.to_str().ok());
    match database.authenticate(token, line, clock::now()).await {
        Ok(id) => database.signed(id, database.answer(&body).await),
        Err(refusal) => unsigned(refusal.code()),
    }
}

/// A problem told to somebody whose request has no id to answer to.
fn unsigned(code: ProblemCode) -> Response {
    let (status, kind, body) = problem_body(code);
    response(status, kind, body)
}

fn problem_body(code: ProblemCode) -> (u16, &'static str, Vec<u8>) {
    let body = serde_json::to_vec(&Problem::from(code)).unwrap_or_default();
    (code.status(), problem::MEDIA_TYPE, body)
}

fn response(status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-store")];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests;
