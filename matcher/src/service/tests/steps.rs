//! Judging a step: its place, its frames, its deadline.

use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::{Mismatch, StepIndex};
use tanu_protocol::problem::ProblemCode;

use super::{ASKED, code, document_1, index, opened};
use crate::service::testing::{Acting, Edge, Fixture};
use crate::store::Store;

#[test]
fn a_step_without_frames_or_after_its_deadline_is_late() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let mut late = edge.step(0, 0, ASKED);
    late.issued.deadline = edge.now - jiff::SignedDuration::from_secs(1);
    let verdict = fixture.matcher.judge_step(&edge.session, index(0, 0), &late).unwrap();
    assert_eq!(verdict.mismatches, [Mismatch::Late]);

    let other = opened(&fixture, 2);
    fixture
        .matcher
        .judge_step(&other.session, index(0, 0), &other.step(0, 0, ASKED))
        .unwrap();
    let run = fixture
        .matcher
        .conclude_run(&other.session, 0, &other.conclude(0, 2))
        .unwrap();
    assert!(!run.passed && run.mismatches.contains(&Mismatch::Late));
    assert_eq!(document_1(&fixture, &other)[0].steps[1].mismatches, [Mismatch::Late]);
}

#[test]
fn the_same_frames_again_give_the_same_verdict_and_others_are_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let submission = edge.step(0, 0, ASKED);
    let first = fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &submission)
        .unwrap();
    let again = fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &submission)
        .unwrap();
    assert_eq!(first, again);
    let other = fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.step(0, 0, Acting::Idle(1)));
    assert_eq!(code(other), ProblemCode::Conflict);
    assert_eq!(fixture.store.steps(&edge.session).unwrap().len(), 1);
}

#[test]
fn bnk_7_frames_altered_repeated_reordered_or_of_another_step_are_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let frames = edge.frames(0, ASKED);
    let sound = edge.capture(0, 0, frames.clone());

    let mut altered = sound.clone();
    altered.frames[3].jpeg[0] ^= 1;
    let mut reordered = sound.clone();
    reordered.frames.swap(1, 2);
    let mut repeated = frames.clone();
    repeated[5].jpeg = repeated[4].jpeg.clone();
    let mut damaged = frames.clone();
    damaged[0].jpeg = b"no picture".to_vec();
    let mut virtual_camera = sound.clone();
    virtual_camera.camera = ClientReportedCamera::Virtual;
    let mut future = frames.clone();
    future[39].time_us = 60_000_000;

    for (capture, expected) in [
        (altered, ProblemCode::CaptureBroken),
        (reordered, ProblemCode::CaptureBroken),
        (edge.capture(0, 0, repeated), ProblemCode::CaptureBroken),
        (edge.capture(0, 0, future), ProblemCode::CaptureBroken),
        (edge.capture(0, 1, frames.clone()), ProblemCode::CaptureNonce),
        (edge.capture(0, 0, Vec::new()), ProblemCode::CaptureMalformed),
        (edge.capture(0, 0, damaged), ProblemCode::CaptureMalformed),
        (virtual_camera, ProblemCode::CameraVirtual),
    ] {
        let result = fixture
            .matcher
            .judge_step(&edge.session, index(0, 0), &edge.submit(0, 0, &capture));
        assert_eq!(code(result), expected);
    }
    assert_eq!(fixture.store.steps(&edge.session).unwrap(), []);
    assert!(
        fixture
            .matcher
            .judge_step(&edge.session, index(0, 0), &edge.submit(0, 0, &sound))
            .is_ok()
    );
}

#[test]
fn a_step_out_of_its_place_is_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let judge = |at: StepIndex, submission: &_| code(fixture.matcher.judge_step(&edge.session, at, submission));
    assert_eq!(judge(index(0, 1), &edge.step(0, 1, ASKED)), ProblemCode::SessionState);
    assert_eq!(judge(index(1, 0), &edge.step(1, 0, ASKED)), ProblemCode::SessionState);
    assert_eq!(
        judge(index(0, 1), &edge.step(0, 0, ASKED)),
        ProblemCode::MalformedRequest
    );
    let mut foreign = edge.step(0, 0, ASKED);
    foreign.issued.transaction = tanu_protocol::digest::TransactionHash::from_bytes([99; 32]);
    assert_eq!(judge(index(0, 0), &foreign), ProblemCode::CaptureNonce);
    let unknown = Edge::new(&fixture, 9);
    let result = fixture
        .matcher
        .judge_step(&unknown.session, index(0, 0), &unknown.step(0, 0, ASKED));
    assert_eq!(code(result), ProblemCode::SessionUnknown);
}
