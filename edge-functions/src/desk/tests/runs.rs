//! The steps of a run: repeated, failed, refused.

use super::*;

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
        arrived_at: None,
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
fn frames_that_the_matcher_refuses_cost_the_run() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::Conflict)));
    fixture.matcher_says(Ok(json!({
        "passed": false, "mismatches": ["late"], "document": reference("liveness", Some(0)),
    })));
    assert_eq!(problem(&fixture.frames(1)), ProblemCode::Conflict);
    let state = fixture.view(Act::See).state;
    assert!(matches!(state, StateView::Ready { run: 1, mismatches, .. } if mismatches == [Mismatch::Late]));
}

#[test]
fn bnk_7_a_virtual_camera_is_refused_where_it_is_not_allowed() {
    let mut fixture = Fixture::new(IIN);
    fixture.config.virtual_cameras = false;
    let (view, step) = fixture.first_step();
    let frame = CapturedFrame {
        sequence: 0,
        time_us: 0,
        jpeg: vec![0xff, 0xd8, 0xff, 1],
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
        arrived_at: None,
    };
    assert_eq!(problem(&fixture.act(frames)), ProblemCode::CameraVirtual);
    assert_eq!(fixture.view(Act::See).state, view.state);
}

#[test]
fn broken_captures_are_refused_and_the_step_stays_open() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
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
            arrived_at: None,
        };
        assert_eq!(problem(&fixture.act(frames)), expected);
    }
    assert_eq!(fixture.view(Act::See).state, view.state);
}

#[test]
fn frames_that_arrived_in_time_are_in_time_whenever_their_turn_comes() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
    let frames = |arrived_at| Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, step.nonce, 1),
        arrived_at: Some(arrived_at),
    };
    fixture.pass(60);
    assert!(fixture.host.now.get() > step.deadline);
    let state = fixture.view(frames(step.deadline)).state;
    assert!(matches!(state, StateView::Challenged { step, .. } if step.step == 1));
}

#[test]
fn whoever_breaks_off_while_frames_are_judged_is_not_compared() {
    for (at, conclusions) in [("/step/0", 1), ("/step/2", 1), ("/conclusion", 1)] {
        let fixture = Fixture::new(IIN);
        fixture.agree();
        let mut state = fixture.view(Act::Begin { run: 0 }).state;
        fixture.host.broken_off_at.set(Some(at));
        while let StateView::Challenged { .. } = state {
            assert_eq!(fixture.frames(1).status, 200);
            state = fixture.view(Act::See).state;
        }
        assert_eq!(state, ended(Ending::Cancelled), "{at}");
        assert_eq!(fixture.view(Act::Cancel).state, ended(Ending::Cancelled));
        let asked = fixture.host.asked.borrow();
        let times = |path: &str| asked.iter().filter(|call| call.ends_with(path)).count();
        assert_eq!(
            (times("/comparison"), times("/conclusion"), times("/end")),
            (0, conclusions, 1),
            "{at}"
        );
    }
}

#[test]
fn frames_whose_turn_comes_after_the_citizen_broke_off_reach_no_matcher() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    fixture.view(Act::Begin { run: 0 });
    let view = fixture.view(Act::See);
    let StateView::Challenged { step, .. } = &view.state else {
        panic!("no step is shown");
    };
    let frames = Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, step.nonce, 1),
        arrived_at: None,
    };
    fixture.host.broken_off.set(true);
    assert_eq!(fixture.view(frames).state, ended(Ending::Cancelled));
    assert!(!fixture.host.asked.borrow().iter().any(|call| call.starts_with("PUT")));
}

#[test]
fn nobody_else_breaks_off() {
    let fixture = Fixture::new(IIN);
    let may = |browser| {
        now_or_never(Desk::new(&fixture.host, &fixture.config, &fixture.keys, SESSION).may_break_off(browser))
    };
    assert!(may(BROWSER));
    assert!(!may(Sha256Digest::from_bytes([8; 32])));
    fixture.allow(Purse::Browser, 1);
    assert_eq!(fixture.act(Act::See).status, 200);
    assert!(!may(BROWSER), "a call that will be refused does nothing");
}

#[test]
fn pictures_that_the_matcher_would_refuse_unseen_are_refused_before_they_count() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
    for (jpeg, time_us, expected) in [
        (vec![0; 600], 0, ProblemCode::CaptureMalformed),
        (vec![0xff, 0xd8, 0xff], 3_600_000_000, ProblemCode::CaptureBroken),
    ] {
        let frame = CapturedFrame {
            sequence: 0,
            time_us,
            jpeg,
        };
        let camera = ClientReportedCamera::Device;
        let sealed = StepCapture::seal(&view.transaction, step.nonce, camera, vec![frame]);
        let frames = Act::Frames {
            run: 0,
            step: 0,
            capture: sealed.encode().unwrap(),
            arrived_at: None,
        };
        assert_eq!(problem(&fixture.act(frames)), expected);
    }
    assert_eq!(fixture.view(Act::See).state, view.state);
    assert_eq!(fixture.frames(1).status, 200);
}

#[test]
fn a_step_whose_pictures_turn_out_damaged_is_repeated() {
    let fixture = Fixture::new(IIN);
    fixture.agree();
    let shown = fixture.view(Act::Begin { run: 0 }).state;
    fixture.allow(Purse::RefusedFrames, 2);
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::CaptureMalformed)));
    assert_eq!(problem(&fixture.frames(1)), ProblemCode::CaptureMalformed);
    assert_eq!(fixture.view(Act::See).state, shown);
    let state = fixture.frames(2);
    assert_eq!(state.status, 200);
    assert!(matches!(fixture.view(Act::See).state, StateView::Challenged { step, .. } if step.step == 1));
    // Each is large, and was looked at: they are counted.
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::CaptureMalformed)));
    assert_eq!(problem(&fixture.frames(1)), ProblemCode::CaptureMalformed);
    assert_eq!(problem(&fixture.frames(2)), ProblemCode::TooMany);
}

#[test]
fn damaged_pictures_gain_no_time() {
    let fixture = Fixture::new(IIN);
    let (view, step) = fixture.first_step();
    let frames = Act::Frames {
        run: 0,
        step: 0,
        capture: capture(&view, step.nonce, 1),
        arrived_at: Some(step.deadline),
    };
    fixture.pass(60);
    fixture.matcher_says(Err(MatcherFailure::Refused(ProblemCode::CaptureMalformed)));
    fixture.matcher_says(Ok(json!({
        "passed": false, "mismatches": ["late"], "document": reference("liveness", Some(0)),
    })));
    assert_eq!(problem(&fixture.act(frames)), ProblemCode::SessionState);
    assert!(matches!(fixture.view(Act::See).state, StateView::Ready { run: 1, .. }));
}
