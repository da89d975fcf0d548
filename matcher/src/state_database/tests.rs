use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use p256::ecdsa::SigningKey;
use tanu_protocol::channel::{sign_response, verify_request};
use tanu_protocol::digest::TransactionHash;
use tanu_protocol::state_database::{MOST_PHOTO_PIXELS, MOST_PHOTO_SIDE};
use tokio::runtime::Runtime;

use super::*;
use crate::host::testing::TestHost;
use crate::service::testing::{PERSON, key, reference};

const MATCHER: u8 = 12;
const DATABASE: u8 = 13;

/// How an answer differs from a sound one.
#[derive(Clone)]
struct Answer {
    status: u16,
    body: Vec<u8>,
    signer: Option<u8>,
    /// The id of another request than the one that is answered.
    id: Option<Nonce>,
    /// What is sent in place of what was signed.
    sent: Option<Vec<u8>>,
}

impl Answer {
    fn of(body: impl Into<Vec<u8>>) -> Self {
        Self {
            status: 200,
            body: body.into(),
            signer: Some(DATABASE),
            id: None,
            sent: None,
        }
    }

    fn json(answer: &ReferenceAnswer) -> Self {
        Self::of(serde_json::to_vec(answer).unwrap())
    }
}

struct Script {
    host: Arc<TestHost>,
    answers: Mutex<Vec<Answer>>,
    queries: Mutex<Vec<ReferenceQuery>>,
}

/// A state database that listens on loopback and gives its answers one after the other.
struct Database {
    script: Arc<Script>,
    listens: SocketAddr,
    _runtime: Runtime,
}

impl Database {
    fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let mut answers: Vec<Answer> = answers.into_iter().collect();
        answers.reverse();
        let script = Arc::new(Script {
            host: Arc::new(TestHost::new()),
            answers: Mutex::new(answers),
            queries: Mutex::default(),
        });
        let runtime = Runtime::new().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let listens = listener.local_addr().unwrap();
        let router = Router::new()
            .route(INDIVIDUAL_PATH, post(answer))
            .with_state(Arc::clone(&script));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            script,
            listens,
            _runtime: runtime,
        }
    }

    fn asked(&self) -> Result<ReferenceAnswer, Unavailable> {
        client(self.listens, Patience::USUAL).reference(&query())
    }

    fn queries(&self) -> usize {
        self.script.queries.lock().unwrap().len()
    }
}

/// Answers who proves to be the matcher.
async fn answer(State(script): State<Arc<Script>>, headers: HeaderMap, body: Bytes) -> Response {
    let line = RequestLine {
        method: "POST",
        path: INDIVIDUAL_PATH,
        body: &body,
    };
    let matcher = key(MATCHER);
    let claims = verify_request(
        headers[REQUEST_HEADER].to_str().unwrap(),
        matcher.verifying_key(),
        Party::Matcher,
        Party::StateDatabase,
        line,
        script.host.now(),
    )
    .unwrap();
    script
        .queries
        .lock()
        .unwrap()
        .push(serde_json::from_slice(&body).unwrap());
    let Answer {
        status,
        body,
        signer,
        id,
        sent,
    } = script.answers.lock().unwrap().pop().unwrap();
    let token = signer.map(|seed| {
        let id = id.unwrap_or(claims.jti);
        sign_response(&JwsSigner::new(key(seed)), Party::StateDatabase, id, status, &body).unwrap()
    });
    let mut response = (StatusCode::from_u16(status).unwrap(), sent.unwrap_or(body)).into_response();
    if let Some(token) = token {
        response.headers_mut().insert(RESPONSE_HEADER, token.parse().unwrap());
    }
    // Where a redirect leads does not matter: nothing may follow it.
    response.headers_mut().insert("location", "/".parse().unwrap());
    response
}

fn client(listens: SocketAddr, patience: Patience) -> HttpStateDatabase {
    let config = config::StateDatabase {
        url: format!("http://{listens}").parse().unwrap(),
        name: "Жеке тұлғалар".into(),
        channel_public: "unread".into(),
        authorities: None,
    };
    let database: SigningKey = key(DATABASE);
    HttpStateDatabase::with_patience(
        patience,
        &config,
        JwsSigner::new(key(MATCHER)),
        *database.verifying_key(),
        Arc::new(TestHost::new()),
    )
    .unwrap()
}

fn query() -> ReferenceQuery {
    ReferenceQuery {
        iin: PERSON.parse().unwrap(),
        transaction: TransactionHash::from_bytes([1; 32]),
    }
}

/// A wait that is over soon.
const SHORT: Patience = Patience {
    connect: Duration::from_millis(50),
    whole: Duration::from_millis(50),
};

/// What comes of asking a listener that does `serve` with each connection.
fn asked_of(serve: impl Fn(TcpStream) + Send + 'static, patience: Patience) -> Result<ReferenceAnswer, Unavailable> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let listens = listener.local_addr().unwrap();
    std::thread::spawn(move || listener.incoming().for_each(|stream| serve(stream.unwrap())));
    client(listens, patience).reference(&query())
}

#[test]
fn nbs_9_a_person_s_photo_and_document_come_from_the_state_database() {
    let database = Database::answering([Answer::json(&reference(1))]);
    assert_eq!(database.asked(), Ok(reference(1)));
    assert_eq!(*database.script.queries.lock().unwrap(), [query()]);
}

#[test]
fn nbs_9_that_nobody_is_found_is_an_answer() {
    let database = Database::answering([Answer::json(&ReferenceAnswer::NotFound)]);
    assert_eq!(database.asked(), Ok(ReferenceAnswer::NotFound));
    assert_eq!(database.queries(), 1);
}

#[test]
fn bnk_15_an_answer_that_is_not_the_database_s_own_to_this_request_is_not_believed() {
    let sound = Answer::json(&reference(1));
    let unsigned = Answer {
        signer: None,
        ..sound.clone()
    };
    let another_key = Answer {
        signer: Some(MATCHER),
        ..sound.clone()
    };
    let another_request = Answer {
        id: Some(Nonce::from_bytes([9; 32])),
        ..sound.clone()
    };
    let altered = Answer {
        sent: Some(serde_json::to_vec(&reference(2)).unwrap()),
        ..sound
    };
    for answer in [unsigned, another_key, another_request, altered] {
        let database = Database::answering([answer]);
        assert_eq!(database.asked(), Err(Unavailable::Unauthenticated));
    }
}

#[test]
fn a_signed_answer_of_another_shape_is_malformed_and_not_asked_for_again() {
    let found_without_photo = r#"{"result":"found"}"#;
    for body in ["", "{", "null", r#"{"result":"perhaps"}"#, found_without_photo] {
        let database = Database::answering([Answer::of(body)]);
        assert_eq!(database.asked(), Err(Unavailable::Malformed), "{body}");
        assert_eq!(database.queries(), 1);
    }
}

#[test]
fn an_answer_may_be_as_large_as_the_cap_and_no_larger() {
    let cap = usize::try_from(MOST_ANSWER_BYTES).unwrap();
    let padded = |length: usize| {
        let mut body = serde_json::to_vec(&ReferenceAnswer::NotFound).unwrap();
        body.resize(length, b' ');
        Database::answering([Answer::of(body)])
    };
    assert_eq!(padded(cap).asked(), Ok(ReferenceAnswer::NotFound));
    for length in [cap + 1, 2 * cap] {
        let database = padded(length);
        assert_eq!(database.asked(), Err(Unavailable::Malformed));
        assert_eq!(database.queries(), 1);
    }
}

#[test]
fn nbs_9_the_largest_photo_that_the_contract_allows_arrives() {
    let ReferenceAnswer::Found { document, .. } = reference(1) else {
        panic!("the reference has a photo");
    };
    let largest = ReferenceAnswer::Found {
        photo: vec![0xff; MOST_PHOTO_BYTES],
        document,
    };
    let database = Database::answering([Answer::json(&largest)]);
    assert!(database.asked() == Ok(largest));
}

#[test]
fn nbs_9_the_largest_picture_that_the_contract_allows_is_decoded() {
    const {
        assert!(MOST_PHOTO_BYTES <= tanu_vision::decode::MAX_BYTES);
        assert!(MOST_PHOTO_SIDE <= tanu_vision::decode::MAX_SIDE);
        assert!(MOST_PHOTO_PIXELS <= tanu_vision::decode::MAX_PIXELS);
    }
    let height = u32::try_from(MOST_PHOTO_PIXELS).unwrap() / MOST_PHOTO_SIDE;
    let mut file = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_luma8(MOST_PHOTO_SIDE, height)
        .write_to(&mut file, image::ImageFormat::Png)
        .unwrap();
    let picture = tanu_vision::decode(file.get_ref()).unwrap();
    assert_eq!((picture.width(), picture.height()), (MOST_PHOTO_SIDE, height));
}

#[test]
fn any_status_but_200_is_silence_whoever_signed_it() {
    for status in [201, 204, 302, 404, 500, 503] {
        let answer = Answer {
            status,
            ..Answer::json(&reference(1))
        };
        let database = Database::answering([answer.clone(), answer]);
        assert_eq!(database.asked(), Err(Unavailable::Silent), "{status}");
        assert_eq!(database.queries(), 2, "{status}");
    }
}

#[test]
fn a_database_that_fails_once_is_asked_again() {
    let failed = Answer {
        status: 503,
        ..Answer::of("")
    };
    let database = Database::answering([failed, Answer::json(&reference(1))]);
    assert_eq!(database.asked(), Ok(reference(1)));
}

#[test]
fn a_refused_connection_is_silence() {
    let listens = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let result = client(listens, Patience::USUAL).reference(&query());
    assert_eq!(result, Err(Unavailable::Silent));
}

#[test]
fn a_database_that_never_answers_is_not_waited_for() {
    let kept = Mutex::new(Vec::new());
    let keep = move |stream| kept.lock().unwrap().push(stream);
    assert_eq!(asked_of(keep, SHORT), Err(Unavailable::Silent));
}

/// Begins an answer. The client may be gone by then, which is no fault of the database's.
fn begin(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"result\":");
}

#[test]
fn an_answer_that_never_ends_is_not_waited_for() {
    let kept = Mutex::new(Vec::new());
    let begin_and_keep = move |mut stream| {
        begin(&mut stream);
        kept.lock().unwrap().push(stream);
    };
    assert_eq!(asked_of(begin_and_keep, SHORT), Err(Unavailable::Silent));
}

#[test]
fn an_answer_that_is_cut_off_is_silence() {
    let cut_off = |mut stream| begin(&mut stream);
    assert_eq!(asked_of(cut_off, Patience::USUAL), Err(Unavailable::Silent));
}

#[test]
fn authorities_without_a_certificate_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();
    for authorities in [empty, directory.path().join("missing.pem")] {
        let config = config::StateDatabase {
            url: "https://example.kz".parse().unwrap(),
            name: "Жеке тұлғалар".into(),
            channel_public: "unread".into(),
            authorities: Some(authorities),
        };
        let (signer, database) = (JwsSigner::new(key(MATCHER)), key(DATABASE));
        let host = Arc::new(TestHost::new());
        let result = HttpStateDatabase::new(&config, signer, *database.verifying_key(), host);
        assert!(matches!(result.err(), Some(SetUpError::Authorities)));
    }
}
