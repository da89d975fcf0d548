//! Concluding a run: the verdict, its repeats, document 1.

use tanu_protocol::challenge::{Command, Mismatch, Plan};
use tanu_protocol::evidence::LivenessResult;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::Ending;

use super::{ASKED, code, document_1, index, judged, opened};
use crate::service::testing::{Acting, COMMANDS, Edge, Fixture, PERSON};

#[test]
fn bnk_8b_three_repeats_follow_a_failed_run_and_no_fourth() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    for run in 0..4 {
        assert!(!edge.run(&fixture, run, Acting::Idle(1)), "run {run}");
    }
    let fifth = judged(&fixture, &edge, index(4, 0));
    assert_eq!(code(fifth), ProblemCode::SessionState);
    assert_eq!(document_1(&fixture, &edge).len(), 4);
}

#[test]
fn bnk_8b_no_run_follows_a_passed_one() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    assert!(edge.run(&fixture, 0, ASKED));
    let next = judged(&fixture, &edge, index(1, 0));
    assert_eq!(code(next), ProblemCode::SessionState);
}

#[test]
fn bnk_9_document_1_has_commands_images_person_customer_and_time() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.result, LivenessResult::Failed);
    assert_eq!(document.person.as_ref().unwrap().expose(), PERSON);
    assert_eq!(document.customer, Edge::customer());
    assert_eq!(document.at, edge.now);
    assert_eq!(document.transaction, edge.transaction);
    assert_eq!(document.steps.len(), 3);
    for step in &document.steps {
        assert!(!step.images.is_empty() && step.frames == 40 && step.head.is_some());
        assert!(step.mismatches.contains(&Mismatch::NotPerformed));
    }
}

#[test]
fn a_run_that_stops_at_its_first_failed_step_is_not_called_late() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let verdict = fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.step(0, 0, Acting::Idle(1)))
        .unwrap();
    let run = fixture
        .matcher
        .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
        .unwrap();
    assert!(!run.passed && !run.mismatches.contains(&Mismatch::Late));
    assert_eq!(verdict.mismatches, [Mismatch::NotPerformed]);
}

#[test]
fn a_run_with_steps_missing_can_neither_pass_nor_be_concluded_without_a_reason() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    let early = fixture.matcher.conclude_run(&edge.session, 0, &edge.conclude(0, 1));
    assert_eq!(code(early), ProblemCode::SessionState);
}

#[test]
fn bnk_9_the_plan_of_a_run_is_the_same_at_its_steps_and_its_conclusion() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let mut step = edge.step(0, 0, ASKED);
    step.plan = Plan::new(vec![Command::Blink, Command::TurnLeft, Command::Blink]).unwrap();
    let result = fixture.matcher.judge_step(&edge.session, index(0, 0), &step);
    assert_eq!(
        code(result),
        ProblemCode::MalformedRequest,
        "the command is not the plan's"
    );
    judged(&fixture, &edge, index(0, 0)).unwrap();
    let mut other = edge.conclude(0, 1);
    other.plan = Plan::new(vec![Command::TurnLeft, Command::LookUp, Command::Blink]).unwrap();
    other.ended = Some(Ending::Cancelled);
    let result = fixture.matcher.conclude_run(&edge.session, 0, &other);
    assert_eq!(code(result), ProblemCode::Conflict, "the steps were of another plan");
}

#[test]
fn bnk_9_document_1_has_every_command_that_was_chosen_wherever_the_run_stopped() {
    type Stops = fn(&Fixture, &Edge);
    let stops: [(&str, usize, Stops); 4] = [
        ("the first step failed", 1, |fixture, edge| {
            let step = edge.step(0, 0, Acting::Idle(1));
            fixture.matcher.judge_step(&edge.session, index(0, 0), &step).unwrap();
            fixture
                .matcher
                .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
                .unwrap();
        }),
        ("no frames came for it", 1, |fixture, edge| {
            fixture
                .matcher
                .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
                .unwrap();
        }),
        ("the citizen broke off", 1, |fixture, edge| {
            let mut request = edge.conclude(0, 1);
            request.ended = Some(Ending::Cancelled);
            fixture.matcher.conclude_run(&edge.session, 0, &request).unwrap();
        }),
        ("the edge lost the session", 1, |fixture, edge| {
            judged(fixture, edge, index(0, 0)).unwrap();
            fixture.host.pass(86_401);
            assert_eq!(fixture.matcher.end_abandoned().unwrap(), 1);
        }),
    ];
    for (name, shown, stop) in stops {
        let fixture = Fixture::new();
        let edge = opened(&fixture, 1);
        stop(&fixture, &edge);
        let document = &document_1(&fixture, &edge)[0];
        assert_eq!(document.commands, COMMANDS, "{name}");
        assert_eq!(document.steps.len(), shown, "{name}");
    }
}

#[test]
fn bnk_8a_a_run_of_the_same_command_over_and_over_is_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let mut request = edge.conclude(0, 3);
    for step in &mut request.issued {
        step.command = Command::Blink;
    }
    let result = fixture.matcher.conclude_run(&edge.session, 0, &request);
    assert_eq!(code(result), ProblemCode::MalformedRequest);
}

#[test]
fn a_concluded_run_answers_the_same_request_again_and_refuses_another() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let again = fixture
        .matcher
        .conclude_run(&edge.session, 0, &edge.conclude(0, 3))
        .unwrap();
    assert!(!again.passed);
    let other = fixture.matcher.conclude_run(&edge.session, 0, &edge.conclude(0, 2));
    assert_eq!(code(other), ProblemCode::Conflict);
    assert_eq!(document_1(&fixture, &edge).len(), 1);
}
