use tanu_liveness_wasm::message::Failure;
use tanu_protocol::challenge::{Command, Mismatch};
use tanu_protocol::digest::{Nonce, SessionId, TransactionHash};
use tanu_protocol::problem::{Problem, ProblemCode};
use tanu_protocol::session::{ConsentAnswer, Ending, RequestView};

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// The server's clock is 100 s ahead of the page's.
const AHEAD: i64 = 100;

fn view(state: StateView, page_second: i64) -> Box<SessionView> {
    let text = || serde_json::from_str(r#"{"kk":"А","ru":"Б","en":"C"}"#).unwrap();
    Box::new(SessionView {
        id: SessionId::from_bytes([1; 16]),
        transaction: TransactionHash::from_bytes([2; 32]),
        request: RequestView {
            relying_party: text(),
            bin: "490140000012".parse().unwrap(),
            purpose: text(),
            data: vec![],
            retention_days: 30,
            user_agreement: "https://bank.example/agreement".into(),
            privacy_policy: "https://bank.example/privacy".into(),
            person_known: true,
        },
        now: at(page_second + AHEAD),
        expires_at: at(AHEAD + 600),
        language: None,
        state,
        virtual_cameras: false,
        documents: vec![],
    })
}

fn ready(run: u8, mismatches: Vec<Mismatch>) -> StateView {
    StateView::Ready {
        run,
        repeats_left: 3 - run,
        mismatches,
    }
}

fn challenged(run: u8, step: u8) -> StateView {
    let step = StepView {
        run,
        step,
        of: 3,
        command: Command::LookUp,
        nonce: Nonce::from_bytes([step; 32]),
        deadline: at(AHEAD + 20),
    };
    StateView::Challenged {
        step,
        repeats_left: 3 - run,
    }
}

fn answered(flow: &mut Flow, state: StateView, second: i64) -> Vec<Effect> {
    flow.on(Event::Answered(view(state, second), at(second)))
}

fn started(state: StateView) -> Flow {
    let (mut flow, effects) = Flow::start(at(0));
    assert_eq!(effects, [Effect::Call(Call::See)]);
    answered(&mut flow, state, 0);
    flow
}

fn problem(code: ProblemCode) -> Event {
    Event::CallFailed(ApiError::Problem(Box::new(Problem::from(code))))
}

/// A flow whose camera and engine run, before a run.
fn searching() -> Flow {
    let mut flow = started(ready(0, vec![]));
    flow.on(Event::Begin);
    flow.on(Event::CameraOpened(ClientReportedCamera::Device));
    assert_eq!(flow.on(Event::EngineReady), [Effect::Preview]);
    flow
}

/// A flow that records the first step of the first run.
fn recording() -> Flow {
    let mut flow = searching();
    flow.on(Event::FaceSteady);
    answered(&mut flow, challenged(0, 0), 1);
    flow
}

const FIRST: StepIndex = StepIndex { run: 0, step: 0 };

#[test]
fn a_session_goes_from_consent_to_result() {
    let mut flow = started(StateView::AwaitingConsent);
    assert_eq!(flow.screen(), Screen::Consent);
    let answer = ConsentAnswer {
        agreed: true,
        template: false,
        iin: None,
        language: Default::default(),
    };
    assert_eq!(
        flow.on(Event::Consent(answer.clone())),
        [Effect::Call(Call::Consent(answer))]
    );
    answered(&mut flow, ready(0, vec![]), 0);
    assert_eq!(flow.screen(), Screen::Prepare { resumed: false });
    assert_eq!(flow.on(Event::Begin), [Effect::StartEngine, Effect::OpenCamera]);
    assert_eq!((flow.screen(), flow.stage()), (Screen::Camera, Stage::Starting));
    flow.on(Event::CameraOpened(ClientReportedCamera::Device));
    assert_eq!(flow.stage(), Stage::Loading);
    flow.on(Event::EngineReady);
    assert_eq!(flow.stage(), Stage::Searching);
    assert_eq!(flow.on(Event::FaceSteady), [Effect::Call(Call::BeginRun(0))]);
    assert_eq!(flow.stage(), Stage::Beginning);
    let effects = answered(&mut flow, challenged(0, 0), 1);
    assert!(
        matches!(&effects[..], [Effect::StartEngine, Effect::Record { .. }]),
        "{effects:?}"
    );
    assert_eq!(flow.stage().name(), "challenge");
    assert_eq!(
        flow.on(Event::Captured {
            index: FIRST,
            frames: 20
        }),
        [Effect::Call(Call::Send(FIRST))]
    );
    assert_eq!(flow.stage().name(), "sending");
    let effects = answered(&mut flow, challenged(0, 1), 4);
    assert!(
        matches!(&effects[..], [Effect::StartEngine, Effect::Record { .. }]),
        "{effects:?}"
    );
    flow.on(Event::Captured {
        index: StepIndex { run: 0, step: 1 },
        frames: 20,
    });
    let effects = answered(
        &mut flow,
        StateView::Ended {
            ending: Ending::Matched,
        },
        8,
    );
    assert_eq!(effects, [Effect::CloseCamera, Effect::EndEngine]);
    assert_eq!(flow.screen(), Screen::Ended(Ending::Matched));
    assert_eq!(flow.session_left(), None);
}

#[test]
fn bnk_8b_a_failed_run_stops_the_camera_and_tells_why_until_the_next_is_begun() {
    let mut flow = recording();
    flow.on(Event::Captured {
        index: FIRST,
        frames: 20,
    });
    let effects = answered(&mut flow, ready(1, vec![Mismatch::TooDark]), 5);
    assert!(effects.contains(&Effect::CloseCamera));
    assert_eq!(
        flow.screen(),
        Screen::Failed {
            mismatches: vec![Mismatch::TooDark],
            repeats_left: 2
        }
    );
    flow.on(Event::Begin);
    flow.on(Event::CameraOpened(ClientReportedCamera::Device));
    flow.on(Event::Returned);
    let effects = answered(&mut flow, ready(1, vec![Mismatch::TooDark]), 6);
    assert!(
        !effects.contains(&Effect::CloseCamera),
        "looking again must not stop the camera"
    );
    assert_eq!(flow.on(Event::FaceSteady), [Effect::Call(Call::BeginRun(1))]);
}

#[test]
fn the_recording_ends_before_the_deadline_of_the_servers_clock() {
    let mut flow = searching();
    flow.on(Event::FaceSteady);
    let effects = answered(&mut flow, challenged(0, 0), 12);
    let Some(Effect::Record { limit_ms, .. }) = effects.last() else {
        panic!("{effects:?}")
    };
    assert_eq!(*limit_ms, 6_500.0, "8 s are left, 1.5 s of them for the way");
    assert_eq!(flow.step_left(), Some(SignedDuration::from_secs(8)));
}

#[test]
fn a_doubled_click_calls_once() {
    let mut flow = searching();
    assert_eq!(flow.on(Event::FaceSteady).len(), 1);
    assert_eq!(flow.on(Event::FaceSteady), []);
    assert!(flow.busy());
    assert_eq!(flow.on(Event::Begin), []);
}

#[test]
fn a_reload_in_the_middle_of_a_step_goes_on_with_the_same_step() {
    let mut flow = started(challenged(0, 1));
    assert_eq!(flow.screen(), Screen::Prepare { resumed: true });
    flow.on(Event::Begin);
    assert_eq!(flow.on(Event::EngineReady), []);
    let effects = flow.on(Event::CameraOpened(ClientReportedCamera::Device));
    assert!(
        matches!(&effects[..], [Effect::Record { step, .. }] if step.step == 1),
        "{effects:?}"
    );
}

#[test]
fn a_second_tab_that_was_faster_is_followed() {
    let mut flow = recording();
    flow.on(Event::Captured {
        index: FIRST,
        frames: 20,
    });
    assert_eq!(flow.on(problem(ProblemCode::Conflict)), [Effect::Call(Call::See)]);
    let effects = answered(&mut flow, challenged(0, 1), 5);
    assert!(matches!(effects.last(), Some(Effect::Record { step, .. }) if step.step == 1));
    assert_eq!(flow.notice(), None);
}

#[test]
fn frames_that_can_not_be_read_have_the_step_done_again() {
    let mut flow = recording();
    flow.on(Event::Captured {
        index: FIRST,
        frames: 20,
    });
    flow.on(problem(ProblemCode::CaptureBroken));
    let effects = answered(&mut flow, challenged(0, 0), 5);
    assert!(matches!(effects.last(), Some(Effect::Record { step, .. }) if step.step == 0));
}

/// A flow whose first frames could not be sent.
fn unsent(failure: Event) -> Flow {
    let mut flow = recording();
    flow.on(Event::Captured {
        index: FIRST,
        frames: 20,
    });
    assert_eq!(
        flow.on(failure),
        [Effect::CloseCamera],
        "nobody is filmed behind what is shown instead"
    );
    flow
}

#[test]
fn a_service_that_is_down_stops_the_camera_keeps_the_frames_and_sends_the_same_again() {
    let mut flow = unsent(problem(ProblemCode::TryLater));
    for failure in [Event::CallFailed(ApiError::Offline), problem(ProblemCode::TryLater)] {
        assert_eq!(flow.screen().name(), "waiting");
        assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Send(FIRST))]);
        assert!(flow.busy());
        assert_eq!(flow.screen().name(), "waiting", "until the answer comes");
        assert_eq!(flow.on(Event::Retry), [], "a doubled click sends once");
        assert_eq!(flow.on(failure), []);
    }
    flow.on(Event::Retry);
    answered(&mut flow, challenged(0, 1), 5);
    assert_eq!(flow.screen(), Screen::Prepare { resumed: true });
}

#[test]
fn frames_that_are_held_are_sent_after_a_look_elsewhere_while_the_service_is_awaited() {
    let mut flow = unsent(problem(ProblemCode::TryLater));
    assert_eq!(flow.on(Event::Returned), [Effect::Call(Call::See)]);
    answered(&mut flow, StateView::Waiting, 5);
    assert_eq!(flow.screen(), Screen::Waiting);
    assert_eq!(flow.on(Event::Tick(at(9))), [Effect::Call(Call::See)]);
    answered(&mut flow, StateView::Waiting, 9);
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Send(FIRST))]);
    flow.on(problem(ProblemCode::TryLater));
    flow.on(Event::Retry);
    answered(&mut flow, challenged(0, 1), 10);
    assert_eq!(flow.screen(), Screen::Prepare { resumed: true });
    answered(&mut flow, StateView::Waiting, 11);
    assert_eq!(
        flow.on(Event::Retry),
        [Effect::Call(Call::Retry)],
        "frames that arrived are held no more"
    );
}

#[test]
fn frames_that_never_arrived_can_still_be_sent_after_a_look_elsewhere() {
    let mut flow = unsent(Event::CallFailed(ApiError::Offline));
    flow.on(Event::Returned);
    answered(&mut flow, challenged(0, 0), 5);
    assert_eq!(flow.screen().name(), "waiting");
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Send(FIRST))]);
}

#[test]
fn bnk_8b_a_failure_that_is_shown_gives_way_to_what_became_of_the_run() {
    let mut flow = unsent(Event::CallFailed(ApiError::Offline));
    assert_eq!(flow.on(Event::Tick(at(21))), []);
    assert_eq!(flow.on(Event::Tick(at(23))), [Effect::Call(Call::See)]);
    flow.on(Event::CallFailed(ApiError::Offline));
    assert_eq!(flow.screen().name(), "waiting");
    assert_eq!(flow.on(Event::Tick(at(28))), [Effect::Call(Call::See)]);
    answered(&mut flow, ready(1, vec![Mismatch::Late]), 28);
    assert_eq!(flow.screen().name(), "failed");
}

#[test]
fn a_failure_that_is_shown_gives_way_to_the_end_of_the_session() {
    let mut flow = searching();
    flow.on(Event::FaceSteady);
    assert_eq!(flow.on(problem(ProblemCode::TryLater)), [Effect::CloseCamera]);
    assert_eq!(flow.on(Event::Tick(at(599))), []);
    assert_eq!(flow.on(Event::Tick(at(603))), [Effect::Call(Call::See)]);
    let ending = Ending::Expired;
    answered(&mut flow, StateView::Ended { ending }, 603);
    assert_eq!(flow.screen(), Screen::Ended(ending));
}

#[test]
fn without_a_connection_the_camera_does_not_outlive_the_session() {
    let mut flow = searching();
    flow.on(Event::Tick(at(300)));
    flow.on(Event::Returned);
    assert_eq!(flow.on(Event::CallFailed(ApiError::Offline)), [], "it hides nothing");
    assert_eq!(flow.screen(), Screen::Camera);
    assert_eq!(flow.on(Event::Tick(at(603))), [Effect::Call(Call::See)]);
    assert_eq!(flow.on(Event::CallFailed(ApiError::Offline)), [Effect::CloseCamera]);
    assert_eq!(flow.screen().name(), "waiting");
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::See)]);
}

#[test]
fn a_run_that_could_not_be_begun_begins_with_a_face_in_front_of_the_camera() {
    let mut flow = searching();
    flow.on(Event::FaceSteady);
    assert_eq!(flow.on(problem(ProblemCode::TryLater)), [Effect::CloseCamera]);
    assert_eq!(flow.on(Event::Retry), [Effect::StartEngine, Effect::OpenCamera]);
    flow.on(Event::CameraOpened(ClientReportedCamera::Device));
    assert_eq!(flow.on(Event::FaceSteady), [Effect::Call(Call::BeginRun(0))]);
}

#[test]
fn what_is_done_while_the_page_looks_again_is_not_lost() {
    let mut flow = recording();
    flow.on(Event::Returned);
    let captured = Event::Captured {
        index: FIRST,
        frames: 20,
    };
    assert_eq!(flow.on(captured), [Effect::Call(Call::Send(FIRST))]);
    assert_eq!(flow.on(Event::Returned), []);
}

#[test]
fn what_a_service_could_not_do_is_asked_for_again() {
    let mut flow = started(StateView::Waiting);
    assert_eq!(flow.screen(), Screen::Waiting);
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Retry)]);
}

#[test]
fn a_second_tab_that_waits_for_the_first_looks_again_by_itself() {
    let mut flow = started(StateView::Waiting);
    assert_eq!(flow.on(Event::Tick(at(1))), []);
    assert_eq!(flow.on(Event::Tick(at(4))), [Effect::Call(Call::See)]);
    answered(&mut flow, challenged(0, 1), 4);
    assert_eq!(flow.screen(), Screen::Prepare { resumed: true });
}

#[test]
fn bnk_7_a_virtual_camera_is_refused_unless_the_server_allows_it() {
    for allowed in [false, true] {
        let (mut flow, _) = Flow::start(at(0));
        let view = SessionView {
            virtual_cameras: allowed,
            ..*view(ready(0, vec![]), 0)
        };
        flow.on(Event::Answered(Box::new(view), at(0)));
        flow.on(Event::Begin);
        flow.on(Event::CameraOpened(ClientReportedCamera::Virtual));
        let refused = flow.screen() == Screen::CameraTrouble(CameraTrouble::Virtual);
        assert_eq!(refused, !allowed);
    }
}

#[test]
fn every_camera_trouble_can_be_tried_again() {
    for trouble in [
        CameraTrouble::Refused,
        CameraTrouble::Missing,
        CameraTrouble::Busy,
        CameraTrouble::Stopped,
    ] {
        let mut flow = recording();
        assert_eq!(flow.on(Event::CameraFailed(trouble)), [Effect::CloseCamera]);
        assert_eq!(flow.screen(), Screen::CameraTrouble(trouble));
        assert_eq!(flow.on(Event::Begin), [Effect::StartEngine, Effect::OpenCamera]);
        let effects = flow.on(Event::CameraOpened(ClientReportedCamera::Device));
        assert!(
            matches!(&effects[..], [Effect::Record { .. }]),
            "the step that waits is recorded anew"
        );
    }
}

#[test]
fn an_engine_that_fails_while_the_instructions_are_read_is_started_again_with_the_camera() {
    let mut flow = started(ready(0, vec![]));
    assert_eq!(flow.on(Event::EngineFailed(Failure::Download)), [Effect::EndEngine]);
    assert_eq!(flow.screen(), Screen::Prepare { resumed: false });
    assert!(flow.on(Event::Begin).contains(&Effect::StartEngine));
    flow.on(Event::EngineFailed(Failure::Download));
    assert_eq!(
        flow.screen(),
        Screen::CameraTrouble(CameraTrouble::Engine(Failure::Download))
    );
}

const CANCELLED: StateView = StateView::Ended {
    ending: Ending::Cancelled,
};

#[test]
fn breaking_off_stops_the_camera_and_goes_back_even_when_another_tab_was_faster() {
    let mut flow = recording();
    assert_eq!(
        flow.on(Event::Cancel),
        [Effect::CloseCamera, Effect::Call(Call::Cancel)]
    );
    assert_eq!(flow.on(problem(ProblemCode::SessionState)), [Effect::Call(Call::See)]);
    let effects = answered(&mut flow, CANCELLED, 5);
    assert_eq!(effects, [Effect::CloseCamera, Effect::EndEngine, Effect::Leave]);
}

#[test]
fn whoever_broke_off_too_late_sees_how_it_ended_before_anything_is_passed_on() {
    for ending in [Ending::Matched, Ending::NotMatched, Ending::Expired] {
        let mut flow = recording();
        flow.on(Event::Cancel);
        let effects = answered(&mut flow, StateView::Ended { ending }, 5);
        assert_eq!(effects, [Effect::CloseCamera, Effect::EndEngine]);
        assert_eq!(flow.screen(), Screen::Ended(ending));
    }
}

#[test]
fn a_page_that_was_left_and_is_come_back_to_shows_how_it_ended() {
    let mut flow = recording();
    flow.on(Event::Cancel);
    assert!(answered(&mut flow, CANCELLED, 5).contains(&Effect::Leave));
    assert_eq!(flow.on(Event::Returned), [Effect::Call(Call::See)]);
    let effects = answered(&mut flow, CANCELLED, 60);
    assert!(!effects.contains(&Effect::Leave), "it would be left again and again");
    assert_eq!(flow.screen(), Screen::Ended(Ending::Cancelled));
}

#[test]
fn breaking_off_while_a_service_is_down_is_asked_for_again_and_not_the_run() {
    let mut flow = unsent(problem(ProblemCode::TryLater));
    flow.on(Event::Cancel);
    flow.on(problem(ProblemCode::TryLater));
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Cancel)]);
    flow.on(problem(ProblemCode::TryLater));
    flow.on(Event::Returned);
    answered(&mut flow, StateView::Waiting, 9);
    assert_eq!(flow.on(Event::Retry), [Effect::Call(Call::Cancel)]);
    assert!(answered(&mut flow, CANCELLED, 10).contains(&Effect::Leave));
}

#[test]
fn whoever_goes_on_after_all_is_not_sent_away() {
    let mut flow = started(ready(0, vec![]));
    flow.on(Event::Cancel);
    flow.on(Event::CallFailed(ApiError::Offline));
    flow.on(Event::Returned);
    answered(&mut flow, ready(0, vec![]), 5);
    flow.on(Event::Begin);
    let effects = answered(&mut flow, CANCELLED, 9);
    assert!(!effects.contains(&Effect::Leave), "another tab broke off: that is told");
}

#[test]
fn past_a_deadline_the_server_is_asked_but_not_without_pause() {
    let mut flow = started(challenged(0, 0));
    assert_eq!(flow.on(Event::Tick(at(21))), []);
    assert_eq!(flow.on(Event::Tick(at(23))), [Effect::Call(Call::See)]);
    answered(&mut flow, challenged(0, 0), 23);
    assert_eq!(flow.on(Event::Tick(at(24))), []);
    assert_eq!(flow.on(Event::Tick(at(28))), [Effect::Call(Call::See)]);
}

#[test]
fn a_session_past_its_end_is_looked_at_again() {
    let mut flow = started(StateView::AwaitingConsent);
    assert_eq!(flow.session_left(), Some(SignedDuration::from_secs(600)));
    assert_eq!(flow.on(Event::Tick(at(603))), [Effect::Call(Call::See)]);
    answered(
        &mut flow,
        StateView::Ended {
            ending: Ending::Expired,
        },
        603,
    );
    assert_eq!(flow.screen(), Screen::Ended(Ending::Expired));
    assert_eq!(flow.on(Event::Tick(at(900))), []);
}

#[test]
fn bnk_6_a_wrong_iin_is_told_beside_its_field() {
    let mut flow = started(StateView::AwaitingConsent);
    flow.on(Event::Consent(ConsentAnswer {
        agreed: true,
        template: false,
        iin: None,
        language: Default::default(),
    }));
    flow.on(problem(ProblemCode::IinMissing));
    assert_eq!(flow.screen(), Screen::Consent);
    assert_eq!(flow.notice().and_then(ApiError::code), Some(ProblemCode::IinMissing));
}

#[test]
fn an_unknown_session_is_told_and_can_not_be_repeated() {
    let (mut flow, _) = Flow::start(at(0));
    flow.on(problem(ProblemCode::SessionUnknown));
    let Screen::Trouble { way_on, .. } = flow.screen() else {
        panic!("{:?}", flow.screen())
    };
    assert_eq!(way_on, WayOn::BeginAnew, "loading the page anew would show the same");
}

#[test]
fn losing_the_connection_while_looking_again_hides_nothing() {
    let mut flow = started(StateView::AwaitingConsent);
    assert_eq!(flow.on(Event::Returned), [Effect::Call(Call::See)]);
    flow.on(Event::CallFailed(ApiError::Offline));
    assert_eq!(flow.screen(), Screen::Consent);
}

#[test]
fn a_step_without_a_single_frame_sends_nothing_and_waits_for_the_servers_word() {
    let mut flow = recording();
    assert_eq!(
        flow.on(Event::Captured {
            index: FIRST,
            frames: 0
        }),
        []
    );
    assert_eq!(flow.on(Event::Tick(at(23))), [Effect::Call(Call::See)]);
}
