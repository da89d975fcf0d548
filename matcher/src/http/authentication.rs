//! The inner channel around every call: the request is the edge's and new, the answer is signed.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use tanu_protocol::channel::{
    CLOCK_SKEW_SECONDS, LIFETIME_SECONDS, Party, REQUEST_HEADER, RESPONSE_HEADER, RequestLine, sign_response,
    verify_request,
};
use tanu_protocol::digest::Nonce;
use tanu_protocol::problem::ProblemCode;

use super::{MOST_REQUEST_BYTES, Shared, problem};
use crate::failure::Failure;

/// Answers are documents with images; no more than this is ever made.
const MOST_ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// How long a body may take: after that its token is no longer in force.
const PATIENCE: Duration = Duration::from_secs((LIFETIME_SECONDS + CLOCK_SKEW_SECONDS) as u64);

/// Lets the edge's requests through, each once, and signs the answers (BNK-15).
pub(super) async fn require_edge(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    // (1) Without a token nothing of the body is read.
    let Some(token) = token(request.headers()) else {
        return refuse(ProblemCode::Unauthenticated);
    };
    let (parts, body) = request.into_parts();
    let body = match received(body, PATIENCE).await {
        Ok(body) => body,
        Err(code) => return refuse(code),
    };

    // (2) The token is the edge's, for this request, and in force.
    let now = shared.matcher.host.now();
    let path = parts
        .uri
        .path_and_query()
        .map_or_else(|| parts.uri.path().to_owned(), |path| path.as_str().to_owned());
    let line = RequestLine {
        method: parts.method.as_str(),
        path: &path,
        body: &body,
    };
    let claims = match verify_request(&token, &shared.edge, Party::Edge, Party::Matcher, line, now) {
        Ok(claims) => claims,
        Err(error) => {
            tracing::warn!(%error, "request refused");
            return refuse(ProblemCode::Unauthenticated);
        }
    };

    // (3) It is good once: its id is remembered until its time has passed.
    let until = now + SignedDuration::from_secs(LIFETIME_SECONDS + 2 * CLOCK_SKEW_SECONDS);
    let store = Arc::clone(&shared.matcher.store);
    let id = claims.jti;
    let _work = shared.in_work.begin();
    let remembered = tokio::task::spawn_blocking(move || store.remember_request(&id, until, now)).await;
    let answer = match remembered {
        Ok(Ok(true)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Ok(false)) => problem(ProblemCode::Replayed),
        Ok(Err(error)) => Failure::Store(error).into_response(),
        Err(_) => problem(ProblemCode::Internal),
    };
    sign(&shared, id, answer).await
}

/// The body, where it is within its cap and arrives in time: who sends slowly would hold memory for nothing.
async fn received(body: Body, patience: Duration) -> Result<Bytes, ProblemCode> {
    match tokio::time::timeout(patience, to_bytes(body, MOST_REQUEST_BYTES)).await {
        Ok(received) => received.map_err(|_| ProblemCode::TooLarge),
        Err(_) => Err(ProblemCode::Unauthenticated),
    }
}

fn token(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(REQUEST_HEADER)?.to_str().ok()?.to_owned())
}

fn refuse(code: ProblemCode) -> Response {
    tracing::info!(code = code.as_str(), "call refused");
    problem(code)
}

async fn sign(shared: &Shared, id: Nonce, answer: Response) -> Response {
    let (mut parts, body) = answer.into_parts();
    let body: Bytes = match to_bytes(body, MOST_ANSWER_BYTES).await {
        Ok(body) => body,
        Err(_) => return problem(ProblemCode::Internal),
    };
    let token = sign_response(&shared.channel, Party::Matcher, id, parts.status.as_u16(), &body)
        .ok()
        .and_then(|token| HeaderValue::from_str(&token).ok());
    match token {
        Some(token) => {
            parts.headers.insert(RESPONSE_HEADER, token);
            Response::from_parts(parts, Body::from(body))
        }
        None => problem(ProblemCode::Internal),
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use axum::body::HttpBody;
    use http_body::Frame;

    use super::*;

    /// A body of which nothing ever comes.
    struct Silent;

    impl HttpBody for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let silent = received(Body::new(Silent), Duration::from_millis(1)).await;
        assert_eq!(silent.unwrap_err(), ProblemCode::Unauthenticated);
        let long = received(Body::from(vec![0; MOST_REQUEST_BYTES + 1]), PATIENCE).await;
        assert_eq!(long.unwrap_err(), ProblemCode::TooLarge);
        let sound = received(Body::from("sound"), PATIENCE).await;
        assert_eq!(sound.unwrap(), "sound");
    }
}
