//! A Tanu that answers as it is told: discovery, keys, pushed requests, tokens, results.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tanu_protocol::digest::TransactionHash;
use tokio::sync::{Notify, Semaphore};

use super::*;
use crate::bank::evidence::testing::{SESSION, TRANSACTION};

type Parameters = HashMap<String, String>;

/// What it was asked, and what it answers.
#[derive(Default)]
pub(super) struct Script {
    origin: String,
    /// The request that was pushed, or `None`.
    pub(super) pushed: Option<Parameters>,
    /// The request whose code is redeemed: its nonce and challenge count.
    pub(super) request: Parameters,
    /// The nonce in the ID token instead of the request's.
    pub(super) wrong_nonce: Option<&'static str>,
    /// The transaction in the ID token instead of the result's.
    pub(super) wrong_transaction: Option<TransactionHash>,
    /// Holds the session's result back.
    pub(super) held: Option<Arc<Held>>,
    /// What is answered in place of results.
    pub(super) no_result: Option<StatusCode>,
    /// What is answered in place of tokens.
    pub(super) no_token: Option<StatusCode>,
    /// What is answered in place of keeping a pushed request.
    pub(super) no_push: Option<StatusCode>,
    /// The result of the session. Where it names no PKCE challenge, that of the request is sent with it.
    pub(super) result: Value,
}

/// Holds answers back.
pub(super) struct Held {
    /// Told of each question.
    pub(super) asked: Notify,
    /// One permit for each answer.
    pub(super) go_on: Semaphore,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            asked: Notify::new(),
            go_on: Semaphore::new(0),
        }
    }
}

pub(super) struct Tanu {
    pub(super) server: Serving,
    pub(super) script: Arc<Mutex<Script>>,
}

impl Tanu {
    pub(super) async fn new() -> Self {
        let script = Arc::new(Mutex::new(Script::default()));
        let state = Arc::clone(&script);
        let server = Serving::start_at(|origin| {
            state.lock().unwrap().origin = origin.to_owned();
            Router::new()
                .route("/.well-known/openid-configuration", get(discovery))
                .route(
                    "/jwks",
                    get(|| async { Json(json!({ "keys": [issuer().public_key()] })) }),
                )
                .route("/par", post(push))
                .route("/token", post(token))
                .route(&format!("/api/results/{SESSION}"), get(result))
                .with_state(state)
        })
        .await;
        Self { server, script }
    }
}

/// The issuer's key.
pub(super) fn issuer() -> JwsSigner {
    JwsSigner::new(SigningKey::from_slice(&[5; 32]).unwrap())
}

async fn discovery(State(script): State<Arc<Mutex<Script>>>) -> Json<Value> {
    let origin = &script.lock().unwrap().origin;
    Json(json!({
        "issuer": origin,
        "authorization_endpoint": format!("{origin}/authorize"),
        "pushed_authorization_request_endpoint": format!("{origin}/par"),
        "token_endpoint": format!("{origin}/token"),
        "jwks_uri": format!("{origin}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
    }))
}

/// A problem as Tanu has it, in no words of OAuth's.
fn problem(status: StatusCode) -> Response {
    (status, Json(json!({ "code": "service.try_later" }))).into_response()
}

fn authenticated(headers: &HeaderMap) -> bool {
    let expected = format!(
        "Basic {}",
        Base64::encode_string(format!("demo-bank:{SECRET}").as_bytes())
    );
    headers
        .get(header::AUTHORIZATION)
        .is_some_and(|value| value == expected.as_str())
}

async fn push(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap, Form(form): Form<Parameters>) -> Response {
    if !authenticated(&headers) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut script = script.lock().unwrap();
    if let Some(status) = script.no_push {
        return problem(status);
    }
    script.request = form.clone();
    script.pushed = Some(form);
    (
        StatusCode::CREATED,
        Json(json!({ "request_uri": "urn:x:1", "expires_in": 60 })),
    )
        .into_response()
}

async fn token(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap, Form(form): Form<Parameters>) -> Response {
    let script = script.lock().unwrap();
    if let Some(status) = script.no_token {
        return problem(status);
    }
    let challenge = Base64UrlUnpadded::encode_string(&Sha256::digest(form["code_verifier"].as_bytes()));
    if !authenticated(&headers) || form["code"] != "the-code" || script.request["code_challenge"] != challenge {
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": "invalid_grant" }))).into_response();
    }
    let now = clock::now().as_second();
    let nonce = script.wrong_nonce.unwrap_or(&script.request["nonce"]);
    let transaction = script.wrong_transaction.unwrap_or(TRANSACTION);
    let claims = json!({
        "iss": script.origin, "sub": "pseudonym", "aud": "demo-bank", "iat": now, "exp": now + 60, "nonce": nonce,
        "acr": "urn:tanu:acr:face", "amr": ["face"], "auth_time": now, "txn": transaction,
    });
    let id_token = issuer().sign("JWT", &claims).unwrap();
    Json(json!({ "access_token": "a", "token_type": "Bearer", "id_token": id_token })).into_response()
}

async fn result(State(script): State<Arc<Mutex<Script>>>, headers: HeaderMap) -> Response {
    let held = script.lock().unwrap().held.clone();
    if let Some(held) = held {
        held.asked.notify_one();
        held.go_on.acquire().await.unwrap().forget();
    }
    let script = script.lock().unwrap();
    if let Some(status) = script.no_result {
        return problem(status);
    }
    let mut result = script.result.clone();
    if !authenticated(&headers) || result.is_null() {
        return StatusCode::NOT_FOUND.into_response();
    }
    if result.get("code_challenge").is_none() {
        result["code_challenge"] = json!(script.request["code_challenge"]);
    }
    Json(result).into_response()
}
