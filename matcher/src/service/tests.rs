//! The calls as a whole, on scripts in place of models, clock and state database.

use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::{Mismatch, StepIndex};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::{
    COMPARISON_TYPE, ComparisonBasis, ComparisonDocument, ComparisonResult, DocumentKind, LIVENESS_TYPE,
    LivenessDocument, LivenessResult,
};
use tanu_protocol::identity::OutOfForce;
use tanu_protocol::jws::UnverifiedJws;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{CHECKPOINT_TYPE, Checkpoint, RegisterEntry};
use tanu_protocol::session::Ending;
use tanu_protocol::state_database::ReferenceAnswer;

use super::testing::{Acting, Edge, Fixture, PERSON, Picture, checkpoints, key, reference};
use crate::failure::Failure;
use crate::journal::{Item, Process};
use crate::log::{Tampered, continues, includes};
use crate::register::Register;
use crate::store::{Store, TemplateStore};

const ASKED: Acting = Acting::AsAsked(1);

fn code<T: std::fmt::Debug>(result: Result<T, Failure>) -> ProblemCode {
    result.unwrap_err().code()
}

fn opened(fixture: &Fixture, seed: u8) -> Edge {
    let edge = Edge::new(fixture, seed);
    fixture.matcher.open_session(&edge.open()).unwrap();
    edge
}

fn index(run: u8, step: u8) -> StepIndex {
    StepIndex { run, step }
}

fn document<T: serde::de::DeserializeOwned>(fixture: &Fixture, edge: &Edge, kind: DocumentKind, typ: &str) -> Vec<T> {
    fixture
        .matcher
        .documents(&edge.session)
        .unwrap()
        .iter()
        .filter(|document| document.reference.kind == kind)
        .map(|document| {
            assert_eq!(document.reference.sha256, Sha256Digest::of(document.jws.as_bytes()));
            UnverifiedJws::parse(&document.jws, 1 << 24)
                .unwrap()
                .verify(key(3).verifying_key(), typ)
                .unwrap()
        })
        .collect()
}

fn document_1(fixture: &Fixture, edge: &Edge) -> Vec<LivenessDocument> {
    document(fixture, edge, DocumentKind::Liveness, LIVENESS_TYPE)
}

fn document_2(fixture: &Fixture, edge: &Edge) -> Vec<ComparisonDocument> {
    document(fixture, edge, DocumentKind::Comparison, COMPARISON_TYPE)
}

#[test]
fn nbs_9_first_session_compares_with_the_state_database_and_the_second_with_the_template() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let first = opened(&fixture, 1);
    assert!(first.run(&fixture, 0, ASKED));
    let verdict = fixture.matcher.compare(&first.session).unwrap();
    assert_eq!(verdict.outcome, ComparisonResult::Matched);
    assert_eq!(fixture.matcher.compare(&first.session).unwrap(), verdict);

    fixture.state.say(None);
    let second = opened(&fixture, 2);
    assert!(second.run(&fixture, 0, ASKED));
    assert_eq!(
        fixture.matcher.compare(&second.session).unwrap().outcome,
        ComparisonResult::Matched
    );

    let primary = &document_2(&fixture, &first)[0];
    assert!(
        matches!(&primary.basis, ComparisonBasis::Primary { document: Some(seen), .. } if seen.number == "*****5678")
    );
    let later = &document_2(&fixture, &second)[0];
    assert!(matches!(later.basis, ComparisonBasis::Subsequent { formed_in, .. } if formed_in == first.session));
    let liveness = &fixture.matcher.documents(&second.session).unwrap()[1];
    assert_eq!(later.liveness_document, liveness.reference.sha256);
}

#[test]
fn nbs_11_a_destroyed_template_is_gone_and_the_next_comparison_is_primary() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let first = opened(&fixture, 1);
    first.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&first.session).unwrap();
    let person = PERSON.parse().unwrap();
    assert!(fixture.matcher.destroy_template(&person).unwrap());
    assert!(!fixture.matcher.destroy_template(&person).unwrap());
    assert_eq!(
        fixture.store.get(&fixture.matcher.master.locate(&person)).unwrap(),
        None
    );

    let second = opened(&fixture, 2);
    second.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&second.session).unwrap();
    let document = &document_2(&fixture, &second)[0];
    assert!(matches!(document.basis, ComparisonBasis::Primary { .. }));
}

#[test]
fn nbs_5_no_template_is_formed_where_the_consent_does_not_cover_it_or_nothing_matched() {
    let fixture = Fixture::new();
    let person = fixture.matcher.master.locate(&PERSON.parse().unwrap());
    for (seed, template, face) in [(1, false, 1), (2, true, 7)] {
        fixture.state.say(Some(reference(face)));
        let edge = Edge::new(&fixture, seed);
        let consent = edge.consent(true, template);
        fixture.matcher.open_session(&edge.open_with(&consent, 2)).unwrap();
        edge.run(&fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
        assert_eq!(fixture.store.get(&person).unwrap(), None);
    }
}

#[test]
fn bnk_13_every_outcome_of_the_comparison_leaves_document_2() {
    let out_of_force = |change: fn(&mut tanu_protocol::identity::IdentityDocument)| match reference(1) {
        ReferenceAnswer::Found { photo, mut document } => {
            change(&mut document);
            ReferenceAnswer::Found { photo, document }
        }
        ReferenceAnswer::NotFound => ReferenceAnswer::NotFound,
    };
    let photo = |bytes: Vec<u8>| match reference(1) {
        ReferenceAnswer::Found { document, .. } => ReferenceAnswer::Found { photo: bytes, document },
        ReferenceAnswer::NotFound => ReferenceAnswer::NotFound,
    };
    let several = Picture {
        faces: 2,
        ..Picture::portrait(1)
    };
    let cases = [
        (reference(1), ComparisonResult::Matched),
        (reference(9), ComparisonResult::NotMatched),
        (ReferenceAnswer::NotFound, ComparisonResult::NoReference),
        (photo(b"no picture".to_vec()), ComparisonResult::UnusableReference),
        (photo(several.bytes()), ComparisonResult::UnusableReference),
        (
            out_of_force(|document| document.valid_until = jiff::civil::date(2021, 1, 1)),
            ComparisonResult::DocumentOutOfForce {
                why: OutOfForce::Expired,
            },
        ),
    ];
    for (seed, (answer, expected)) in (1u8..).zip(cases) {
        let fixture = Fixture::new();
        fixture.state.say(Some(answer));
        let edge = opened(&fixture, seed);
        assert!(edge.run(&fixture, 0, ASKED));
        assert_eq!(fixture.matcher.compare(&edge.session).unwrap().outcome, expected);
        let document = &document_2(&fixture, &edge)[0];
        assert_eq!(document.result, expected);
        assert_eq!(document.person.expose(), PERSON);
        assert!(!document.current_image.jpeg.is_empty());
        let compared = matches!(expected, ComparisonResult::Matched | ComparisonResult::NotMatched);
        assert_eq!(document.similarity.is_some(), compared);
    }
}

#[test]
fn a_silent_state_database_passes_nobody_and_the_call_may_be_made_again() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::TryLater);
    assert_eq!(document_2(&fixture, &edge).len(), 0);
    fixture.state.say(Some(reference(1)));
    assert_eq!(
        fixture.matcher.compare(&edge.session).unwrap().outcome,
        ComparisonResult::Matched
    );
}

#[test]
fn nbs_7_nothing_is_compared_before_a_run_has_passed() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    assert!(!edge.run(&fixture, 0, Acting::Idle(1)));
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
}

#[test]
fn bnk_8b_three_repeats_follow_a_failed_run_and_no_fourth() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    for run in 0..4 {
        assert!(!edge.run(&fixture, run, Acting::Idle(1)), "run {run}");
    }
    let fifth = fixture
        .matcher
        .judge_step(&edge.session, index(4, 0), &edge.step(4, 0, ASKED));
    assert_eq!(code(fifth), ProblemCode::SessionState);
    assert_eq!(document_1(&fixture, &edge).len(), 4);
}

#[test]
fn bnk_8b_no_run_follows_a_passed_one() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    assert!(edge.run(&fixture, 0, ASKED));
    let next = fixture
        .matcher
        .judge_step(&edge.session, index(1, 0), &edge.step(1, 0, ASKED));
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
fn a_run_with_steps_missing_can_neither_pass_nor_be_concluded_without_a_reason() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.step(0, 0, ASKED))
        .unwrap();
    let early = fixture.matcher.conclude_run(&edge.session, 0, &edge.conclude(0, 1));
    assert_eq!(code(early), ProblemCode::SessionState);
    let mut fewer = edge.conclude(0, 1);
    fewer.planned = 1;
    assert_eq!(
        code(fixture.matcher.conclude_run(&edge.session, 0, &fewer)),
        ProblemCode::MalformedRequest
    );
}

#[test]
fn bnk_8a_a_run_of_the_same_command_over_and_over_is_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let mut request = edge.conclude(0, 3);
    for step in &mut request.issued {
        step.command = tanu_protocol::challenge::Command::Blink;
    }
    let result = fixture.matcher.conclude_run(&edge.session, 0, &request);
    assert_eq!(code(result), ProblemCode::MalformedRequest);
}

#[test]
fn another_person_in_a_later_step_fails_the_run() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    for (step, person) in [(0, 1), (1, 2), (2, 1)] {
        let submission = edge.step(0, step, Acting::AsAsked(person));
        fixture
            .matcher
            .judge_step(&edge.session, index(0, step), &submission)
            .unwrap();
    }
    let run = fixture
        .matcher
        .conclude_run(&edge.session, 0, &edge.conclude(0, 3))
        .unwrap();
    assert!(!run.passed);
    assert_eq!(run.mismatches, [Mismatch::AnotherPerson]);
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

#[test]
fn nbs_4_no_frame_is_accepted_without_an_agreeing_consent_signed_by_the_edge() {
    let fixture = Fixture::new();
    let edge = Edge::new(&fixture, 1);
    let forged = edge.open_with(&edge.consent(true, true), 5);
    assert_eq!(code(fixture.matcher.open_session(&forged)), ProblemCode::ConsentMissing);
    let other = Edge::new(&fixture, 2).consent(true, true);
    assert_eq!(
        code(fixture.matcher.open_session(&edge.open_with(&other, 2))),
        ProblemCode::ConsentMissing
    );

    fixture
        .matcher
        .open_session(&edge.open_with(&edge.consent(false, false), 2))
        .unwrap();
    let result = fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.step(0, 0, ASKED));
    assert_eq!(code(result), ProblemCode::ConsentMissing);
}

#[test]
fn opening_twice_changes_nothing_and_another_opening_is_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    fixture.matcher.open_session(&edge.open()).unwrap();
    let other = edge.open_with(&edge.consent(true, false), 2);
    assert_eq!(code(fixture.matcher.open_session(&other)), ProblemCode::Conflict);
    assert_eq!(fixture.matcher.documents(&edge.session).unwrap().len(), 1);
}

#[test]
fn bnk_9_a_refused_session_leaves_consent_document_1_and_an_entry() {
    let fixture = Fixture::new();
    let edge = Edge::new(&fixture, 1);
    fixture
        .matcher
        .open_session(&edge.open_with(&edge.consent(false, false), 2))
        .unwrap();
    let documents = fixture.matcher.end_session(&edge.session, Ending::Refused).unwrap();
    let kinds: Vec<_> = documents.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [DocumentKind::Consent, DocumentKind::Liveness]);
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.result, LivenessResult::NotCompleted);
    assert_eq!(document.ended, Some(Ending::Refused));
    assert_eq!(
        fixture.matcher.end_session(&edge.session, Ending::Refused).unwrap(),
        documents
    );
    assert_eq!(
        code(fixture.matcher.end_session(&edge.session, Ending::Expired)),
        ProblemCode::Conflict
    );
    assert_eq!(fixture.store.entries().unwrap().len(), 1);
}

#[test]
fn a_session_cancelled_within_a_run_leaves_its_steps_in_document_1_and_no_frames() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.step(0, 0, ASKED))
        .unwrap();
    fixture.matcher.end_session(&edge.session, Ending::Cancelled).unwrap();
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.result, LivenessResult::NotCompleted);
    assert_eq!((document.run, document.steps.len()), (Some(0), 1));
    assert_eq!(fixture.store.steps(&edge.session).unwrap()[0].content, None);
    let result = fixture
        .matcher
        .judge_step(&edge.session, index(0, 1), &edge.step(0, 1, ASKED));
    assert_eq!(code(result), ProblemCode::SessionState);
}

#[test]
fn a_passed_session_that_expires_is_not_compared_afterwards() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(
        code(fixture.matcher.end_session(&edge.session, Ending::Matched)),
        ProblemCode::MalformedRequest
    );
    fixture.matcher.end_session(&edge.session, Ending::Expired).unwrap();
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    assert!(fixture.store.runs(&edge.session).unwrap()[0].probe.is_none());
}

#[test]
fn nbs_11_frames_and_faces_of_abandoned_sessions_are_destroyed_after_a_day() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let broken_off = opened(&fixture, 1);
    fixture
        .matcher
        .judge_step(&broken_off.session, index(0, 0), &broken_off.step(0, 0, ASKED))
        .unwrap();
    let not_compared = opened(&fixture, 2);
    not_compared.run(&fixture, 0, ASKED);
    let compared = opened(&fixture, 3);
    compared.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&compared.session).unwrap();

    fixture.host.pass(86_400);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 0);
    fixture.host.pass(1);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 2);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 0);
    assert_eq!(fixture.store.steps(&broken_off.session).unwrap()[0].content, None);
    assert!(fixture.store.runs(&not_compared.session).unwrap()[0].probe.is_none());
    let ended = |edge: &Edge| fixture.store.session(&edge.session).unwrap().unwrap().ended;
    assert_eq!(ended(&not_compared), Some(Ending::Expired));
    assert_eq!(ended(&compared), None);
}

#[test]
fn nbs_8_every_attempt_is_entered_in_sequence_and_provable() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let read = |jws: &str| -> Checkpoint {
        UnverifiedJws::parse(jws, 1 << 16)
            .unwrap()
            .verify(key(3).verifying_key(), CHECKPOINT_TYPE)
            .unwrap()
    };
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let earlier = read(&fixture.matcher.checkpoint().unwrap());
    edge.run(&fixture, 1, ASKED);
    let compared = fixture.matcher.compare(&edge.session).unwrap();
    let later = read(&fixture.matcher.checkpoint().unwrap());

    assert_eq!((earlier.size, later.size), (1, 3));
    let proof = fixture.matcher.inclusion(&compared.document.sha256).unwrap();
    assert!(includes(
        &read(&proof.checkpoint),
        &proof.entry,
        proof.index,
        &proof.path
    ));
    let entry: RegisterEntry = serde_json::from_str(&proof.entry).unwrap();
    assert_eq!((entry.index, entry.subject_index, entry.passed), (2, Some(2), true));
    let proof = fixture.matcher.consistency(1).unwrap();
    assert!(continues(&earlier, &later, &proof.path));
    assert_eq!(code(fixture.matcher.consistency(9)), ProblemCode::NotFound);
    assert_eq!(
        code(fixture.matcher.inclusion(&Sha256Digest::of(b"?"))),
        ProblemCode::NotFound
    );
}

#[test]
fn nbs_8_a_register_that_was_altered_is_not_served() {
    type Tampering = fn(&rusqlite::Connection);
    let cases: [(&str, Tampering); 5] = [
        ("altered", |database| {
            database
                .execute(
                    "UPDATE entry SET text = replace(text, 'false', 'true') WHERE place = 0",
                    [],
                )
                .unwrap();
        }),
        ("last deleted", |database| {
            database.execute("DELETE FROM entry WHERE place = 2", []).unwrap();
        }),
        ("middle deleted", |database| {
            database.execute("DELETE FROM entry WHERE place = 1", []).unwrap();
        }),
        ("reordered", |database| {
            database
                .execute_batch(
                    "UPDATE entry SET place = 9 WHERE place = 0; UPDATE entry SET place = 0 WHERE place = 1;
                     UPDATE entry SET place = 1 WHERE place = 9;",
                )
                .unwrap();
        }),
        ("checkpoints deleted", |database| {
            database.execute("DELETE FROM checkpoint", []).unwrap();
        }),
    ];
    for (name, tamper) in cases {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("matcher.sqlite");
        let host = std::sync::Arc::new(crate::host::testing::TestHost::new());
        let open = || crate::store::SqliteStore::open(&path, &super::testing::master(1), &*host).unwrap();
        {
            let fixture = Fixture::over(std::sync::Arc::clone(&host), open());
            let edge = opened(&fixture, 1);
            for run in 0..3 {
                edge.run(&fixture, run, Acting::Idle(1));
            }
        }
        let now = crate::host::Host::now(&*host);
        assert!(Register::open(&open(), checkpoints(), now).is_ok(), "{name}");
        tamper(&rusqlite::Connection::open(&path).unwrap());
        let refused = Register::open(&open(), checkpoints(), now);
        assert!(
            matches!(
                refused.err().unwrap(),
                Failure::Register(_) | Failure::Store(crate::store::StoreError::Malformed)
            ),
            "{name}"
        );
    }
}

#[test]
fn nbs_8_a_checkpoint_of_another_key_or_log_is_not_served() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let mut other_key = checkpoints();
    other_key.accepted = vec![*key(8).verifying_key()];
    let mut other_log = checkpoints();
    other_log.origin = "another".into();
    for signer in [other_key, other_log] {
        let refused = Register::open(&*fixture.store, signer, edge.now);
        assert!(matches!(
            refused.err().unwrap(),
            Failure::Register(Tampered::Checkpoint)
        ));
    }
}

#[test]
fn nbs_3_the_journal_has_collection_use_storage_and_destruction_of_every_frame() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&edge.session).unwrap();
    let events = fixture.store.journal(&edge.session).unwrap();
    let count = |process: Process, item: Item| -> u32 {
        events
            .iter()
            .filter(|event| event.process == process && event.item == item)
            .map(|event| event.count)
            .sum()
    };
    for process in [
        Process::Collection,
        Process::Use,
        Process::Storage,
        Process::Destruction,
    ] {
        assert_eq!(count(process, Item::Frames), 120, "{process:?}");
    }
    assert_eq!(count(Process::Storage, Item::Template), 1);
    assert_eq!(count(Process::Collection, Item::ReferencePhoto), 1);
    assert_eq!(count(Process::Destruction, Item::ReferencePhoto), 1);
    assert_eq!(
        count(Process::Storage, Item::Probe),
        count(Process::Destruction, Item::Probe)
    );
    assert!(events.iter().all(|event| event.subject.is_some()));
}

#[test]
fn invariant_5_the_database_holds_no_iin_no_picture_and_no_embedding_in_the_clear() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("matcher.sqlite");
    let host = std::sync::Arc::new(crate::host::testing::TestHost::new());
    {
        let store = crate::store::SqliteStore::open(&path, &super::testing::master(1), &*host).unwrap();
        let fixture = Fixture::over(std::sync::Arc::clone(&host), store);
        fixture.state.say(Some(reference(1)));
        let edge = opened(&fixture, 1);
        edge.run(&fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
    }
    let picture = Picture::portrait(1).bytes();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(PERSON.as_bytes()));
        assert!(!holds(&picture[picture.len() - 40..]));
        assert!(!holds(b"embedding"));
    }
}
