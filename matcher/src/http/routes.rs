//! One function a call: reads the request, does the work on a thread that may block, writes the answer.

use std::str::FromStr;
use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::jws::JwkSet;
use tanu_protocol::matcher::{
    ComparisonVerdict, ConcludeRun, EndSession, OpenSession, RunVerdict, SessionEnded, StepSubmission, StepVerdict,
};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{ConsistencyProof, InclusionProof};

use super::Shared;
use crate::failure::{Failure, refused};
use crate::service::Matcher;

type Answer<T> = Result<Json<T>, Failure>;

pub(super) async fn open(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<StatusCode, Failure> {
    let request: OpenSession = json(&body)?;
    blocking(&shared, move |matcher| matcher.open_session(&request)).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn step(
    State(shared): State<Arc<Shared>>,
    Path((id, run, step)): Path<(String, String, String)>,
    body: Bytes,
) -> Answer<StepVerdict> {
    let id = segment::<SessionId>(&id)?;
    let index = StepIndex {
        run: segment(&run)?,
        step: segment(&step)?,
    };
    let verdict = blocking(&shared, move |matcher| {
        let submission: StepSubmission =
            ciborium::from_reader(body.as_ref()).map_err(|_| Failure::Refused(ProblemCode::MalformedRequest))?;
        matcher.judge_step(&id, index, &submission)
    })
    .await?;
    tracing::info!(session = %id, run = index.run, step = index.step, passed = verdict.mismatches.is_empty(), "step judged");
    Ok(Json(verdict))
}

pub(super) async fn conclude(
    State(shared): State<Arc<Shared>>,
    Path((id, run)): Path<(String, String)>,
    body: Bytes,
) -> Answer<RunVerdict> {
    let (id, run) = (segment::<SessionId>(&id)?, segment(&run)?);
    let request: ConcludeRun = json(&body)?;
    let verdict = blocking(&shared, move |matcher| matcher.conclude_run(&id, run, &request)).await?;
    tracing::info!(session = %id, run, passed = verdict.passed, "run concluded");
    Ok(Json(verdict))
}

pub(super) async fn compare(State(shared): State<Arc<Shared>>, Path(id): Path<String>) -> Answer<ComparisonVerdict> {
    let id = segment::<SessionId>(&id)?;
    let verdict = blocking(&shared, move |matcher| matcher.compare(&id)).await?;
    tracing::info!(session = %id, "compared");
    Ok(Json(verdict))
}

pub(super) async fn end(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Answer<SessionEnded> {
    let id = segment::<SessionId>(&id)?;
    let request: EndSession = json(&body)?;
    let ended = blocking(&shared, move |matcher| matcher.end_session(&id, request.ending)).await?;
    tracing::info!(session = %id, "session ended");
    Ok(Json(ended))
}

pub(super) async fn documents(
    State(shared): State<Arc<Shared>>,
    Path(id): Path<String>,
) -> Answer<Vec<SignedDocument>> {
    let id = segment::<SessionId>(&id)?;
    Ok(Json(blocking(&shared, move |matcher| matcher.documents(&id)).await?))
}

/// The checkpoint as compact JWS (RFC 7515).
pub(super) async fn checkpoint(State(shared): State<Arc<Shared>>) -> Result<Response, Failure> {
    let jws = blocking(&shared, Matcher::checkpoint).await?;
    Ok(([(axum::http::header::CONTENT_TYPE, "application/jose")], jws).into_response())
}

#[derive(Deserialize)]
pub(super) struct InclusionQuery {
    document: Sha256Digest,
}

pub(super) async fn inclusion(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<InclusionQuery>, axum::extract::rejection::QueryRejection>,
) -> Answer<InclusionProof> {
    let Ok(Query(query)) = query else {
        return refused(ProblemCode::MalformedRequest);
    };
    Ok(Json(
        blocking(&shared, move |matcher| matcher.inclusion(&query.document)).await?,
    ))
}

#[derive(Deserialize)]
pub(super) struct ConsistencyQuery {
    from: u64,
}

pub(super) async fn consistency(
    State(shared): State<Arc<Shared>>,
    query: Result<Query<ConsistencyQuery>, axum::extract::rejection::QueryRejection>,
) -> Answer<ConsistencyProof> {
    let Ok(Query(query)) = query else {
        return refused(ProblemCode::MalformedRequest);
    };
    Ok(Json(
        blocking(&shared, move |matcher| matcher.consistency(query.from)).await?,
    ))
}

pub(super) async fn keys(State(shared): State<Arc<Shared>>) -> Answer<JwkSet> {
    let keys = shared.evidence_keys.clone();
    Ok(Json(JwkSet { keys }))
}

async fn blocking<T: Send + 'static>(
    shared: &Shared,
    work: impl FnOnce(&Matcher) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let matcher = Arc::clone(&shared.matcher);
    tokio::task::spawn_blocking(move || work(&matcher))
        .await
        .unwrap_or(refused(ProblemCode::Internal))
}

/// The most bytes of a request in JSON: the largest has the citizen's consent.
pub(super) const MOST_JSON_BYTES: usize = 64 * 1024;

fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Failure> {
    if body.len() > MOST_JSON_BYTES {
        return refused(ProblemCode::TooLarge);
    }
    serde_json::from_slice(body).map_err(|_| Failure::Refused(ProblemCode::MalformedRequest))
}

/// A part of the path; one that is malformed names nothing that is there.
fn segment<T: FromStr>(text: &str) -> Result<T, Failure> {
    text.parse().map_err(|_| Failure::Refused(ProblemCode::NotFound))
}
