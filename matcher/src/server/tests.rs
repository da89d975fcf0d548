use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tanu_vision::Examination;
use ureq::tls::{Certificate, RootCerts};

use super::*;
use crate::host::testing::TestHost;
use crate::http::testing::{Reply, Server, step_of};
use crate::inference::{Examine, Unexamined};
use crate::service::testing::{Acting, Edge, Fixture, ReadsPictures, master};
use crate::store::SqliteStore;

/// A grace that no test waits for.
const LONG: Grace = Grace {
    work: Duration::from_secs(86_400),
    answers: Duration::ZERO,
};

/// A door that models wait before until it is opened.
#[derive(Default)]
struct Door {
    is_open: Mutex<bool>,
    opened: Condvar,
}

impl Door {
    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    fn pass(&self) {
        let is_open = self.is_open.lock().unwrap();
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
    }
}

struct BehindDoor {
    door: Arc<Door>,
    arrived: Sender<()>,
}

impl Examine for BehindDoor {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        self.arrived.send(()).unwrap();
        self.door.pass();
        ReadsPictures.examine(picture, t_ms)
    }
}

type Call = std::thread::JoinHandle<Result<Reply, ureq::Error>>;

/// A server with a call in work, which goes on when the door opens.
fn with_call_in_work(grace: Grace) -> (Server, Call, Arc<Door>, Receiver<()>) {
    let door = Arc::new(Door::default());
    let (arrived, arrivals) = channel();
    let examiner = BehindDoor {
        door: Arc::clone(&door),
        arrived,
    };
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
    let server = Server::over(Fixture::with_examiner(host, store, Arc::new(examiner)), None, grace);
    let edge = Edge::new(&server.fixture, 1);
    assert_eq!(server.post("/v1/session", &edge.open()).status, 204);
    let (path, body) = step_of(&edge, 0, 0, Acting::AsAsked(1));
    let call = std::thread::spawn(server.later("PUT", &path, &body));
    arrivals.recv().unwrap();
    (server, call, door, arrivals)
}

#[test]
fn clients_with_no_call_in_work_do_not_hold_the_end() {
    const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: matcher\r\n\r\n";
    let server = Server::over(Fixture::new(), None, LONG);
    let connect = |sent: &[u8], answered: bool| {
        let mut stream = TcpStream::connect(server.listens).unwrap();
        stream.write_all(sent).unwrap();
        if answered {
            assert_ne!(stream.read(&mut [0; 1024]).unwrap(), 0);
        }
        stream
    };
    let half_a_body = b"POST /v1/session HTTP/1.1\r\nHost: matcher\r\ntanu-request: x\r\nContent-Length: 9\r\n\r\n1234";
    let http_2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    let open = [
        connect(b"", false),
        connect(HEALTH, true),
        connect(&HEALTH[..20], false),
        connect(half_a_body, false),
        connect(http_2, true),
    ];
    server.stop()().unwrap();
    drop(open);
}

#[test]
fn bnk_15_a_client_that_never_shakes_hands_does_not_hold_the_end() {
    let authority = Authority::new();
    let server = Server::over(Fixture::new(), Some(authority.certified()), LONG);
    let silent = TcpStream::connect(server.listens).unwrap();
    server.stop()().unwrap();
    drop(silent);
}

#[test]
fn a_call_in_work_is_answered_before_the_end() {
    let (server, call, door, _arrivals) = with_call_in_work(LONG);
    let address = server.listens;
    let ended = server.stop();
    while TcpStream::connect(address).is_ok() {
        std::thread::yield_now();
    }
    door.open();
    assert_eq!(call.join().unwrap().unwrap().status, 200);
    ended().unwrap();
}

#[test]
fn a_call_that_outlives_its_grace_is_cut_off() {
    let none = Grace {
        work: Duration::ZERO,
        answers: Duration::ZERO,
    };
    let (server, call, door, _arrivals) = with_call_in_work(none);
    server.stop()().unwrap();
    assert!(call.join().unwrap().is_err());
    door.open();
}

#[test]
fn bnk_15_calls_over_tls_are_answered_to_those_alone_who_trust_its_authority() {
    let authority = Authority::new();
    let server = Server::over(Fixture::new(), Some(authority.certified()), Grace::USUAL);
    assert!(server.later("GET", "/v1/keys", b"")().is_err());
    let server = server.trusting(authority.roots());
    assert_eq!(server.call("GET", "/v1/keys", b"").status, 200);
}

#[test]
fn bnk_15_plain_http_on_the_tls_port_gets_no_answer() {
    let server = Server::over(Fixture::new(), Some(Authority::new().certified()), Grace::USUAL);
    let mut stream = TcpStream::connect(server.listens).unwrap();
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: matcher\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = Vec::new();
    // An alert of TLS at most, and the end of the connection, orderly or not.
    let _ = stream.read_to_end(&mut answer);
    let holds = |text: &[u8]| answer.windows(text.len()).any(|window| window == text);
    assert!(!holds(b"HTTP") && !holds(b"ok"), "{answer:?}");
}

#[test]
fn bnk_15_the_listener_does_not_start_without_its_certificate_and_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let authority = Authority::new();
    authority.certify(&path("chain.pem"), &path("key.pem"));
    authority.certify(&path("other.chain.pem"), &path("other.key.pem"));
    std::fs::write(path("empty.pem"), "").unwrap();
    assert!(tls(&path("chain.pem"), &path("key.pem")).is_ok());

    for (chain, key, named) in [
        ("missing.pem", "key.pem", "missing.pem holds no certificate chain"),
        ("empty.pem", "key.pem", "empty.pem holds no certificate chain"),
        ("key.pem", "key.pem", "key.pem holds no certificate chain"),
        ("chain.pem", "missing.pem", "missing.pem holds no private key"),
        ("chain.pem", "chain.pem", "chain.pem holds no private key"),
    ] {
        let refusal = tls(&path(chain), &path(key)).unwrap_err();
        assert!(matches!(refusal, TlsError::File { .. }));
        assert!(refusal.to_string().contains(named), "{refusal}");
    }
    let other = tls(&path("chain.pem"), &path("other.key.pem")).unwrap_err();
    assert!(matches!(other, TlsError::Unusable(rustls::Error::InconsistentKeys(_))));
}

/// A certification authority for tests.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            pem: parameters.self_signed(&key).unwrap().pem(),
            issuer: Issuer::new(parameters, key),
        }
    }

    /// Writes a new key, and a certificate for a listener on loopback.
    fn certify(&self, chain_file: &Path, key_file: &Path) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        std::fs::write(chain_file, certificate.signed_by(&key, &self.issuer).unwrap().pem()).unwrap();
        std::fs::write(key_file, key.serialize_pem()).unwrap();
    }

    /// What a listener on loopback shows.
    fn certified(&self) -> Arc<ServerConfig> {
        let directory = tempfile::tempdir().unwrap();
        let (chain_file, key_file) = (directory.path().join("chain.pem"), directory.path().join("key.pem"));
        self.certify(&chain_file, &key_file);
        tls(&chain_file, &key_file).unwrap()
    }

    fn roots(&self) -> RootCerts {
        RootCerts::Specific(Arc::new(vec![Certificate::from_pem(self.pem.as_bytes()).unwrap()]))
    }
}
