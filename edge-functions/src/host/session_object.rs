//! The Durable Object of one session: storage, alarm, and one call at a time.

use std::cell::Cell;
use std::time::Duration;

use jiff::Timestamp;
use tanu_protocol::problem::ProblemCode;
use worker::{DurableObject, Env, Request, Response, ScheduledTime, State, durable_object, js_sys, wasm_bindgen};

use super::setup::{Setup, setup};
use super::{body, clock, log, matcher, random};
use crate::call::Envelope;
use crate::desk::{Desk, Host, HostFailure, Record};
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::reply::Reply;

/// How long one call may keep the others waiting, in milliseconds: longer than all that it may ask of the matcher. A call
/// that was cut off can't hold the object for longer.
const LEASE_MS: i64 = 100_000;
/// How often a waiting call looks whether it is its turn.
const TURN: Duration = Duration::from_millis(15);

/// Key of what is stored.
const RECORD: &str = "record";

/// One session.
#[durable_object]
pub struct SessionObject {
    state: State,
    env: Env,
    /// While a call is being answered, until when it is at the latest. The runtime lets other calls in while one waits for the
    /// matcher, so the turn is kept here.
    busy_until: Cell<Option<Timestamp>>,
}

impl DurableObject for SessionObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            busy_until: Cell::new(None),
        }
    }

    async fn fetch(&self, mut request: Request) -> worker::Result<Response> {
        let reply = match (setup(&self.env), Envelope::decode(&request.bytes().await?)) {
            (Ok(setup), Ok(envelope)) => {
                let _turn = self.turn().await;
                let host = ObjectHost {
                    state: &self.state,
                    env: &self.env,
                    setup: &setup,
                };
                Desk::new(&host, &setup.config, &setup.keys, envelope.session)
                    .answer(envelope.call)
                    .await
            }
            (Err(code), _) => Reply::problem(code),
            (_, Err(_)) => {
                log::note("session.call", ProblemCode::Internal.as_str());
                Reply::problem(ProblemCode::Internal)
            }
        };
        body::response(reply)
    }

    async fn alarm(&self) -> worker::Result<Response> {
        // An error makes the runtime ring again.
        let failed = |what: &str| worker::Error::RustError(what.to_owned());
        let setup = setup(&self.env).map_err(|code| failed(code.as_str()))?;
        let _turn = self.turn().await;
        let host = ObjectHost {
            state: &self.state,
            env: &self.env,
            setup: &setup,
        };
        let unable = |failure: HostFailure| failed(failure.event());
        if let Some(record) = host.load().await.map_err(unable)? {
            Desk::new(&host, &setup.config, &setup.keys, record.id())
                .wake()
                .await
                .map_err(unable)?;
        }
        Response::empty()
    }
}

impl SessionObject {
    /// Waits until no other call is being answered.
    async fn turn(&self) -> Turn<'_> {
        while self.busy_until.get().is_some_and(|until| clock::now() < until) {
            worker::Delay::from(TURN).await;
        }
        let lease = jiff::SignedDuration::from_millis(LEASE_MS);
        let until = clock::now().checked_add(lease).unwrap_or(Timestamp::MAX);
        self.busy_until.set(Some(until));
        Turn {
            busy_until: &self.busy_until,
            until,
        }
    }
}

/// A turn, given back when it is dropped, unless another call has taken it over.
struct Turn<'a> {
    busy_until: &'a Cell<Option<Timestamp>>,
    until: Timestamp,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if self.busy_until.get() == Some(self.until) {
            self.busy_until.set(None);
        }
    }
}

struct ObjectHost<'a> {
    state: &'a State,
    env: &'a Env,
    setup: &'a Setup,
}

impl Host for ObjectHost<'_> {
    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], HostFailure> {
        random::bytes()
    }

    async fn load(&self) -> Result<Option<Record>, HostFailure> {
        let text: Option<String> = self
            .state
            .storage()
            .get(RECORD)
            .await
            .map_err(|_| log::failed(HostFailure::Storage))?;
        text.map(|text| serde_json::from_str(&text).map_err(|_| log::failed(HostFailure::Unreadable)))
            .transpose()
    }

    async fn save(&self, record: &Record) -> Result<(), HostFailure> {
        let text = serde_json::to_string(record).map_err(|_| log::failed(HostFailure::Unreadable))?;
        self.state
            .storage()
            .put_raw(RECORD, text)
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn forget(&self) -> Result<(), HostFailure> {
        self.state
            .storage()
            .delete_all()
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn wake_at(&self, time: Timestamp) -> Result<(), HostFailure> {
        #[expect(clippy::cast_precision_loss, reason = "a date of JavaScript is a double")]
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(time.as_millisecond() as f64));
        self.state
            .storage()
            .set_alarm(ScheduledTime::new(date))
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn ask(&self, call: &MatcherCall) -> Result<Vec<u8>, MatcherFailure> {
        matcher::ask(self.env, self.setup, call).await
    }

    fn note(&self, event: &str, code: &str) {
        log::note(event, code);
    }
}
