//! Matcher or storage down, and time run out.

use super::*;

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
fn nbs_8_bnk_9_a_citizen_who_agrees_and_never_begins_expires_with_a_record() {
    let fixture = Fixture::new(IIN);
    assert!(matches!(fixture.agree(), StateView::Ready { run: 0, .. }));
    fixture.host.asked.borrow_mut().clear();
    fixture.pass(900);
    // The matcher has it on record before anybody is told.
    fixture.host.down.set(true);
    assert_eq!(fixture.view(Act::See).state, StateView::Waiting);
    fixture.wake();
    fixture.host.down.set(false);
    fixture.wake();
    let record = format!("POST /v1/session/{SESSION}/end");
    assert_eq!(fixture.host.asked.borrow().last(), Some(&record));
    assert!(!fixture.host.asked.borrow().iter().any(|call| call.contains("/run/")));
    let view = fixture.view(Act::See);
    assert_eq!(view.state, ended(Ending::Expired));
    assert_eq!(view.documents.len(), 1, "document 1 of the session without a run");
    assert_eq!(problem(&fixture.act(Act::Begin { run: 0 })), ProblemCode::SessionState);
    let message: Value = serde_json::from_slice(&fixture.call(Call::Result { client: "bank".into() }).body).unwrap();
    assert_eq!(message["ending"], "expired");
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
    // A relying party is not told that its code or token is wrong.
    let code = Handle::new(SESSION, [1; 32]);
    assert_eq!(problem(&fixture.redeem(&code, VERIFIER)), ProblemCode::Internal);
    let token = code.hash();
    assert_eq!(problem(&fixture.call(Call::UserInfo { token })), ProblemCode::Internal);
    let events = failures.map(HostFailure::event);
    assert_eq!(events, ["host.storage", "host.unreadable", "host.random"]);
    fixture.host.broken.set(None);
    assert_eq!(fixture.act(Act::See).status, 200);
}
