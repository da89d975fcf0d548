//! The state database over real HTTP, with the channel's own tokens.

use openidconnect::reqwest;
use p256::ecdsa::SigningKey;
use tanu_protocol::digest::TransactionHash;

use super::*;
use crate::host::random;
use crate::testing::{Serving, citizen};

const IIN: &str = "880229100014";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

/// A state database with one citizen, reached as the matcher reaches it.
struct Fixture {
    server: Serving,
    http: reqwest::Client,
}

struct Answer {
    status: u16,
    token: Option<String>,
    body: Vec<u8>,
}

impl Fixture {
    async fn new() -> Self {
        let store = Store::in_memory().unwrap();
        Registry::new(store.clone())
            .add(citizen(IIN), clock::now())
            .await
            .unwrap();
        let database = StateDatabase::new(store, JwsSigner::new(key(2)), *key(1).verifying_key());
        Self {
            server: Serving::start(database.routes()).await,
            http: reqwest::Client::new(),
        }
    }

    async fn post(&self, token: Option<&str>, body: Vec<u8>) -> Answer {
        let mut request = self
            .http
            .post(format!("{}{INDIVIDUAL_PATH}", self.server.origin()))
            .body(body);
        if let Some(token) = token {
            request = request.header(REQUEST_HEADER, token);
        }
        let answer = request.send().await.unwrap();
        Answer {
            status: answer.status().as_u16(),
            token: answer
                .headers()
                .get(RESPONSE_HEADER)
                .map(|value| value.to_str().unwrap().to_owned()),
            body: answer.bytes().await.unwrap().to_vec(),
        }
    }
}

fn query(iin: &str) -> Vec<u8> {
    serde_json::to_vec(&ReferenceQuery {
        iin: iin.parse().unwrap(),
        transaction: TransactionHash::from_bytes([3; 32]),
    })
    .unwrap()
}

fn token(signer: SigningKey, sender: Party, id: Nonce, path: &str, body: &[u8]) -> String {
    let line = RequestLine {
        method: "POST",
        path,
        body,
    };
    channel::sign_request(
        &JwsSigner::new(signer),
        sender,
        Party::StateDatabase,
        line,
        id,
        clock::now(),
    )
    .unwrap()
}

fn id() -> Nonce {
    Nonce::from_bytes(random::bytes().unwrap())
}

fn code(answer: &Answer) -> ProblemCode {
    serde_json::from_slice::<Problem>(&answer.body).unwrap().code
}

fn assert_signed(answer: &Answer, id: Nonce) {
    let token = answer.token.as_deref().expect("a signed answer");
    let key = *key(2).verifying_key();
    channel::verify_response(token, &key, Party::StateDatabase, id, answer.status, &answer.body).unwrap();
}

#[tokio::test]
async fn nbs_9_the_matcher_gets_photo_and_document_of_a_known_citizen_signed() {
    let fixture = Fixture::new().await;
    let (id, body) = (id(), query(IIN));
    let answer = fixture
        .post(Some(&token(key(1), Party::Matcher, id, INDIVIDUAL_PATH, &body)), body)
        .await;
    assert_signed(&answer, id);
    let expected = citizen(IIN);
    assert_eq!(
        serde_json::from_slice::<ReferenceAnswer>(&answer.body).unwrap(),
        ReferenceAnswer::Found {
            photo: expected.photo.into_file(),
            document: expected.document
        }
    );
}

#[tokio::test]
async fn an_unknown_number_is_answered_not_found() {
    let fixture = Fixture::new().await;
    let (id, body) = (id(), query("991231200423"));
    let answer = fixture
        .post(Some(&token(key(1), Party::Matcher, id, INDIVIDUAL_PATH, &body)), body)
        .await;
    assert_signed(&answer, id);
    let answer: ReferenceAnswer = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(answer, ReferenceAnswer::NotFound);
}

#[tokio::test]
async fn bnk_15_a_replayed_request_is_refused() {
    let fixture = Fixture::new().await;
    let body = query(IIN);
    let token = token(key(1), Party::Matcher, id(), INDIVIDUAL_PATH, &body);
    assert_eq!(fixture.post(Some(&token), body.clone()).await.status, 200);
    let again = fixture.post(Some(&token), body).await;
    assert_eq!(code(&again), ProblemCode::Replayed);
}

#[tokio::test]
async fn bnk_15_nobody_but_the_matcher_is_answered() {
    let fixture = Fixture::new().await;
    let body = query(IIN);
    let tokens = [
        None,
        Some("nonsense".to_owned()),
        Some(token(key(9), Party::Matcher, id(), INDIVIDUAL_PATH, &body)),
        Some(token(key(1), Party::Edge, id(), INDIVIDUAL_PATH, &body)),
        Some(token(key(1), Party::Matcher, id(), "/state/other", &body)),
        Some(token(key(1), Party::Matcher, id(), INDIVIDUAL_PATH, b"another body")),
    ];
    for token in tokens {
        let answer = fixture.post(token.as_deref(), body.clone()).await;
        assert_eq!(
            (answer.status, code(&answer)),
            (401, ProblemCode::Unauthenticated),
            "{token:?}"
        );
    }
}

#[tokio::test]
async fn a_bad_query_is_refused_without_repeating_it() {
    let fixture = Fixture::new().await;
    let transaction = TransactionHash::from_bytes([3; 32]);
    let wrong_digit = format!(r#"{{"iin":"880229100015","transaction":"{transaction}"}}"#);
    for body in [wrong_digit.into_bytes(), b"{}".to_vec(), b"\xff".to_vec()] {
        let id = id();
        let token = token(key(1), Party::Matcher, id, INDIVIDUAL_PATH, &body);
        let answer = fixture.post(Some(&token), body).await;
        assert_signed(&answer, id);
        assert_eq!(code(&answer), ProblemCode::MalformedRequest);
        assert!(!String::from_utf8_lossy(&answer.body).contains("880229100015"));
    }
    let huge = vec![b' '; MOST_QUERY_BYTES + 1];
    assert_eq!(code(&fixture.post(None, huge).await), ProblemCode::TooLarge);
}
