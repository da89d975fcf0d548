//! More than a citizen or a relying party would ask.

use super::*;

#[test]
fn whoever_asks_too_often_is_told_when_to_come_back_and_loses_nothing() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let shown = fixture.view(Act::Begin { run: 0 }).state;
    fixture.allow(Purse::Browser, 2);
    for _ in 0..2 {
        assert_eq!(fixture.view(Act::See).state, shown);
    }
    for act in [Act::See, Act::Cancel, Act::Begin { run: 0 }, Act::Return] {
        let reply = fixture.act(act);
        assert_eq!((problem(&reply), reply.status), (ProblemCode::TooMany, 429));
        assert_eq!(reply.header("retry-after"), Some("60"));
    }
    assert_eq!(fixture.turned_away(BROWSER), Some(ProblemCode::TooMany));
    fixture.pass(60);
    assert!(matches!(
        fixture.view(Act::See).state,
        StateView::Waiting | StateView::Ready { run: 1, .. }
    ));
}

#[test]
fn other_browsers_and_relying_parties_spend_nothing_of_the_citizens() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.allow(Purse::Browser, 1);
    fixture.allow(Purse::RelyingParty, 1);
    let (browser, act) = (Sha256Digest::from_bytes([8; 32]), Act::See);
    assert_eq!(
        problem(&fixture.call(Call::Browser { browser, act })),
        ProblemCode::SessionUnknown
    );
    assert_eq!(fixture.turned_away(browser), Some(ProblemCode::SessionUnknown));
    let result = |client: &str| problem(&fixture.call(Call::Result { client: client.into() }));
    assert_eq!(result("other"), ProblemCode::SessionUnknown);
    assert_eq!(result("bank"), ProblemCode::SessionState);
    assert_eq!(result("bank"), ProblemCode::TooMany);
    assert_eq!(fixture.turned_away(BROWSER), None);
    assert_eq!(fixture.act(Act::See).status, 200);
}

#[test]
fn guesses_at_a_code_run_out_and_the_right_one_is_still_good_after() {
    let fixture = Fixture::new(IIN);
    let code = fixture.passed();
    fixture.allow(Purse::RelyingParty, 3);
    let wrong = VERIFIER.replace('v', "w");
    for status in [400, 400, 400, 429] {
        assert_eq!(fixture.redeem(&code, &wrong).status, status);
    }
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 429);
    // A code is good for a minute, which is over: the citizen comes back with another one.
    fixture.pass(60);
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 400);
    fixture.pass(60);
    let code = super::code(&fixture.act(Act::Return));
    assert_eq!(fixture.redeem(&code, VERIFIER).status, 200);
}

#[test]
fn bnk_7_frames_that_are_refused_again_and_again_are_not_read_any_more() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
    fixture.allow(Purse::RefusedFrames, 2);
    let frames = |nonce| Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, nonce, 1),
        arrived_at: None,
    };
    for _ in 0..2 {
        assert_eq!(fixture.turned_away(BROWSER), None);
        assert_eq!(
            problem(&fixture.act(frames(Nonce::from_bytes([9; 32])))),
            ProblemCode::CaptureNonce
        );
    }
    assert_eq!(fixture.turned_away(BROWSER), Some(ProblemCode::TooMany));
    assert_eq!(problem(&fixture.act(frames(step.nonce))), ProblemCode::TooMany);
    assert_eq!(fixture.view(Act::See).state, view.state);
}

#[test]
fn frames_that_are_taken_cost_nothing_of_what_is_there_for_refused_ones() {
    let fixture = Fixture::new(IIN);
    fixture.allow(Purse::RefusedFrames, 1);
    fixture.agree();
    assert_eq!(fixture.all_steps(0), ended(Ending::Matched));
}

#[test]
fn frames_are_not_read_before_their_step_is_shown_and_run_out_like_others_that_are_refused() {
    let fixture = Fixture::new(IIN);
    assert_eq!(fixture.turned_away(BROWSER), Some(ProblemCode::SessionState));
    fixture.agree();
    fixture.allow(Purse::RefusedFrames, 2);
    for _ in 0..2 {
        assert_eq!(fixture.turned_away(BROWSER), Some(ProblemCode::SessionState));
    }
    assert_eq!(fixture.turned_away(BROWSER), Some(ProblemCode::TooMany));
}

#[test]
fn frames_are_read_of_a_step_that_is_shown_was_answered_or_is_over() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    assert_eq!(fixture.turned_away(BROWSER), None);
    assert_eq!(fixture.frames(1).status, 200);
    assert_eq!(fixture.turned_away(BROWSER), None);
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.pass(60);
    assert_eq!(fixture.turned_away(BROWSER), None);
}
