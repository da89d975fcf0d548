//! The desk as a whole, on a host in memory and a matcher that says what the test wants.

mod browser;
mod consent;
mod failures;
mod limits;
mod relying_party;
mod runs;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use tanu_protocol::capture::{CapturedFrame, ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::digest::{Nonce, RequestReference, Sha256Digest};
use tanu_protocol::language::Language;
use tanu_protocol::problem::Problem;
use tanu_protocol::session::{ConsentAnswer, Ending, SessionView, StateView, StepView};

use super::*;
use crate::budget::{Allowance, SessionAllowances, SessionBudget};
use crate::config::tests::valid;
use crate::keys::tests::keys;
use crate::oidc::authorization::Authorization;
use crate::oidc::authorization::tests::{VERIFIER, authorization};
use crate::oidc::code::Handle;

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
const BROWSER: Sha256Digest = Sha256Digest::from_bytes([7; 32]);
const SESSION: SessionId = SessionId::from_bytes([1; 16]);
const REFERENCE: RequestReference = RequestReference::from_bytes([2; 16]);

/// A host in memory, and a matcher that says what the test wants.
struct FakeHost {
    now: Cell<Timestamp>,
    record: RefCell<Option<String>>,
    wake: Cell<Option<Timestamp>>,
    drawn: Cell<u8>,
    /// What the matcher was asked, as method and path.
    asked: RefCell<Vec<String>>,
    /// Answers of the matcher that differ from *all is well*.
    next: RefCell<VecDeque<Result<Value, MatcherFailure>>>,
    down: Cell<bool>,
    /// What the storage fails with.
    broken: Cell<Option<HostFailure>>,
    /// Whether nothing can be stored, though what is stored is read.
    full: Cell<bool>,
    /// At which call to the matcher, by its path's last part, the citizen breaks off in another request.
    broken_off_at: Cell<Option<&'static str>>,
    broken_off: Cell<bool>,
    in_turn: Cell<bool>,
    /// What the matcher was asked while others waited for their turn.
    asked_in_turn: RefCell<Vec<String>>,
    /// What was noted, as event and code.
    notes: RefCell<Vec<String>>,
    budget: Cell<SessionBudget>,
    allowances: Cell<SessionAllowances>,
}

impl Host for FakeHost {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], HostFailure> {
        self.drawn.set(self.drawn.get() + 1);
        Ok([self.drawn.get(); N])
    }

    async fn load(&self) -> Result<Option<Record>, HostFailure> {
        if let Some(failure) = self.broken.get() {
            return Err(failure);
        }
        let record = self.record.borrow();
        record
            .as_ref()
            .map(|text| serde_json::from_str(text).map_err(|_| HostFailure::Unreadable))
            .transpose()
    }

    async fn save(&self, record: &Record) -> Result<(), HostFailure> {
        if self.full.get() {
            return Err(HostFailure::Storage);
        }
        *self.record.borrow_mut() = Some(serde_json::to_string(record).unwrap());
        Ok(())
    }

    async fn forget(&self) -> Result<(), HostFailure> {
        *self.record.borrow_mut() = None;
        Ok(())
    }

    async fn wake_at(&self, time: Timestamp) -> Result<(), HostFailure> {
        self.wake.set(Some(time));
        Ok(())
    }

    async fn ask(&self, call: &MatcherCall) -> Result<Vec<u8>, MatcherFailure> {
        let asked = format!("{} {}", call.method, call.path);
        if self.in_turn.get() {
            self.asked_in_turn.borrow_mut().push(asked.clone());
        }
        if self.broken_off_at.get().is_some_and(|path| asked.ends_with(path)) {
            self.broken_off.set(true);
        }
        self.asked.borrow_mut().push(asked);
        if self.down.get() {
            return Err(MatcherFailure::Unavailable);
        }
        if let Some(answer) = self.next.borrow_mut().pop_front() {
            return answer.map(|json| json.to_string().into_bytes());
        }
        Ok(well(&call.path, &call.body).to_string().into_bytes())
    }

    fn spend(&self, of: Purse) -> Result<(), Exhausted> {
        let mut budget = self.budget.get();
        budget.spend(of, &self.allowances.get(), self.now.get())?;
        self.budget.set(budget);
        Ok(())
    }

    fn left(&self, of: Purse) -> Result<(), Exhausted> {
        self.budget.get().left(of, &self.allowances.get(), self.now.get())
    }

    fn broken_off(&self) -> bool {
        self.broken_off.get()
    }

    fn give_turn_back(&self) {
        self.in_turn.set(false);
    }

    fn note(&self, event: &str, code: &str) {
        self.notes.borrow_mut().push(format!("{event} {code}"));
    }
}

fn reference(kind: &str, run: Option<u8>) -> Value {
    json!({"kind": kind, "run": run, "sha256": Sha256Digest::of(kind.as_bytes()), "at": START})
}

/// The answer of a matcher that finds nothing wrong.
fn well(path: &str, body: &[u8]) -> Value {
    match path.rsplit('/').next().unwrap_or_default() {
        "conclusion" => json!({"passed": true, "mismatches": [], "document": reference("liveness", Some(0))}),
        "comparison" => json!({"outcome": {"result": "matched"}, "document": reference("comparison", None)}),
        "end" => {
            let asked: Value = serde_json::from_slice(body).unwrap();
            json!({"ending": asked["ending"], "documents": [reference("liveness", None)]})
        }
        "documents" => json!([]),
        "session" => Value::Null,
        _ => json!({"mismatches": []}),
    }
}

/// The futures of a host in memory are ready at once.
fn now_or_never<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a host in memory never waits"),
    }
}

struct Fixture {
    host: FakeHost,
    config: Config,
    keys: Keys,
}

impl Fixture {
    fn new(iin: Option<&str>) -> Self {
        let fixture = Self {
            host: FakeHost {
                now: Cell::new(START),
                record: RefCell::default(),
                wake: Cell::default(),
                drawn: Cell::default(),
                asked: RefCell::default(),
                next: RefCell::default(),
                down: Cell::default(),
                broken: Cell::default(),
                full: Cell::default(),
                broken_off_at: Cell::default(),
                broken_off: Cell::default(),
                in_turn: Cell::default(),
                asked_in_turn: RefCell::default(),
                notes: RefCell::default(),
                budget: Cell::default(),
                allowances: Cell::default(),
            },
            config: Config::parse(&valid().to_string()).unwrap(),
            keys: keys(),
        };
        assert_eq!(fixture.push(authorization(iin)).status, 201);
        assert_eq!(fixture.accept(BROWSER).status, 303);
        fixture
    }

    /// Agrees and begins the first run: the session, and the step that it shows.
    fn first_step(&self) -> (SessionView, StepView) {
        self.agree();
        let view = self.view(Act::Begin { run: 0 });
        let StateView::Challenged { step, .. } = view.state.clone() else {
            panic!("no step is shown");
        };
        (view, step)
    }

    fn push(&self, authorization: Authorization) -> Reply {
        self.call(Call::Push {
            reference: REFERENCE,
            authorization: Box::new(authorization),
        })
    }

    fn call(&self, call: Call) -> Reply {
        self.host.in_turn.set(call.takes_turn());
        let reply = now_or_never(Desk::new(&self.host, &self.config, &self.keys, SESSION).answer(call));
        self.host.in_turn.set(false);
        reply
    }

    fn wake(&self) {
        self.try_to_wake().unwrap();
    }

    fn try_to_wake(&self) -> Result<(), HostFailure> {
        now_or_never(Desk::new(&self.host, &self.config, &self.keys, SESSION).wake())
    }

    fn accept(&self, browser: Sha256Digest) -> Reply {
        let client = "bank".into();
        self.call(Call::Accept { client, browser })
    }

    fn act(&self, act: Act) -> Reply {
        let browser = BROWSER;
        self.call(Call::Browser { browser, act })
    }

    fn view(&self, act: Act) -> SessionView {
        let reply = self.act(act);
        assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
        serde_json::from_slice(&reply.body).unwrap()
    }

    fn agree(&self) -> StateView {
        self.view(consent(true)).state
    }

    /// Answers the step that is shown.
    fn frames(&self, content: u8) -> Reply {
        let view = self.view(Act::See);
        let StateView::Challenged { step, .. } = &view.state else {
            panic!("no step is shown: {:?}", view.state);
        };
        let capture = capture(&view, step.nonce, content);
        self.act(Act::Frames {
            run: step.run,
            step: step.step,
            capture,
            arrived_at: None,
        })
    }

    fn all_steps(&self, run: u8) -> StateView {
        let mut state = self.view(Act::Begin { run }).state;
        while let StateView::Challenged { .. } = state {
            assert_eq!(self.frames(1).status, 200);
            state = self.view(Act::See).state;
        }
        state
    }

    /// Goes the whole way; gives the code.
    fn passed(&self) -> Handle {
        self.agree();
        assert_eq!(self.all_steps(0), ended(Ending::Matched));
        code(&self.act(Act::Return))
    }

    fn redeem(&self, code: &Handle, verifier: &str) -> Reply {
        self.call(Call::Redeem {
            client: "bank".into(),
            code: code.hash(),
            redirect_uri: "http://localhost:8789/callback".into(),
            verifier: verifier.into(),
        })
    }

    /// Lets so many calls through at once, and one a minute from then on.
    fn allow(&self, of: Purse, burst: u32) {
        let mut allowances = self.host.allowances.get();
        let allowance = Allowance::new(burst, 1);
        match of {
            Purse::Browser => allowances.browser = allowance,
            Purse::RelyingParty => allowances.relying_party = allowance,
            Purse::RefusedFrames => allowances.refused_frames = allowance,
        }
        self.host.allowances.set(allowances);
        self.host.budget.set(SessionBudget::default());
    }

    /// Whether frames for the first step are.
    fn turned_away(&self, browser: Sha256Digest) -> Option<ProblemCode> {
        let desk = Desk::new(&self.host, &self.config, &self.keys, SESSION);
        let reply = now_or_never(desk.turned_away(browser, StepIndex { run: 0, step: 0 }));
        reply.as_ref().map(problem)
    }

    fn pass(&self, seconds: i64) {
        self.host.now.set(later(self.host.now.get(), seconds));
    }

    fn matcher_says(&self, answer: Result<Value, MatcherFailure>) {
        self.host.next.borrow_mut().push_back(answer);
    }
}

fn consent(agreed: bool) -> Act {
    Act::Answer(Box::new(ConsentAnswer {
        agreed,
        template: true,
        iin: None,
        language: Language::Kk,
    }))
}

fn capture(view: &SessionView, nonce: Nonce, content: u8) -> Vec<u8> {
    let frame = |n: u8| CapturedFrame {
        sequence: n.into(),
        time_us: u64::from(n) * 100_000,
        jpeg: vec![0xff, 0xd8, 0xff, content, n],
    };
    let frames = (0..4).map(frame).collect();
    StepCapture::seal(&view.transaction, nonce, ClientReportedCamera::Device, frames)
        .encode()
        .unwrap()
}

fn ended(ending: Ending) -> StateView {
    StateView::Ended { ending }
}

fn problem(reply: &Reply) -> ProblemCode {
    serde_json::from_slice::<Problem>(&reply.body).unwrap().code
}

fn code(reply: &Reply) -> Handle {
    let query = |name: &str| {
        let url = url::Url::parse(reply.header("location").unwrap()).unwrap();
        url.query_pairs()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
    };
    assert_eq!(query("tanu_session"), Some(SESSION.to_string()));
    Handle::parse(&query("code").expect("the session passed")).unwrap()
}

const IIN: Option<&str> = Some("880229100014");
