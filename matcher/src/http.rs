//! The HTTP side: routes, the inner channel around them, problems. The contract is `tanu_protocol::matcher`.

mod authentication;
mod calls;
mod in_work;
#[cfg(feature = "openapi")]
mod openapi;
mod routes;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use p256::ecdsa::VerifyingKey;
use tanu_protocol::capture::MOST_CAPTURE_BYTES;
use tanu_protocol::jws::{Jwk, JwsSigner};
use tanu_protocol::problem::{MEDIA_TYPE, Problem, ProblemCode};

use crate::failure::Failure;
use crate::service::Matcher;

use calls::{Call, HEALTH};
pub use in_work::InWork;
#[cfg(feature = "openapi")]
pub use openapi::document;

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
    let v1 = Call::ALL
        .into_iter()
        .fold(Router::new(), |router, call| {
            router.route(call.line().1, call.handler())
        })
        .fallback(|| async { problem(ProblemCode::NotFound) })
        .method_not_allowed_fallback(|| async { problem(ProblemCode::MethodNotAllowed) })
        // The authentication caps every body; axum's own cap of 2 MB is below that of a capture.
        .layer(DefaultBodyLimit::disable())
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&shared),
            authentication::require_edge,
        ));
    Router::new()
        .route(HEALTH, get(|| async { "ok" }))
        .fallback_service(v1.with_state(shared))
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
