//! Matcher or storage down, and time run out.

use super::*;

#[test]
fn a_dead_matcher_loses_nothing_and_passes_nobody() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
    let frames = || Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, step.nonce, 1),
        arrived_at: None,
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
fn frames_that_wait_do_not_keep_an_expired_session_from_ending() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.host.down.set(true);
    assert_eq!(fixture.frames(1).status, 503);
    fixture.pass(900);
    fixture.host.down.set(false);
    assert_eq!(fixture.view(Act::Retry).state, ended(Ending::Expired));
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

/// The state database does not answer for longer than the matcher keeps a face, and the matcher ends the session.
fn swept() -> Fixture {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let mut state = fixture.view(Act::Begin { run: 0 }).state;
    while let StateView::Challenged { step, .. } = state {
        if step.step + 1 == step.of {
            fixture.matcher_says(Ok(well("step", b"")));
            fixture.matcher_says(Ok(well("conclusion", b"")));
            fixture.matcher_says(Err(MatcherFailure::Unavailable));
            fixture.matcher_says(Err(MatcherFailure::Unavailable));
        }
        let _ = fixture.frames(1);
        state = fixture.view(Act::See).state;
    }
    assert_eq!(state, StateView::Waiting);
    assert!(fixture.host.asked.borrow().last().unwrap().ends_with("/comparison"));
    fixture.pass(26 * 60 * 60);
    fixture
}

#[test]
fn a_session_that_the_matcher_has_ended_meanwhile_ends_and_the_relying_party_is_told() {
    let fixture = swept();
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::SessionState)));
    fixture.wake();
    assert_eq!(
        fixture.host.wake.get(),
        Some(later(fixture.host.now.get(), KEPT_SECONDS)),
        "no alarm but the one that forgets"
    );
    assert_eq!(fixture.view(Act::See).state, ended(Ending::Expired));
    let message: Value = serde_json::from_slice(&fixture.call(Call::Result { client: "bank".into() }).body).unwrap();
    assert_eq!(message["ending"], "expired");
    assert_eq!(message["passed"], false);
}

#[test]
fn a_citizen_who_breaks_off_what_has_ended_meanwhile_is_told_how_it_ended() {
    let fixture = swept();
    fixture.matcher_says(Ok(json!({"ending": {"ending": "expired"}, "documents": []})));
    assert_eq!(fixture.view(Act::Cancel).state, ended(Ending::Expired));
}

#[test]
fn what_the_matcher_refuses_of_a_broken_run_does_not_keep_the_session_from_ending() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::MalformedRequest)));
    assert_eq!(fixture.view(Act::Cancel).state, ended(Ending::Cancelled));
}

#[test]
fn the_alarm_rings_more_seldom_the_longer_the_matcher_is_silent() {
    let fixture = Fixture::new(IIN);
    fixture.host.down.set(true);
    fixture.pass(900);
    let mut waits = Vec::new();
    for _ in 0..12 {
        fixture.wake();
        let wait = fixture
            .host
            .wake
            .get()
            .unwrap()
            .duration_since(fixture.host.now.get())
            .as_secs();
        waits.push(wait);
        fixture.pass(wait);
    }
    assert_eq!(waits[..5], [30, 30, 60, 120, 240]);
    assert_eq!(waits[11], MOST_RETRY_SECONDS);
}

#[test]
fn a_session_that_the_matcher_does_not_know_any_more_is_given_up_after_three_days() {
    let fixture = swept();
    let unknown = || fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::SessionUnknown)));
    let until = later(START, 900 + GIVEN_UP_SECONDS);
    let left = until.duration_since(fixture.host.now.get()).as_secs();
    fixture.pass(left - 1);
    unknown();
    fixture.wake();
    assert!(fixture.host.record.borrow().is_some());
    fixture.pass(1);
    unknown();
    fixture.wake();
    assert!(fixture.host.record.borrow().is_none());
    assert_eq!(
        fixture.host.notes.borrow().last().unwrap(),
        "session.given_up service.try_later"
    );
    // Nobody was passed.
    let result = fixture.call(Call::Result { client: "bank".into() });
    assert_eq!(problem(&result), ProblemCode::SessionUnknown);
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
    let failures = [HostFailure::Unreadable, HostFailure::Random, HostFailure::Storage];
    let codes = [ProblemCode::Internal, ProblemCode::TryLater, ProblemCode::TryLater];
    for (failure, code) in failures.into_iter().zip(codes) {
        fixture.host.broken.set(Some(failure));
        assert_eq!(problem(&fixture.act(Act::See)), code);
        assert_eq!(fixture.try_to_wake(), Err(failure));
    }
    let noted = codes.map(|code| format!("session {}", code.as_str()));
    assert_eq!(*fixture.host.notes.borrow(), noted);
    // A relying party is not told that its code or token is wrong, but when to ask again.
    let code = Handle::new(SESSION, [1; 32]);
    let token = code.hash();
    for reply in [fixture.redeem(&code, VERIFIER), fixture.call(Call::UserInfo { token })] {
        assert_eq!(problem(&reply), ProblemCode::TryLater);
        assert!(reply.header("retry-after").is_some());
    }
    let events = failures.map(HostFailure::event);
    assert_eq!(events, ["host.unreadable", "host.random", "host.storage"]);
    fixture.host.broken.set(None);
    assert_eq!(fixture.act(Act::See).status, 200);
}

#[test]
fn what_could_not_be_stored_is_not_shown() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let shown = fixture.view(Act::Begin { run: 0 }).state;
    fixture.host.full.set(true);
    let reply = fixture.frames(1);
    assert_eq!(
        (problem(&reply), reply.header("retry-after")),
        (ProblemCode::TryLater, Some("5"))
    );
    assert_eq!(problem(&fixture.act(Act::Cancel)), ProblemCode::TryLater);
    assert_eq!(fixture.view(Act::See).state, shown);
    assert!(
        !fixture.host.asked.borrow().iter().any(|call| call.starts_with("PUT")),
        "before it was stored"
    );
    fixture.pass(900);
    assert_eq!(fixture.view(Act::See).state, StateView::Waiting);
    fixture.host.full.set(false);
    assert_eq!(fixture.view(Act::See).state, ended(Ending::Expired));
}
