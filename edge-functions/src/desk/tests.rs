use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use serde_json::{Value, json};
use tanu_protocol::capture::{CapturedFrame, ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::digest::{Nonce, Sha256Digest};
use tanu_protocol::language::Language;
use tanu_protocol::problem::Problem;
use tanu_protocol::session::{ConsentAnswer, Ending, SessionView, StateView};

use super::*;
use crate::config::tests::valid;
use crate::keys::tests::keys;
use crate::oidc::authorization::Authorization;
use crate::oidc::authorization::tests::{VERIFIER, authorization};
use crate::oidc::code::Handle;

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
const BROWSER: Sha256Digest = Sha256Digest::from_bytes([7; 32]);
const SESSION: SessionId = SessionId::from_bytes([1; 16]);

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
    /// What was noted, as event and code.
    notes: RefCell<Vec<String>>,
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
        self.asked.borrow_mut().push(format!("{} {}", call.method, call.path));
        if self.down.get() {
            return Err(MatcherFailure::Unavailable);
        }
        if let Some(answer) = self.next.borrow_mut().pop_front() {
            return answer.map(|json| json.to_string().into_bytes());
        }
        Ok(well(&call.path).to_string().into_bytes())
    }

    fn note(&self, event: &str, code: &str) {
        self.notes.borrow_mut().push(format!("{event} {code}"));
    }
}

fn reference(kind: &str, run: Option<u8>) -> Value {
    json!({"kind": kind, "run": run, "sha256": Sha256Digest::of(kind.as_bytes()), "at": START})
}

/// The answer of a matcher that finds nothing wrong.
fn well(path: &str) -> Value {
    match path.rsplit('/').next().unwrap_or_default() {
        "conclusion" => json!({"passed": true, "mismatches": [], "document": reference("liveness", Some(0))}),
        "comparison" => json!({"outcome": {"result": "matched"}, "document": reference("comparison", None)}),
        "end" => json!([reference("liveness", None)]),
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
                notes: RefCell::default(),
            },
            config: Config::parse(&valid().to_string()).unwrap(),
            keys: keys(),
        };
        assert_eq!(fixture.call(Call::Push(Box::new(authorization(iin)))).status, 201);
        assert_eq!(fixture.accept(BROWSER).status, 303);
        fixture
    }

    fn call(&self, call: Call) -> Reply {
        now_or_never(Desk::new(&self.host, &self.config, &self.keys, SESSION).answer(call))
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
        jpeg: vec![content, n],
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

#[test]
fn nbs_10_a_citizen_who_passes_gives_the_relying_party_a_code_for_an_id_token() {
    let fixture = Fixture::new(IIN);
    let code = fixture.passed();
    let reply = fixture.redeem(&code, VERIFIER);
    assert_eq!(reply.status, 200, "{}", String::from_utf8_lossy(&reply.body));
    let tokens: Value = serde_json::from_slice(&reply.body).unwrap();
    let token = Handle::parse(tokens["access_token"].as_str().unwrap()).unwrap();
    let info = fixture.call(Call::UserInfo { token: token.hash() });
    assert_eq!(info.status, 200);
    // The second use of a code is a theft: nothing that it gave stays good.
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 400);
    assert_eq!(fixture.call(Call::UserInfo { token: token.hash() }).status, 401);
}

#[test]
fn a_code_needs_its_verifier_client_and_address() {
    let fixture = Fixture::new(IIN);
    let code = fixture.passed();
    assert_eq!(fixture.redeem(&code, &VERIFIER.replace('v', "w")).status, 400);
    for (client, redirect_uri) in [
        ("other", "http://localhost:8789/callback"),
        ("bank", "http://localhost:8789/other"),
    ] {
        let reply = fixture.call(Call::Redeem {
            client: client.into(),
            code: code.hash(),
            redirect_uri: redirect_uri.into(),
            verifier: VERIFIER.into(),
        });
        assert_eq!(reply.status, 400, "{client} {redirect_uri}");
    }
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 200);
}

#[test]
fn nbs_4_nothing_biometric_reaches_the_matcher_before_consent() {
    let fixture = Fixture::new(IIN);
    assert_eq!(
        problem(&fixture.act(Act::Begin { run: 0 })),
        ProblemCode::ConsentMissing
    );
    let early = Act::Frames {
        run: 0,
        step: 0,
        capture: vec![],
    };
    assert_eq!(problem(&fixture.act(early)), ProblemCode::SessionState);
    assert!(fixture.host.asked.borrow().is_empty());
}

#[test]
fn nbs_4_a_refusal_is_on_record_before_it_is_told() {
    let fixture = Fixture::new(None);
    fixture.host.down.set(true);
    assert_eq!(problem(&fixture.act(consent(false))), ProblemCode::TryLater);
    assert_eq!(fixture.view(Act::See).state, StateView::Waiting);
    fixture.host.down.set(false);
    assert_eq!(fixture.view(Act::Retry).state, ended(Ending::Refused));
    let back = fixture.act(Act::Return);
    assert!(back.header("location").unwrap().contains("error=access_denied"));
}

#[test]
fn bnk_6_consent_without_an_iin_is_asked_for_one() {
    let fixture = Fixture::new(None);
    assert_eq!(problem(&fixture.act(consent(true))), ProblemCode::IinMissing);
}

#[test]
fn calls_made_twice_do_nothing_twice() {
    let fixture = Fixture::new(IIN);
    assert_eq!(fixture.agree(), fixture.agree());
    let first = fixture.view(Act::Begin { run: 0 });
    assert_eq!(fixture.view(Act::Begin { run: 0 }).state, first.state);
    let StateView::Challenged { step, .. } = &first.state else {
        panic!("no step is shown");
    };
    let frames = |content| Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&first, step.nonce, content),
    };
    let second = fixture.view(frames(1)).state;
    assert!(matches!(&second, StateView::Challenged { step, .. } if step.step == 1));
    assert_eq!(fixture.view(frames(1)).state, second);
    assert_eq!(problem(&fixture.act(frames(2))), ProblemCode::Conflict);
    assert_eq!(problem(&fixture.act(consent(false))), ProblemCode::SessionState);
    let judged = fixture
        .host
        .asked
        .borrow()
        .iter()
        .filter(|call| call.starts_with("PUT"))
        .count();
    assert_eq!(judged, 1);
}

#[test]
fn bnk_8b_four_failed_runs_are_negative_and_no_comparison_is_made() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    for run in 0..4 {
        fixture.view(Act::Begin { run });
        fixture.matcher_says(Ok(json!({"mismatches": ["static"]})));
        fixture.matcher_says(Ok(json!({
            "passed": false, "mismatches": ["static"], "document": reference("liveness", Some(run)),
        })));
        assert_eq!(fixture.frames(run).status, 200);
    }
    assert_eq!(fixture.view(Act::See).state, ended(Ending::NotLive));
    assert!(
        !fixture
            .host
            .asked
            .borrow()
            .iter()
            .any(|call| call.contains("comparison"))
    );
}

#[test]
fn a_dead_matcher_loses_nothing_and_passes_nobody() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let view = fixture.view(Act::Begin { run: 0 });
    let StateView::Challenged { step, .. } = &view.state else {
        panic!("no step is shown");
    };
    let frames = || Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, step.nonce, 1),
    };
    fixture.host.down.set(true);
    assert_eq!(problem(&fixture.act(frames())), ProblemCode::TryLater);
    assert_eq!(fixture.view(Act::See).state, StateView::Waiting);
    let back = fixture.act(Act::Return);
    assert!(
        back.header("location")
            .unwrap()
            .contains("error=temporarily_unavailable")
    );
    // The deadline has passed meanwhile: the first receipt counts.
    fixture.pass(60);
    fixture.host.down.set(false);
    let state = fixture.view(frames()).state;
    assert!(matches!(state, StateView::Challenged { step, .. } if step.step == 1));
}

#[test]
fn frames_that_nobody_has_any_more_are_given_up_only_when_the_matcher_answers() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.host.down.set(true);
    assert_eq!(fixture.frames(1).status, 503);
    assert_eq!(problem(&fixture.act(Act::Retry)), ProblemCode::TryLater);
    fixture.host.down.set(false);
    // The matcher had judged the step, and waits for the next one.
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::SessionState)));
    let state = fixture.view(Act::Retry).state;
    assert!(matches!(state, StateView::Challenged { step, .. } if step.step == 1));
}

#[test]
fn frames_that_the_matcher_refuses_cost_the_run() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::ImageInvalid)));
    fixture.matcher_says(Ok(json!({
        "passed": false, "mismatches": ["late"], "document": reference("liveness", Some(0)),
    })));
    assert_eq!(problem(&fixture.frames(1)), ProblemCode::ImageInvalid);
    let state = fixture.view(Act::See).state;
    assert!(matches!(state, StateView::Ready { run: 1, mismatches, .. } if mismatches == [Mismatch::Late]));
}

#[test]
fn bnk_7_a_virtual_camera_is_refused_where_it_is_not_allowed() {
    let mut fixture = Fixture::new(IIN);
    fixture.config.virtual_cameras = false;
    fixture.agree();
    let view = fixture.view(Act::Begin { run: 0 });
    let StateView::Challenged { step, .. } = &view.state else {
        panic!("no step is shown");
    };
    let frame = CapturedFrame {
        sequence: 0,
        time_us: 0,
        jpeg: vec![1],
    };
    let sealed = StepCapture::seal(
        &view.transaction,
        step.nonce,
        ClientReportedCamera::Virtual,
        vec![frame],
    );
    let frames = Act::Frames {
        run: 0,
        step: 0,
        capture: sealed.encode().unwrap(),
    };
    assert_eq!(problem(&fixture.act(frames)), ProblemCode::CameraVirtual);
    assert_eq!(fixture.view(Act::See).state, view.state);
}

#[test]
fn broken_captures_are_refused_and_the_step_stays_open() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let view = fixture.view(Act::Begin { run: 0 });
    let StateView::Challenged { step, .. } = &view.state else {
        panic!("no step is shown");
    };
    let good = capture(&view, step.nonce, 1);
    let mut altered: StepCapture = ciborium::from_reader(good.as_slice()).unwrap();
    altered.frames[1].jpeg[0] ^= 1;
    for (bytes, expected) in [
        (good[..40].to_vec(), ProblemCode::CaptureMalformed),
        (altered.encode().unwrap(), ProblemCode::CaptureBroken),
        (capture(&view, Nonce::from_bytes([9; 32]), 1), ProblemCode::CaptureNonce),
    ] {
        let frames = Act::Frames {
            run: 0,
            step: 0,
            capture: bytes,
        };
        assert_eq!(problem(&fixture.act(frames)), expected);
    }
    assert_eq!(fixture.view(Act::See).state, view.state);
}

#[test]
fn an_expired_session_is_put_on_record_by_the_alarm_even_if_the_matcher_was_down() {
    let fixture = Fixture::new(IIN);
    assert_eq!(fixture.host.wake.get(), Some(later(START, 900)));
    fixture.pass(900);
    fixture.host.down.set(true);
    fixture.wake();
    assert_eq!(fixture.host.wake.get(), Some(later(START, 900 + RETRY_SECONDS)));
    fixture.pass(RETRY_SECONDS);
    fixture.host.down.set(false);
    fixture.wake();
    assert_eq!(fixture.view(Act::See).state, ended(Ending::Expired));
    fixture.pass(KEPT_SECONDS);
    fixture.wake();
    assert!(fixture.host.record.borrow().is_none());
    assert_eq!(problem(&fixture.act(Act::See)), ProblemCode::SessionUnknown);
}

#[test]
fn a_storage_that_fails_is_noted_without_saying_whose_it_is_and_the_alarm_rings_again() {
    let fixture = Fixture::new(IIN);
    let failures = [HostFailure::Storage, HostFailure::Unreadable, HostFailure::Random];
    for failure in failures {
        fixture.host.broken.set(Some(failure));
        assert_eq!(problem(&fixture.act(Act::See)), ProblemCode::Internal);
        assert_eq!(fixture.try_to_wake(), Err(failure));
    }
    assert_eq!(*fixture.host.notes.borrow(), ["session service.internal"; 3]);
    let events = failures.map(HostFailure::event);
    assert_eq!(events, ["host.storage", "host.unreadable", "host.random"]);
    fixture.host.broken.set(None);
    assert_eq!(fixture.act(Act::See).status, 200);
}

#[test]
fn a_pushed_request_waits_for_ninety_seconds_and_for_one_browser() {
    let fixture = Fixture::new(IIN);
    let other = Sha256Digest::from_bytes([8; 32]);
    assert_eq!(problem(&fixture.accept(other)), ProblemCode::SessionUnknown);
    assert_eq!(fixture.accept(BROWSER).status, 303);
    *fixture.host.record.borrow_mut() = None;
    assert_eq!(fixture.call(Call::Push(Box::new(authorization(IIN)))).status, 201);
    fixture.pass(PUSHED_SECONDS);
    assert_eq!(problem(&fixture.accept(BROWSER)), ProblemCode::SessionUnknown);
    fixture.wake();
    assert!(fixture.host.record.borrow().is_none());
}

#[test]
fn the_language_that_a_relying_party_proposes_reaches_the_page() {
    let fixture = Fixture::new(IIN);
    assert_eq!(fixture.view(Act::See).language, None);
    *fixture.host.record.borrow_mut() = None;
    let proposing = Authorization {
        language: Some(Language::Ru),
        ..authorization(IIN)
    };
    assert_eq!(fixture.call(Call::Push(Box::new(proposing))).status, 201);
    assert_eq!(fixture.accept(BROWSER).status, 303);
    assert_eq!(fixture.view(Act::See).language, Some(Language::Ru));
}

#[test]
fn another_browser_sees_nothing() {
    let fixture = Fixture::new(IIN);
    let browser = Sha256Digest::from_bytes([8; 32]);
    for act in [Act::See, Act::Cancel, Act::Documents, Act::Return] {
        let reply = fixture.call(Call::Browser { browser, act });
        assert_eq!(problem(&reply), ProblemCode::SessionUnknown);
    }
}

#[test]
fn nbs_10_the_result_is_for_the_client_whose_session_it_is_and_after_its_end() {
    let fixture = Fixture::new(IIN);
    let result = |client: &str| {
        fixture.call(Call::Result {
            client: client.to_owned(),
        })
    };
    assert_eq!(problem(&result("bank")), ProblemCode::SessionState);
    assert_eq!(fixture.view(Act::Cancel).state, ended(Ending::Cancelled));
    assert_eq!(problem(&result("other")), ProblemCode::SessionUnknown);
    let message: Value = serde_json::from_slice(&result("bank").body).unwrap();
    assert_eq!(message["passed"], false);
    assert_eq!(message["ending"], "cancelled");
    assert_eq!(message["session"], SESSION.to_string());
}

#[test]
fn no_answer_to_the_browser_carries_the_iin() {
    let fixture = Fixture::new(IIN);
    let iin = "880229100014";
    for reply in [
        fixture.act(Act::See),
        fixture.act(consent(true)),
        fixture.act(Act::Begin { run: 0 }),
    ] {
        assert!(!String::from_utf8_lossy(&reply.body).contains(iin));
    }
    fixture.act(Act::Cancel);
    assert!(!fixture.act(Act::Return).header("location").unwrap().contains(iin));
    assert!(fixture.host.asked.borrow().iter().all(|call| !call.contains(iin)));
}
