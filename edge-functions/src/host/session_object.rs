//! The Durable Object of one session: storage, alarm, and one call at a time.

use std::cell::Cell;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};
use tanu_protocol::capture::MOST_CAPTURE_BYTES;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::problem::ProblemCode;
use worker::{DurableObject, Env, Request, Response, ScheduledTime, State, durable_object, js_sys, wasm_bindgen};

use super::provider::{ENVELOPE, header};
use super::setup::{Setup, setup};
use super::{body, clock, log, matcher, random};
use crate::budget::{Exhausted, Purse, SessionBudget};
use crate::call::{Act, Call, Envelope};
use crate::desk::{Desk, Host, HostFailure, Record};
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::reply::Reply;
use crate::uploads::Uploads;

/// How long one call may keep the others waiting, in milliseconds, from when its turn began or it last asked the matcher: longer
/// than that may take. A call that was cut off can't hold the object for longer.
const LEASE_MS: i64 = matcher::TIMEOUT_MS as i64 + 5_000;
/// How often a waiting call looks whether it is its turn.
const TURN: Duration = Duration::from_millis(15);

/// How long until what could not be done at an alarm is tried again.
const RING_AGAIN: Duration = Duration::from_secs(60);

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
    /// What was asked of the session. It goes with the object, and so is whole again after some seconds in which nobody asked.
    budget: Cell<SessionBudget>,
    uploads: Uploads,
    /// Whether the citizen has broken off: known before that call's turn comes.
    broken_off: Cell<bool>,
}

impl DurableObject for SessionObject {
    fn new(state: State, env: Env) -> Self {
        Self {
            state,
            env,
            busy_until: Cell::new(None),
            budget: Cell::default(),
            uploads: Uploads::default(),
            broken_off: Cell::default(),
        }
    }

    async fn fetch(&self, request: Request) -> worker::Result<Response> {
        let reply = self.reply(request).await.unwrap_or_else(Reply::problem);
        body::response(reply)
    }

    /// The runtime rings a few times more after an error and then gives up, minutes before a wrong setting is mended. An end that is
    /// not on record, and what should be forgotten, may not be given up: so the next alarm is set here.
    async fn alarm(&self) -> worker::Result<Response> {
        if self.ring().await.is_err() {
            self.state.storage().set_alarm(RING_AGAIN).await?;
        }
        Response::empty()
    }
}

impl SessionObject {
    /// What fails has been noted where it failed.
    async fn ring(&self) -> Result<(), ProblemCode> {
        let setup = setup(&self.env)?;
        let host = self.host(&setup);
        host.take_turn().await;
        if let Some(record) = host.load().await? {
            Desk::new(&host, &setup.config, &setup.keys, record.id()).wake().await?;
        }
        Ok(())
    }

    async fn reply(&self, mut request: Request) -> Result<Reply, ProblemCode> {
        let setup = setup(&self.env)?;
        let unreadable = || {
            log::note("session.call", ProblemCode::Internal.as_str());
            ProblemCode::Internal
        };
        let beside = header(&request, ENVELOPE);
        let envelope = match &beside {
            Some(text) => Base64UrlUnpadded::decode_vec(text).map_err(|_| unreadable())?,
            None => request.bytes().await.map_err(|_| unreadable())?,
        };
        let Envelope { session, mut call } = Envelope::decode(&envelope).map_err(|_| unreadable())?;
        let host = self.host(&setup);
        let desk = Desk::new(&host, &setup.config, &setup.keys, session);
        if let Call::Browser {
            browser,
            act: Act::Cancel,
        } = &call
            && desk.may_break_off(*browser).await
        {
            self.broken_off.set(true);
        }
        // Held until the frames have been dealt with: they are in memory for as long.
        let mut place = None;
        if let Call::Browser {
            browser,
            act:
                Act::Frames {
                    run,
                    step,
                    capture,
                    arrived_at,
                },
        } = &mut call
        {
            // Nobody else waits while frames come in: only what follows is done in turn.
            let index = StepIndex { run: *run, step: *step };
            if let Some(reply) = desk.turned_away(*browser, index).await {
                return Ok(reply);
            }
            match self.uploads.begin(clock::now()) {
                Ok(upload) => place = Some(upload),
                Err(exhausted) => return Ok(exhausted.into()),
            }
            *capture = match body::read(&request, MOST_CAPTURE_BYTES).await {
                Ok(bytes) => bytes,
                Err(refused) => {
                    let too_large = refused == ProblemCode::TooLarge;
                    let purse = if too_large {
                        Purse::RefusedFrames
                    } else {
                        Purse::Browser
                    };
                    // Whoever has nothing left is told so the next time.
                    let _ = host.spend(purse);
                    return Err(refused);
                }
            };
            *arrived_at = Some(clock::now());
        }
        if call.takes_turn() {
            host.take_turn().await;
        }
        let reply = desk.answer(call).await;
        drop(place);
        Ok(reply)
    }

    fn host<'a>(&'a self, setup: &'a Setup) -> ObjectHost<'a> {
        ObjectHost {
            object: self,
            turn: Cell::new(None),
            setup,
        }
    }
}

/// What the object lends to one call. The call's turn is given back when this is dropped, unless another call has taken it over.
struct ObjectHost<'a> {
    object: &'a SessionObject,
    /// Until when it is this call's turn, where it is.
    turn: Cell<Option<Timestamp>>,
    setup: &'a Setup,
}

impl ObjectHost<'_> {
    /// Waits until no other call is being answered.
    async fn take_turn(&self) {
        while self.object.busy_until.get().is_some_and(|until| clock::now() < until) {
            worker::Delay::from(TURN).await;
        }
        self.hold_turn();
    }

    fn has_turn(&self) -> bool {
        self.turn
            .get()
            .is_some_and(|until| self.object.busy_until.get() == Some(until))
    }

    /// From now on for a lease.
    fn hold_turn(&self) {
        let lease = SignedDuration::from_millis(LEASE_MS);
        let until = clock::now().checked_add(lease).unwrap_or(Timestamp::MAX);
        self.turn.set(Some(until));
        self.object.busy_until.set(Some(until));
    }
}

impl Drop for ObjectHost<'_> {
    fn drop(&mut self) {
        self.give_turn_back();
    }
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
            .object
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
        self.object
            .state
            .storage()
            .put_raw(RECORD, text)
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn forget(&self) -> Result<(), HostFailure> {
        self.object
            .state
            .storage()
            .delete_all()
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn wake_at(&self, time: Timestamp) -> Result<(), HostFailure> {
        #[expect(clippy::cast_precision_loss, reason = "a date of JavaScript is a double")]
        let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(time.as_millisecond() as f64));
        self.object
            .state
            .storage()
            .set_alarm(ScheduledTime::new(date))
            .await
            .map_err(|_| log::failed(HostFailure::Storage))
    }

    async fn ask(&self, call: &MatcherCall) -> Result<Vec<u8>, MatcherFailure> {
        if self.has_turn() {
            self.hold_turn();
        }
        matcher::ask(&self.object.env, self.setup, call).await
    }

    fn spend(&self, of: Purse) -> Result<(), Exhausted> {
        let mut budget = self.object.budget.get();
        budget.spend(of, &self.setup.config.per_session, clock::now())?;
        self.object.budget.set(budget);
        Ok(())
    }

    fn left(&self, of: Purse) -> Result<(), Exhausted> {
        self.object
            .budget
            .get()
            .left(of, &self.setup.config.per_session, clock::now())
    }

    fn broken_off(&self) -> bool {
        self.object.broken_off.get()
    }

    fn give_turn_back(&self) {
        if self.has_turn() {
            self.object.busy_until.set(None);
        }
        self.turn.set(None);
    }

    fn note(&self, event: &str, code: &str) {
        log::note(event, code);
    }
}
