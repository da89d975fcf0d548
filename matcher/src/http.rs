//! The HTTP side: routes, the inner channel around them, problems. The contract is `tanu_protocol::matcher`.

mod authentication;
mod in_work;
mod routes;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post, put};
use p256::ecdsa::VerifyingKey;
use serde::Serialize;
use tanu_protocol::capture::MOST_CAPTURE_BYTES;
use tanu_protocol::jws::{Jwk, JwsSigner};
use tanu_protocol::problem::{MEDIA_TYPE, Problem, ProblemCode};

use crate::failure::Failure;
use crate::service::Matcher;

pub use in_work::InWork;

/// The most bytes of a request: a capture and the step that it answers.
pub const MOST_REQUEST_BYTES: usize = MOST_CAPTURE_BYTES + 16 * 1024;

/// What the routes share.
pub struct Shared {
    /// What is done at each call.
    pub matcher: Arc<Matcher>,
    /// The matcher's key on the inner channel.
    pub channel: JwsSigner,
    /// The edge's key on the inner channel.
    pub edge: VerifyingKey,
    /// The keys that check the evidence.
    pub evidence_keys: Vec<Jwk>,
    /// The calls in work.
    pub in_work: InWork,
}

/// All routes. Everything under `/v1` is the edge's alone; `/healthz` tells anyone that the matcher runs, and no more.
pub fn router(shared: Arc<Shared>) -> Router {
    let v1 = Router::new()
        .route("/v1/session", post(routes::open))
        .route("/v1/session/{id}/run/{run}/step/{step}", put(routes::step))
        .route("/v1/session/{id}/run/{run}/conclusion", post(routes::conclude))
        .route("/v1/session/{id}/comparison", post(routes::compare))
        .route("/v1/session/{id}/end", post(routes::end))
        .route("/v1/session/{id}/documents", get(routes::documents))
        .route("/v1/register/checkpoint", get(routes::checkpoint))
        .route("/v1/register/inclusion", get(routes::inclusion))
        .route("/v1/register/consistency", get(routes::consistency))
        .route("/v1/keys", get(keys))
        .fallback(|| async { problem(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { problem(ProblemCode::MethodNotAllowed) })
        // The authentication caps every body; axum's own cap of 2 MB is below that of a capture.
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&shared),
            authentication::require_edge,
        ));
    Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .fallback_service(v1.with_state(shared))
}

#[derive(Serialize)]
struct JwkSet<'a> {
    keys: &'a [Jwk],
}

async fn keys(State(shared): State<Arc<Shared>>) -> Response {
    Json(JwkSet {
        keys: &shared.evidence_keys,
    })
    .into_response()
}

/// A problem as RFC 9457 has it.
fn problem(code: ProblemCode) -> Response {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(Problem::from(code))).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let code = self.code();
        // The error's text names codes and places only: no error type of this crate repeats what was sent or stored.
        if code.status() >= 500 {
            tracing::error!(code = code.as_str(), error = %self, "call failed");
        } else {
            tracing::info!(code = code.as_str(), "call refused");
        }
        problem(code)
    }
}
