//! A matcher that listens, and its edge's side of the channel.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use rustls::ServerConfig;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tanu_protocol::channel::{Party, REQUEST_HEADER, RESPONSE_HEADER, RequestLine, sign_request, verify_response};
use tanu_protocol::digest::Nonce;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::problem::{Problem, ProblemCode};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::{InWork, Shared};
use crate::host::Host;
use crate::server::{Grace, serve};
use crate::service::testing::{Acting, Edge, Fixture, key};

const EDGE: u8 = 11;
const MATCHER: u8 = 12;

/// A matcher that listens on loopback until it is dropped or stopped.
pub(crate) struct Server {
    pub(crate) fixture: Fixture,
    pub(crate) listens: SocketAddr,
    origin: String,
    agent: Agent,
    ids: AtomicU8,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
    runtime: Runtime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) token: Option<String>,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> T {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn problem(&self) -> ProblemCode {
        assert_eq!(self.media_type, "application/problem+json");
        let problem: Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        problem.code
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::over(Fixture::new(), None, Grace::USUAL)
    }

    pub(crate) fn over(fixture: Fixture, tls: Option<Arc<ServerConfig>>, grace: Grace) -> Self {
        let shared = Shared {
            matcher: Arc::clone(&fixture.matcher),
            channel: JwsSigner::new(key(MATCHER)),
            edge: *key(EDGE).verifying_key(),
            evidence_keys: vec![JwsSigner::new(key(3)).public_key()],
            in_work: InWork::default(),
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let listens = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let runtime = Runtime::new().unwrap();
        let served = runtime.spawn(serve(
            listener,
            tls,
            Arc::new(shared),
            async { stopped.await.unwrap_or_default() },
            grace,
        ));
        Self {
            fixture,
            listens,
            origin: format!("{scheme}://{listens}"),
            agent: agent(RootCerts::Specific(Arc::default())),
            ids: AtomicU8::new(0),
            stop,
            served,
            runtime,
        }
    }

    /// Its client trusts these authorities, where it knew none before.
    pub(crate) fn trusting(mut self, roots: RootCerts) -> Self {
        self.agent = agent(roots);
        self
    }

    /// Sends the signal to stop; then gives what waits for the end.
    pub(crate) fn stop(self) -> impl FnOnce() -> std::io::Result<()> {
        self.stop.send(()).unwrap();
        move || {
            let result = self.runtime.block_on(self.served).unwrap();
            self.runtime.shutdown_background();
            result
        }
    }

    /// A call without what the channel asks for, unless `token` is it.
    pub(crate) fn send(&self, method: &str, path: &str, body: &[u8], token: Option<&str>) -> Reply {
        let request = Request {
            method,
            path,
            body,
            token,
        };
        request.send(&self.agent, &self.origin).unwrap()
    }

    pub(crate) fn token(&self, method: &str, path: &str, body: &[u8], id: Nonce) -> String {
        let line = RequestLine { method, path, body };
        let now = self.fixture.host.now();
        sign_request(&JwsSigner::new(key(EDGE)), Party::Edge, Party::Matcher, line, id, now).unwrap()
    }

    /// A call as the edge makes it, its answer verified.
    pub(crate) fn call(&self, method: &str, path: &str, body: &[u8]) -> Reply {
        self.later(method, path, body)().unwrap()
    }

    /// The same call, to be made on another thread.
    pub(crate) fn later(
        &self,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> impl FnOnce() -> Result<Reply, ureq::Error> + Send + 'static {
        let id = Nonce::from_bytes([self.ids.fetch_add(1, Ordering::Relaxed); 32]);
        let token = self.token(method, path, body, id);
        let (agent, origin) = (self.agent.clone(), self.origin.clone());
        let (method, path, body) = (method.to_owned(), path.to_owned(), body.to_owned());
        move || {
            let request = Request {
                method: &method,
                path: &path,
                body: &body,
                token: Some(&token),
            };
            let reply = request.send(&agent, &origin)?;
            let (token, matcher) = (reply.token.as_deref().unwrap(), key(MATCHER));
            verify_response(
                token,
                matcher.verifying_key(),
                Party::Matcher,
                id,
                reply.status,
                &reply.body,
            )
            .unwrap();
            Ok(reply)
        }
    }

    pub(crate) fn post<T: Serialize>(&self, path: &str, body: &T) -> Reply {
        self.call("POST", path, &serde_json::to_vec(body).unwrap())
    }

    pub(crate) fn put_step(&self, edge: &Edge, run: u8, step: u8, acting: Acting) -> Reply {
        let (path, body) = step_of(edge, run, step, acting);
        self.call("PUT", &path, &body)
    }
}

/// Path and body of a step's frames.
pub(crate) fn step_of(edge: &Edge, run: u8, step: u8, acting: Acting) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    ciborium::into_writer(&edge.step(run, step, acting), &mut body).unwrap();
    (format!("/v1/session/{}/run/{run}/step/{step}", edge.session), body)
}

fn agent(roots: RootCerts) -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .build()
        .new_agent()
}

struct Request<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a [u8],
    token: Option<&'a str>,
}

impl Request<'_> {
    fn send(&self, agent: &Agent, origin: &str) -> Result<Reply, ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(self.method)
            .uri(format!("{origin}{}", self.path));
        if let Some(token) = self.token {
            request = request.header(REQUEST_HEADER, token);
        }
        let mut response = agent.run(request.body(self.body)?)?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Ok(Reply {
            status: response.status().as_u16(),
            token: header(RESPONSE_HEADER),
            media_type: header("content-type").unwrap_or_default(),
            body: response.body_mut().with_config().limit(1 << 26).read_to_vec()?,
        })
    }
}
