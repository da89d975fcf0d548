//! One person in all frames of a session (NBS-7): whoever is exchanged, behind a gap, between steps or between runs, is noticed.

use tanu_protocol::capture::CapturedFrame;
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::evidence::LivenessResult;
use tanu_protocol::matcher::RunVerdict;
use tanu_protocol::session::Ending;

use super::{ASKED, document_1, index, opened};
use crate::journal::{Item, Process};
use crate::service::testing::{Acting, COMMANDS, Edge, Fixture, Picture, pictures, reference};
use crate::store::Store;

/// Frames with these pictures at these times in milliseconds.
fn frames(shown: impl IntoIterator<Item = (u64, Picture)>) -> Vec<CapturedFrame> {
    (0u32..)
        .zip(shown)
        .map(|(sequence, (ms, picture))| CapturedFrame {
            sequence,
            time_us: ms * 1000,
            jpeg: Picture {
                number: sequence.into(),
                ..picture
            }
            .bytes(),
        })
        .collect()
}

/// All that a step's command asks for, done by `person`, beginning after `from` milliseconds.
fn answered(step: u8, person: u8, from: u64) -> impl Iterator<Item = (u64, Picture)> {
    (0u64..)
        .map(move |place| from + place * 100)
        .zip(pictures(COMMANDS[usize::from(step)], Acting::AsAsked(person)))
}

/// Judges a run in which the frames of each step are changed by `change`.
fn run(fixture: &Fixture, edge: &Edge, number: u8, change: impl Fn(u8) -> Vec<CapturedFrame>) -> RunVerdict {
    for step in 0..3 {
        let capture = edge.capture(number, step, change(step));
        let verdict = fixture
            .matcher
            .judge_step(&edge.session, index(number, step), &edge.submit(number, step, &capture))
            .unwrap();
        assert_eq!(verdict.mismatches, [], "step {step}");
    }
    fixture
        .matcher
        .conclude_run(&edge.session, number, &edge.conclude(number, 3))
        .unwrap()
}

#[test]
fn nbs_7_another_person_who_answers_behind_a_gap_within_a_step_fails_the_run() {
    let fixture = Fixture::new();
    for (seed, person, expected) in [(1, 1, vec![]), (2, 2, vec![Mismatch::AnotherPerson])] {
        let edge = opened(&fixture, seed);
        // At rest for half a second; then, after a gap of two, `person` does all that is asked.
        let verdict = run(&fixture, &edge, 0, |step| match step {
            1 => frames(answered(step, 1, 0).take(5).chain(answered(step, person, 2_500))),
            _ => frames(answered(step, 1, 0)),
        });
        assert_eq!(verdict.mismatches, expected);
        assert_eq!(verdict.passed, expected.is_empty());
    }
}

#[test]
fn nbs_7_another_person_in_any_single_frame_fails_the_run() {
    for strange in [0, 1, 20, 39] {
        let fixture = Fixture::new();
        let edge = opened(&fixture, 1);
        let verdict = run(&fixture, &edge, 0, |step| {
            frames(answered(step, 1, 0).enumerate().map(|(place, (ms, mut picture))| {
                if step == 2 && place == strange {
                    picture.person = 2;
                }
                (ms, picture)
            }))
        });
        assert_eq!(verdict.mismatches, [Mismatch::AnotherPerson], "frame {strange}");
    }
}

#[test]
fn nbs_7_another_person_in_a_later_step_fails_the_run() {
    for strange in 0..3 {
        let fixture = Fixture::new();
        let edge = opened(&fixture, 1);
        let verdict = run(&fixture, &edge, 0, |step| {
            frames(answered(step, if step == strange { 2 } else { 1 }, 0))
        });
        assert_eq!(verdict.mismatches, [Mismatch::AnotherPerson], "step {strange}");
    }
}

#[test]
fn nbs_7_a_step_whose_faces_are_never_alone_is_compared_with_the_others_all_the_same() {
    for (person, expected) in [(1, vec![]), (2, vec![Mismatch::AnotherPerson])] {
        let fixture = Fixture::new();
        let edge = opened(&fixture, 1);
        let faceless = |number: u64| Picture {
            number,
            faces: 0,
            person,
            face: None,
        };
        let verdict = run(&fixture, &edge, 0, |step| {
            if step > 0 {
                return frames(answered(step, 1, 0));
            }
            // So few frames with faces among so many without one that several faces in each of them are let pass.
            let empty = (0..88u64).map(|number| (number, faceless(number)));
            let rest = [(1_000, 12), (1_130, 12), (1_260, 12)];
            let answer = [(1_600, 16), (1_800, 18), (2_000, 20), (2_200, 22), (2_600, 26)];
            let twofold = rest.into_iter().chain(answer).map(|(ms, place)| {
                let (_, picture) = answered(0, person, 0).nth(place).unwrap();
                (ms, Picture { faces: 2, ..picture })
            });
            frames(empty.chain(twofold))
        });
        assert_eq!(verdict.mismatches, expected, "person {person}");
    }
}

#[test]
fn nbs_7_another_person_in_a_repeat_fails_it() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(2)));
    let edge = opened(&fixture, 1);
    assert!(!edge.run(&fixture, 0, Acting::Idle(1)));
    // Whoever would match the reference comes too late, however often.
    for number in 1..3 {
        let verdict = run(&fixture, &edge, number, |step| frames(answered(step, 2, 0)));
        assert_eq!(verdict.mismatches, [Mismatch::AnotherPerson], "run {number}");
    }
    let verdict = run(&fixture, &edge, 3, |step| frames(answered(step, 1, 0)));
    assert!(verdict.passed, "{verdict:?}");
    let document = document_1(&fixture, &edge).remove(1);
    assert_eq!(document.result, LivenessResult::Failed);
    assert!(document.identity.unwrap().get() < 0.4);
}

#[test]
fn nbs_7_a_smile_throughout_a_failed_run_does_not_set_its_repeat_free() {
    for (person, expected) in [(1, vec![]), (2, vec![Mismatch::AnotherPerson])] {
        let fixture = Fixture::new();
        let edge = opened(&fixture, 1);
        let smiling = frames(answered(0, 1, 0).map(|(ms, mut picture)| {
            if let Some(face) = &mut picture.face {
                face.mouth = 0.4;
                face.pose.yaw = 0.0;
            }
            (ms, picture)
        }));
        let capture = edge.capture(0, 0, smiling);
        let verdict = fixture
            .matcher
            .judge_step(&edge.session, index(0, 0), &edge.submit(0, 0, &capture))
            .unwrap();
        assert_eq!(verdict.mismatches, [Mismatch::NotPerformed]);
        fixture
            .matcher
            .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
            .unwrap();
        let verdict = run(&fixture, &edge, 1, |step| frames(answered(step, person, 0)));
        assert_eq!(verdict.mismatches, expected, "person {person}");
    }
}

#[test]
fn nbs_7_a_repeat_is_free_where_no_face_was_seen_clearly_before() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    let dark = |step: u8| {
        frames(answered(step, 1, 0).map(|(ms, mut picture)| {
            if let Some(face) = &mut picture.face {
                face.quality.brightness = 0.05;
            }
            (ms, picture)
        }))
    };
    let capture = edge.capture(0, 0, dark(0));
    fixture
        .matcher
        .judge_step(&edge.session, index(0, 0), &edge.submit(0, 0, &capture))
        .unwrap();
    let first = fixture
        .matcher
        .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
        .unwrap();
    assert!(!first.passed);
    assert_eq!(fixture.store.runs(&edge.session).unwrap()[0].anchor, None);
    assert!(edge.run(&fixture, 1, Acting::AsAsked(2)));
}

#[test]
fn nbs_3_the_face_that_repeats_are_compared_with_is_kept_for_as_long_as_one_may_follow() {
    let kept = |fixture: &Fixture, edge: &Edge| -> Vec<bool> {
        let runs = fixture.store.runs(&edge.session).unwrap();
        runs.iter().map(|run| run.anchor.is_some()).collect()
    };
    let fixture = Fixture::new();
    let passes = opened(&fixture, 1);
    passes.run(&fixture, 0, Acting::Idle(1));
    assert_eq!(kept(&fixture, &passes), [true]);
    passes.run(&fixture, 1, ASKED);
    assert_eq!(kept(&fixture, &passes), [false, false]);

    let fails = opened(&fixture, 2);
    for run in 0..3 {
        fails.run(&fixture, run, Acting::Idle(1));
        assert_eq!(kept(&fixture, &fails).iter().filter(|kept| **kept).count(), 1);
    }
    fails.run(&fixture, 3, Acting::Idle(1));
    assert_eq!(kept(&fixture, &fails), [false; 4]);

    let breaks_off = opened(&fixture, 3);
    breaks_off.run(&fixture, 0, Acting::Idle(1));
    fixture
        .matcher
        .end_session(&breaks_off.session, Ending::Cancelled)
        .unwrap();
    assert_eq!(kept(&fixture, &breaks_off), [false]);

    let stops_within = opened(&fixture, 4);
    let mut request = stops_within.conclude(0, 1);
    request.ended = Some(Ending::Cancelled);
    fixture
        .matcher
        .judge_step(&stops_within.session, index(0, 0), &stops_within.step(0, 0, ASKED))
        .unwrap();
    fixture
        .matcher
        .conclude_run(&stops_within.session, 0, &request)
        .unwrap();
    assert_eq!(kept(&fixture, &stops_within), [false]);

    for edge in [passes, fails, breaks_off, stops_within] {
        let events = fixture.store.journal(&edge.session).unwrap();
        let count = |process| {
            let same = events
                .iter()
                .filter(|event| (event.process, event.item) == (process, Item::Anchor));
            same.count()
        };
        assert_eq!(count(Process::Storage), count(Process::Destruction));
        let repeated = fixture.store.runs(&edge.session).unwrap().len() > 1;
        assert_eq!(count(Process::Use) > 0, repeated);
    }
}
