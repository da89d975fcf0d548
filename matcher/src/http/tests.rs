//! The API over real HTTP, as the edge calls it.

use tanu_protocol::digest::Nonce;
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::matcher::{ComparisonVerdict, EndSession, RunVerdict, SessionEnded, StepVerdict};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{ConsistencyProof, InclusionProof};
use tanu_protocol::session::Ending;

use super::MOST_REQUEST_BYTES;
use super::routes::MOST_JSON_BYTES;
use super::testing::{Reply, Server};
use crate::service::testing::{Acting, Edge, PERSON, key, reference};

#[test]
fn a_session_from_opening_to_comparison_over_the_whole_api() {
    let server = Server::start();
    server.fixture.state.say(Some(reference(1)));
    let edge = Edge::new(&server.fixture, 1);
    let session = format!("/v1/session/{}", edge.session);
    assert_eq!(server.post("/v1/session", &edge.open()).status, 204);
    for step in 0..3 {
        let verdict: StepVerdict = server.put_step(&edge, 0, step, Acting::AsAsked(1)).json();
        assert_eq!(verdict.mismatches, []);
    }
    let run: RunVerdict = server
        .post(&format!("{session}/run/0/conclusion"), &edge.conclude(0, 3))
        .json();
    assert!(run.passed);
    let compared: ComparisonVerdict = server.call("POST", &format!("{session}/comparison"), b"").json();
    let documents: Vec<SignedDocument> = server.call("GET", &format!("{session}/documents"), b"").json();
    assert_eq!(documents.len(), 3);
    assert_eq!(documents[2].reference, compared.document);

    let checkpoint = server.call("GET", "/v1/register/checkpoint", b"");
    assert_eq!(checkpoint.media_type, "application/jose");
    let path = format!("/v1/register/inclusion?document={}", compared.document.sha256);
    let proof: InclusionProof = server.call("GET", &path, b"").json();
    assert_eq!(proof.index, 1);
    assert_eq!(proof.checkpoint.as_bytes(), checkpoint.body);
    let proof: ConsistencyProof = server.call("GET", "/v1/register/consistency?from=1", b"").json();
    assert_eq!(proof.path.len(), 1);
    let keys: serde_json::Value = server.call("GET", "/v1/keys", b"").json();
    assert_eq!(keys["keys"][0]["kid"], JwsSigner::new(key(3)).kid());
}

#[test]
fn bnk_15_no_call_is_answered_without_the_edge_s_token() {
    let server = Server::start();
    let refused = |reply: &Reply| {
        assert_eq!(reply.problem(), ProblemCode::Unauthenticated);
        assert_eq!(reply.token, None);
    };
    refused(&server.send("GET", "/v1/keys", b"", None));
    refused(&server.send("GET", "/v1/unknown", b"", None));
    let id = Nonce::from_bytes([200; 32]);
    let token = server.token("GET", "/v1/keys", b"", id);
    refused(&server.send("GET", "/v1/register/checkpoint", b"", Some(&token)));
    refused(&server.send("POST", "/v1/keys", b"", Some(&token)));
    refused(&server.send("GET", "/v1/keys", b"body", Some(&token)));
    server.fixture.host.pass(61);
    refused(&server.send("GET", "/v1/keys", b"", Some(&token)));
    assert_eq!(server.send("GET", "/healthz", b"", None).status, 200);
}

#[test]
fn bnk_15_a_request_is_accepted_once() {
    let server = Server::start();
    let token = server.token("GET", "/v1/keys", b"", Nonce::from_bytes([201; 32]));
    assert_eq!(server.send("GET", "/v1/keys", b"", Some(&token)).status, 200);
    let again = server.send("GET", "/v1/keys", b"", Some(&token));
    assert_eq!(again.problem(), ProblemCode::Replayed);
}

#[test]
fn hostile_requests_get_a_problem_that_repeats_nothing() {
    let server = Server::start();
    let edge = Edge::new(&server.fixture, 1);
    let session = format!("/v1/session/{}", edge.session);
    assert_eq!(server.post("/v1/session", &edge.open()).status, 204);
    let step = format!("{session}/run/0/step/0");
    let mut sound = Vec::new();
    ciborium::into_writer(&edge.step(0, 0, Acting::AsAsked(1)), &mut sound).unwrap();

    for (method, path, body, expected) in [
        ("POST", "/v1/session", &b"{"[..], ProblemCode::MalformedRequest),
        (
            "POST",
            "/v1/session",
            b"{\"person\":\"880229100015\"}",
            ProblemCode::MalformedRequest,
        ),
        ("PUT", &step, &sound[..sound.len() / 2], ProblemCode::MalformedRequest),
        ("PUT", &step, b"\xff\xff\xff\xff", ProblemCode::MalformedRequest),
        (
            "PUT",
            &format!("{session}/run/0/step/1"),
            &sound,
            ProblemCode::MalformedRequest,
        ),
        (
            "PUT",
            &format!("{session}/run/0/step/999"),
            &sound,
            ProblemCode::NotFound,
        ),
        ("PUT", "/v1/session/short/run/0/step/0", &sound, ProblemCode::NotFound),
        ("DELETE", &session, b"", ProblemCode::NotFound),
        ("GET", "/v1/session", b"", ProblemCode::MethodNotAllowed),
        ("GET", "/v1/register/inclusion", b"", ProblemCode::MalformedRequest),
        (
            "GET",
            "/v1/register/consistency?from=-1",
            b"",
            ProblemCode::MalformedRequest,
        ),
        ("GET", "/v1/register/consistency?from=7", b"", ProblemCode::NotFound),
        ("POST", &format!("{session}/comparison"), b"", ProblemCode::SessionState),
        (
            "GET",
            "/v1/session/AAAAAAAAAAAAAAAAAAAAAA/documents",
            b"",
            ProblemCode::SessionUnknown,
        ),
    ] {
        let reply = server.call(method, path, body);
        assert_eq!(reply.problem(), expected, "{method} {path}");
        let text = String::from_utf8(reply.body).unwrap();
        assert!(!text.contains(PERSON) && !text.contains("880229100015"), "{text}");
    }

    // No JSON is as large as a capture may be.
    let long = vec![b' '; MOST_JSON_BYTES + 1];
    for path in [
        "/v1/session",
        &format!("{session}/run/0/conclusion"),
        &format!("{session}/end"),
    ] {
        assert_eq!(
            server.call("POST", path, &long).problem(),
            ProblemCode::TooLarge,
            "{path}"
        );
    }

    // As large as a capture may be: read to its end, and refused for what it says.
    let large = vec![0; MOST_REQUEST_BYTES];
    assert_eq!(
        server.call("PUT", &step, &large).problem(),
        ProblemCode::MalformedRequest
    );
    let huge = vec![0; MOST_REQUEST_BYTES + 1];
    let token = server.token("PUT", &step, &huge, Nonce::from_bytes([202; 32]));
    assert_eq!(
        server.send("PUT", &step, &huge, Some(&token)).problem(),
        ProblemCode::TooLarge
    );
    assert_eq!(server.call("PUT", &step, &sound).status, 200);
}

#[test]
fn bnk_15_a_request_that_can_t_be_remembered_is_not_answered() {
    let server = Server::start();
    server.fixture.store.execute("PRAGMA query_only = true");
    let reply = server.call("GET", "/v1/keys", b"");
    assert_eq!(reply.problem(), ProblemCode::TryLater);
    server.fixture.store.execute("PRAGMA query_only = false");
    assert_eq!(server.call("GET", "/v1/keys", b"").status, 200);
}

#[test]
fn a_refused_session_ends_with_its_documents() {
    let server = Server::start();
    let edge = Edge::new(&server.fixture, 1);
    server.post("/v1/session", &edge.open_with(&edge.consent(false, false), 2));
    let end = EndSession {
        ending: Ending::Refused,
    };
    let ended: SessionEnded = server.post(&format!("/v1/session/{}/end", edge.session), &end).json();
    assert_eq!((ended.ending, ended.documents.len()), (Ending::Refused, 2));
}
