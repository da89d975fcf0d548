mod any_moves;

use tanu_protocol::challenge::Command;
use tanu_protocol::evidence::{ComparisonResult, DocumentKind};
use tanu_protocol::identity::{Customer, OutOfForce};
use tanu_protocol::language::{Language, Localized};
use tanu_protocol::matcher::{ComparisonVerdict, RunVerdict, SessionEnded, StepVerdict};
use tanu_protocol::session::{ConsentAnswer, DataItem, Ending, StateView};

use super::*;

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
const NONCE: Nonce = Nonce::from_bytes([7; 32]);
const PACE: Pace = Pace {
    session_seconds: 900,
    step_seconds: 30,
};

fn later(seconds: u32) -> Timestamp {
    after(START, seconds)
}

fn created() -> Session {
    let text = Localized {
        kk: "k".into(),
        ru: "r".into(),
        en: "e".into(),
    };
    let request = Request {
        customer: Customer {
            client_id: "bank".into(),
            name: text.clone(),
            bin: "490140000012".parse().unwrap(),
        },
        purpose: text,
        data: vec![DataItem::Face],
        retention_days: 30,
        user_agreement: "https://bank.example/agreement".into(),
        privacy_policy: "https://bank.example/privacy".into(),
        person: Some("880229100014".parse().unwrap()),
    };
    Session::create(
        SessionId::from_bytes([1; 16]),
        TransactionHash::from_bytes([2; 32]),
        request,
        PACE,
        START,
    )
}

fn answer(session: Session, agreed: bool, now: Timestamp) -> Result<Session, InvalidTransition> {
    let answer = ConsentAnswer {
        agreed,
        template: true,
        iin: None,
        language: Language::Kk,
    };
    let record = session
        .request()
        .answered(&answer, session.id(), session.transaction(), now)
        .unwrap();
    session.answered(&record, "consent.as.jws".into(), now)
}

fn document(kind: DocumentKind, run: Option<u8>) -> DocumentRef {
    let bytes = [u8::from(run.is_some()), run.unwrap_or_default(), kind as u8];
    DocumentRef {
        kind,
        run,
        sha256: Sha256Digest::of(&bytes),
        at: START,
    }
}

fn run_verdict(run: u8, mismatches: Vec<Mismatch>) -> RunVerdict {
    RunVerdict {
        passed: mismatches.is_empty(),
        mismatches,
        document: document(DocumentKind::Liveness, Some(run)),
    }
}

fn on_record(ending: Ending) -> SessionEnded {
    SessionEnded {
        ending,
        documents: vec![document(DocumentKind::Liveness, None)],
    }
}

fn comparison(outcome: ComparisonResult) -> ComparisonVerdict {
    ComparisonVerdict {
        outcome,
        document: document(DocumentKind::Comparison, None),
    }
}

fn plan(length: usize) -> Plan {
    Plan::new(Command::ALL.into_iter().take(length).collect()).unwrap()
}

fn ready() -> Session {
    answer(created(), true, START).unwrap().opened(START).unwrap()
}

fn shown(session: &Session) -> StepIndex {
    match session.view(session.seen_at) {
        StateView::Challenged { step, .. } => StepIndex {
            run: step.run,
            step: step.step,
        },
        other => panic!("no step is shown: {other:?}"),
    }
}

fn step(session: Session, mismatches: Vec<Mismatch>) -> Session {
    let (index, now) = (shown(&session), session.seen_at);
    session
        .received(index, Sha256Digest::of(b"frames"), now)
        .unwrap()
        .judged(&StepVerdict { mismatches }, NONCE, now)
        .unwrap()
}

fn begin(session: Session, run: u8) -> Session {
    let now = session.seen_at;
    session.begin_run(run, plan(3), NONCE, now).unwrap()
}

fn all_steps(mut session: Session) -> Session {
    for _ in 0..3 {
        session = step(session, vec![]);
    }
    session
}

fn verified() -> Session {
    all_steps(begin(ready(), 0))
        .concluded(run_verdict(0, vec![]), START)
        .unwrap()
}

fn ending(session: &Session) -> Option<Ending> {
    session.outcome().map(|(outcome, _)| outcome.ending())
}

#[test]
fn nbs_10_three_answered_commands_and_a_match_are_passed() {
    let session = verified();
    assert_eq!(session.task(), Some(Task::Compare));
    assert_eq!(session.view(START), StateView::Waiting);
    let session = session.compared(comparison(ComparisonResult::Matched), START).unwrap();
    assert_eq!(ending(&session), Some(Ending::Matched));
    assert_eq!(session.documents().len(), 2);
    assert_eq!(session.task(), None);
}

#[test]
fn nbs_10_every_other_comparison_is_not_passed() {
    let why = OutOfForce::Expired;
    for (result, expected) in [
        (ComparisonResult::NotMatched, Ending::NotMatched),
        (ComparisonResult::NoReference, Ending::NoReference),
        (ComparisonResult::UnusableReference, Ending::NoReference),
        (
            ComparisonResult::DocumentOutOfForce { why },
            Ending::DocumentOutOfForce { why },
        ),
    ] {
        let session = verified().compared(comparison(result), START).unwrap();
        assert_eq!(ending(&session), Some(expected));
        assert!(!expected.passed());
    }
}

#[test]
fn nbs_4_no_run_begins_before_consent() {
    let result = created().begin_run(0, plan(3), NONCE, START);
    assert_eq!(result.unwrap_err(), InvalidTransition::NoConsent);
}

#[test]
fn nbs_4_a_refusal_ends_the_session_once_it_is_on_record() {
    let session = answer(created(), false, START).unwrap();
    assert_eq!(session.view(START), StateView::Waiting);
    assert!(matches!(session.task(), Some(Task::Open(open)) if open.consent.is_some()));
    let session = session.opened(START).unwrap();
    assert!(matches!(session.task(), Some(Task::End(end)) if end.ending == Ending::Refused));
    let session = session.recorded(&on_record(Ending::Refused), START).unwrap();
    assert_eq!(ending(&session), Some(Ending::Refused));
    assert_eq!(session.consent(), Some(false));
}

#[test]
fn nbs_4_the_question_is_answered_once() {
    let session = answer(created(), true, START).unwrap();
    assert_eq!(answer(session, false, START).unwrap_err(), InvalidTransition::Elsewhere);
}

#[test]
fn nbs_4_a_record_of_another_session_is_refused() {
    let session = created();
    let mut record = session
        .request()
        .answered(
            &ConsentAnswer {
                agreed: true,
                template: false,
                iin: None,
                language: Language::En,
            },
            session.id(),
            session.transaction(),
            START,
        )
        .unwrap();
    record.transaction = TransactionHash::from_bytes([9; 32]);
    assert_eq!(
        session.answered(&record, "jws".into(), START).unwrap_err(),
        InvalidTransition::ForeignRecord
    );
}

#[test]
fn bnk_8b_a_mismatch_repeats_the_run_and_says_why() {
    let session = step(begin(ready(), 0), vec![Mismatch::Static]);
    assert!(matches!(session.task(), Some(Task::Conclude { run: 0, request }) if request.issued.len() == 1));
    let session = session
        .concluded(run_verdict(0, vec![Mismatch::Static]), START)
        .unwrap();
    assert_eq!(
        session.view(START),
        StateView::Ready {
            run: 1,
            repeats_left: 2,
            mismatches: vec![Mismatch::Static],
        }
    );
}

#[test]
fn bnk_9_a_run_that_stops_at_its_first_step_is_concluded_with_all_commands_that_were_chosen() {
    let failed = step(begin(ready(), 0), vec![Mismatch::Static]);
    let late = begin(ready(), 0).at(later(31));
    let cancelled = begin(ready(), 0).cancelled(START).unwrap();
    for session in [failed, late, cancelled] {
        let Some(Task::Conclude { request, .. }) = session.task() else {
            panic!("document 1 is due (BNK-9)");
        };
        assert_eq!((request.issued.len(), request.plan), (1, plan(3)));
    }
}

#[test]
fn bnk_8b_fourth_failed_run_is_negative() {
    let mut session = ready();
    for run in 0..4 {
        assert_eq!(session.outcome().map(|_| ()), None, "before run {run}");
        session = step(begin(session, run), vec![Mismatch::NotPerformed]);
        session = session
            .concluded(run_verdict(run, vec![Mismatch::NotPerformed]), START)
            .unwrap();
    }
    assert_eq!(ending(&session), Some(Ending::NotLive));
    assert_eq!(session.documents().len(), 4, "document 1 of each run (BNK-9)");
}

#[test]
fn bnk_8b_a_run_whose_steps_pass_and_which_fails_as_a_whole_is_repeated() {
    let session = all_steps(begin(ready(), 0));
    let session = session
        .concluded(run_verdict(0, vec![Mismatch::AnotherPerson]), START)
        .unwrap();
    assert!(matches!(session.view(START), StateView::Ready { run: 1, .. }));
}

#[test]
fn a_step_past_its_deadline_fails_the_run() {
    let session = begin(ready(), 0);
    assert!(matches!(session.view(later(30)), StateView::Challenged { .. }));
    let late = session
        .clone()
        .received(shown(&session), Sha256Digest::of(b"frames"), later(31));
    assert_eq!(late.unwrap_err(), InvalidTransition::Elsewhere);
    let session = session.at(later(31));
    assert!(matches!(session.task(), Some(Task::Conclude { run: 0, request }) if request.ended.is_none()));
    assert_eq!(session.place(StepIndex { run: 0, step: 0 }), Place::Past);
}

#[test]
fn frames_that_came_in_time_are_judged_however_long_the_matcher_takes() {
    let session = begin(ready(), 0);
    let index = shown(&session);
    let session = session.received(index, Sha256Digest::of(b"frames"), later(29)).unwrap();
    let session = session.at(later(300));
    assert!(matches!(session.task(), Some(Task::Judge { received_at, .. }) if received_at == later(29)));
    let passed = StepVerdict { mismatches: vec![] };
    assert!(session.judged(&passed, NONCE, later(300)).is_ok());
}

#[test]
fn the_first_receipt_of_a_step_is_remembered() {
    let session = step(begin(ready(), 0), vec![]);
    let first = StepIndex { run: 0, step: 0 };
    assert_eq!(session.place(first), Place::Received(Sha256Digest::of(b"frames")));
    assert!(matches!(session.place(StepIndex { run: 0, step: 1 }), Place::Open(step) if step.index.step == 1));
    assert_eq!(session.place(StepIndex { run: 0, step: 2 }), Place::Ahead);
    assert_eq!(session.place(StepIndex { run: 1, step: 0 }), Place::Ahead);
}

fn lost(session: Session) -> Session {
    let index = shown(&session);
    let session = session.received(index, Sha256Digest::of(b"frames"), START).unwrap();
    session.frames_lost(START).unwrap()
}

#[test]
fn frames_that_were_lost_unjudged_cost_the_run_and_not_the_session() {
    let session = lost(begin(ready(), 0));
    let session = session.concluded(run_verdict(0, vec![Mismatch::Late]), START).unwrap();
    assert!(matches!(session.view(START), StateView::Ready { run: 1, .. }));
}

#[test]
fn a_step_whose_verdict_was_lost_counts_as_it_was_judged() {
    let first = lost(begin(ready(), 0)).not_concluded(NONCE, START).unwrap();
    assert_eq!(shown(&first), StepIndex { run: 0, step: 1 });
    let last = lost(step(step(begin(ready(), 0), vec![]), vec![]));
    assert!(last.clone().not_concluded(NONCE, START).is_err());
    let last = last.concluded(run_verdict(0, vec![]), START).unwrap();
    assert_eq!(last.task(), Some(Task::Compare));
    // A run can't have passed before its last step was shown, whatever anyone says.
    let early = lost(begin(ready(), 0))
        .concluded(run_verdict(0, vec![]), START)
        .unwrap();
    assert!(matches!(early.view(START), StateView::Ready { run: 1, .. }));
}

#[test]
fn a_run_that_was_on_record_before_the_session_broke_off_stays_so() {
    let session = all_steps(begin(ready(), 0)).cancelled(START).unwrap();
    let session = session.not_concluded(NONCE, START).unwrap();
    assert!(matches!(session.task(), Some(Task::End(_))));
}

#[test]
fn expiry_and_cancellation_put_the_broken_run_on_record_before_they_show() {
    let open = step(begin(ready(), 0), vec![]);
    let expired = open.clone().at(later(900));
    let cancelled = open.cancelled(START).unwrap();
    for (session, expected) in [(expired, Ending::Expired), (cancelled, Ending::Cancelled)] {
        assert_eq!(session.view(session.seen_at), StateView::Waiting);
        let Some(Task::Conclude { run: 0, request }) = session.task() else {
            panic!("document 1 of the broken run is due (BNK-9)");
        };
        assert_eq!(request.ended, Some(expected));
        assert_eq!((request.issued.len(), request.plan), (2, plan(3)));
        let now = session.seen_at;
        let session = session.concluded(run_verdict(0, vec![Mismatch::Late]), now).unwrap();
        let session = session.recorded(&on_record(expected), now).unwrap();
        assert_eq!(ending(&session), Some(expected));
    }
}

#[test]
fn a_session_that_ends_before_consent_is_recorded_as_well() {
    let session = created().at(later(900));
    assert!(matches!(session.task(), Some(Task::Open(open)) if open.consent.is_none()));
}

#[test]
fn nbs_8_a_run_that_is_never_begun_expires_and_the_end_is_put_on_record() {
    let session = ready();
    assert!(matches!(session.view(later(899)), StateView::Ready { run: 0, .. }));
    let session = session.at(later(900));
    assert_eq!(session.view(later(900)), StateView::Waiting);
    assert!(matches!(session.task(), Some(Task::End(end)) if end.ending == Ending::Expired));
    assert_eq!(
        session.clone().begin_run(0, plan(3), NONCE, later(900)).unwrap_err(),
        InvalidTransition::Elsewhere
    );
    let session = session.recorded(&on_record(Ending::Expired), later(901)).unwrap();
    assert_eq!(ending(&session), Some(Ending::Expired));
    assert_eq!(session.documents().len(), 1);
}

#[test]
fn a_repeat_that_is_never_begun_expires_after_the_failed_run_is_on_record() {
    let session = step(begin(ready(), 0), vec![Mismatch::Static]);
    let session = session
        .concluded(run_verdict(0, vec![Mismatch::Static]), START)
        .unwrap()
        .at(later(900));
    assert!(matches!(session.task(), Some(Task::End(end)) if end.ending == Ending::Expired));
    let ended = SessionEnded {
        ending: Ending::Expired,
        documents: session.documents().to_vec(),
    };
    let session = session.recorded(&ended, later(900)).unwrap();
    assert_eq!(ending(&session), Some(Ending::Expired));
    assert_eq!(session.documents().len(), 1, "document 1 of the failed run");
}

#[test]
fn a_verified_person_does_not_expire_while_the_comparison_waits() {
    let session = verified().at(later(5000));
    assert_eq!(session.task(), Some(Task::Compare));
}

#[test]
fn a_comparison_that_the_matcher_makes_no_more_expires_the_session() {
    let session = verified().not_compared(later(90_000)).unwrap();
    assert!(matches!(session.task(), Some(Task::End(end)) if end.ending == Ending::Expired));
    assert_eq!(
        session.clone().not_compared(later(90_000)).unwrap_err(),
        InvalidTransition::Elsewhere
    );
    let session = session.recorded(&on_record(Ending::Expired), later(90_000)).unwrap();
    assert_eq!(ending(&session), Some(Ending::Expired));
}

#[test]
fn an_ending_that_is_on_record_stands_whatever_was_asked_for() {
    let cancelled = || verified().cancelled(later(90_000)).unwrap();
    for (recorded, expected) in [
        (Ending::Expired, Ending::Expired),
        (Ending::Cancelled, Ending::Cancelled),
        // No ending makes a session pass that came to no comparison.
        (Ending::Matched, Ending::Cancelled),
    ] {
        let session = cancelled().recorded(&on_record(recorded), later(90_000)).unwrap();
        assert_eq!(ending(&session), Some(expected), "{recorded:?}");
    }
}

#[test]
fn debug_output_holds_neither_iin_nor_consent() {
    let text = format!("{:?}", ready());
    assert!(
        !text.contains("880229100014") && !text.contains("consent.as.jws"),
        "{text}"
    );
}

#[test]
fn another_version_of_the_stored_form_is_refused() {
    let mut stored = serde_json::to_value(ready()).unwrap();
    stored["version"] = "tanu/session/2".into();
    assert!(serde_json::from_value::<Session>(stored).is_err());
}
