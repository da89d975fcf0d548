use proptest::prelude::*;
use tanu_protocol::challenge::{Command, Mismatch};
use tanu_protocol::observation::{Bounds, FaceLight, FaceObservation, FrameObservation, HeadPose, Quality, Shape};

use super::trajectory::{answer, face_at_rest, film, obey, there_and_back};
use super::*;
use crate::guidance::{Hint, Phase};

fn judge(command: Command, frames: &[FrameObservation]) -> StepReport {
    judge_by(command, frames, &Policy::default())
}

fn judge_by(command: Command, frames: &[FrameObservation], policy: &Policy) -> StepReport {
    let mut judge = StepJudge::new(command, policy);
    for frame in frames {
        judge.observe(frame);
    }
    judge.finish()
}

/// A command that moves something else.
fn another(command: Command) -> Command {
    match command {
        Command::TurnLeft | Command::TurnRight | Command::Blink => Command::OpenMouth,
        Command::OpenMouth | Command::ComeCloser => Command::TurnLeft,
        Command::LookUp => Command::TurnRight,
        Command::LookDown => Command::ComeCloser,
    }
}

#[test]
fn bnk_8a_each_command_is_seen_at_the_rates_of_webcams() {
    for command in Command::ALL {
        for rate in [8.0, 10.0, 12.0, 15.0, 24.0, 30.0] {
            let report = judge(command, &answer(command, rate));
            assert_eq!(report.mismatches, [], "{command:?} at {rate} frames a second");
            let (start, end) = (report.started_ms.unwrap(), report.returned_ms.unwrap());
            assert!(
                (750.0..1_200.0).contains(&start) && start <= end,
                "{command:?}: {start} to {end}"
            );
        }
    }
}

#[test]
fn what_passes_by_the_numbers_of_guidance_passes_by_those_of_the_verdict() {
    for command in Command::ALL {
        let frames = answer(command, 12.0);
        assert_eq!(
            judge_by(command, &frames, &Policy::default().for_guidance()).mismatches,
            [],
            "{command:?}"
        );
    }
}

#[test]
fn the_key_frames_show_rest_extent_and_return() {
    let frames = answer(Command::TurnLeft, 12.0);
    let keys = judge(Command::TurnLeft, &frames).key_frames;
    let yaw = |index: Option<usize>| frames[index.unwrap()].face.as_ref().unwrap().pose.yaw;
    assert!(yaw(keys.start) < 8.0 && yaw(keys.peak) > 20.0 && yaw(keys.returned) < 8.0);
    assert!(keys.start < keys.peak && keys.peak < keys.returned && keys.clearest.is_some());
    assert!(keys.indices().is_sorted());
}

/// One table row: what happens, and the mismatch that must be among the reasons.
#[test]
fn bnk_8a_each_mismatch_is_found() {
    type Act = fn(Command) -> Vec<FrameObservation>;
    let rows: [(Mismatch, Act); 14] = [
        (Mismatch::NotPerformed, |_| film(4.0, 12.0, |_, _| {})),
        (Mismatch::TooLittle, |command| {
            film(4.0, 12.0, |t, face| {
                obey(face, command, 0.38 * there_and_back(t, 800.0, 2_300.0))
            })
        }),
        (Mismatch::NotReturned, |command| {
            film(4.0, 12.0, |t, face| {
                obey(face, command, there_and_back(t.min(1_550.0), 800.0, 2_300.0))
            })
        }),
        (Mismatch::OtherMovement, |command| {
            film(4.0, 12.0, |t, face| {
                obey(face, another(command), 2.0 * there_and_back(t, 800.0, 1_900.0));
                obey(face, command, there_and_back(t, 2_200.0, 3_400.0));
            })
        }),
        (Mismatch::TooEarly, |command| {
            film(4.0, 12.0, |t, face| {
                obey(face, command, if t < 900.0 { 2.2 } else { 0.0 })
            })
        }),
        (Mismatch::Static, |_| {
            film(4.0, 12.0, |_, face| *face = face_at_rest(0.0))
        }),
        (Mismatch::Discontinuous, |command| {
            let mut frames = answer(command, 12.0);
            frames
                .iter_mut()
                .skip(15)
                .for_each(|frame| frame.face.as_mut().unwrap().bounds.x -= 0.25);
            frames
        }),
        (Mismatch::SeveralFaces, |command| {
            let mut frames = answer(command, 12.0);
            frames.iter_mut().skip(10).for_each(|frame| frame.faces = 2);
            frames
        }),
        (Mismatch::NoFace, |_| {
            let mut frames = film(4.0, 12.0, |_, _| {});
            frames
                .iter_mut()
                .for_each(|frame| (frame.faces, frame.face) = (0, None));
            frames
        }),
        (Mismatch::OutOfPlace, |_| {
            film(4.0, 12.0, |_, face| face.bounds.x = 0.82)
        }),
        (Mismatch::TooDark, |_| {
            film(4.0, 12.0, |_, face| face.quality.brightness = 0.03)
        }),
        (Mismatch::TooBright, |_| {
            film(4.0, 12.0, |_, face| face.quality.brightness = 0.98)
        }),
        (Mismatch::Blurred, |command| {
            let mut frames = answer(command, 12.0);
            frames
                .iter_mut()
                .for_each(|frame| frame.face.as_mut().unwrap().quality.sharpness = 0.000_01);
            frames
        }),
        (Mismatch::TooFewFrames, |command| {
            answer(command, 12.0).into_iter().take(3).collect()
        }),
    ];
    for (mismatch, act) in rows {
        for command in Command::ALL {
            // How close a face was before the step began can't be known, and a face that came closer may stay there.
            let excepted = matches!(mismatch, Mismatch::NotReturned | Mismatch::TooEarly);
            if command == Command::ComeCloser && excepted {
                continue;
            }
            let report = judge(command, &act(command));
            assert!(
                report.mismatches.contains(&mismatch),
                "{command:?}: {mismatch:?} not in {:?}",
                report.mismatches
            );
        }
    }
}

#[test]
fn a_step_without_frames_fails() {
    for command in Command::ALL {
        assert_eq!(judge(command, &[]).mismatches, [Mismatch::TooFewFrames]);
    }
}

/// Frames of an answer, without those that would have come between the two times.
fn with_gap(frames: Vec<FrameObservation>, from_ms: f64, to_ms: f64) -> Vec<FrameObservation> {
    frames
        .into_iter()
        .filter(|frame| !(from_ms..to_ms).contains(&frame.t_ms))
        .collect()
}

fn later(frames: Vec<FrameObservation>, by_ms: f64) -> impl Iterator<Item = FrameObservation> {
    frames.into_iter().map(move |frame| FrameObservation {
        t_ms: frame.t_ms + by_ms,
        ..frame
    })
}

#[test]
fn an_answer_with_a_gap_in_it_does_not_count() {
    for command in Command::ALL {
        // Rest and the way out before the gap, the way back after it.
        let frames = with_gap(answer(command, 24.0), 850.0, 2_100.0);
        let mismatches = judge(command, &frames).mismatches;
        assert!(
            mismatches.contains(&Mismatch::TooFewFrames),
            "{command:?}: {mismatches:?}"
        );
    }
}

#[test]
fn what_was_under_way_at_a_gap_may_be_done_again() {
    for command in Command::ALL {
        let mut frames = with_gap(answer(command, 12.0), 900.0, 9_000.0);
        frames.extend(later(answer(command, 12.0), 2_300.0));
        let report = judge(command, &frames);
        assert_eq!(report.mismatches, [], "{command:?}");
        assert!(
            report.started_ms.unwrap() > 2_300.0,
            "{command:?}: the broken answer was counted"
        );
    }
}

#[test]
fn another_movement_is_not_forgotten_behind_a_gap() {
    let mut frames = with_gap(answer(Command::TurnRight, 12.0), 1_900.0, 9_000.0);
    frames.extend(later(answer(Command::TurnLeft, 12.0), 3_300.0));
    let mismatches = judge(Command::TurnLeft, &frames).mismatches;
    assert!(mismatches.contains(&Mismatch::OtherMovement), "{mismatches:?}");
}

#[test]
fn a_step_goes_on_until_it_has_as_many_frames_as_it_needs() {
    let policy = Policy::default();
    // Slow enough that the command has been seen before there are eight frames.
    let mut judge = StepJudge::new(Command::ComeCloser, &policy);
    for frame in film(4.0, 3.5, |t_ms, face| {
        obey(face, Command::ComeCloser, if t_ms > 800.0 { 1.0 } else { 0.0 })
    }) {
        judge.observe(&frame);
        assert_eq!(judge.is_over(), judge.clone().finish().passed(), "at {} ms", frame.t_ms);
    }
    assert!(judge.is_done());
}

/// When a step is done by the numbers of guidance, in milliseconds: where it is not done before, it is neither over nor said to be.
fn done_at(command: Command, frames: &[FrameObservation]) -> Option<f64> {
    let mut judge = StepJudge::new(command, &Policy::default().for_guidance());
    frames.iter().find_map(|frame| {
        let phase = judge.observe(frame).phase;
        assert_eq!(judge.is_over(), judge.is_done(), "{command:?} at {} ms", frame.t_ms);
        assert_eq!(
            phase == Phase::Done,
            judge.is_done(),
            "{command:?} at {} ms",
            frame.t_ms
        );
        assert!(!judge.is_done() || judge.clone().finish().passed(), "{command:?}");
        judge.is_done().then_some(frame.t_ms)
    })
}

/// An answer, and rest for as long as a step may last.
fn answer_and_rest(command: Command) -> Vec<FrameObservation> {
    film(12.0, 12.0, |t_ms, face| {
        obey(face, command, there_and_back(t_ms, 800.0, 1_800.0));
    })
}

#[test]
fn a_step_with_another_face_is_done_when_that_was_there_for_a_small_part_of_it() {
    for command in Command::ALL {
        let mut frames = answer_and_rest(command);
        let alone = done_at(command, &frames).unwrap();
        frames.iter_mut().skip(10).take(6).for_each(|frame| frame.faces = 2);
        let together = done_at(command, &frames).unwrap();
        assert!(
            alone < 3_000.0 && together > 8_000.0,
            "{command:?}: {alone}, {together}"
        );
    }
}

#[test]
fn a_step_is_not_done_while_another_face_is_there() {
    for command in Command::ALL {
        let mut frames = answer_and_rest(command);
        let alone = done_at(command, &frames).unwrap();
        frames
            .iter_mut()
            .filter(|frame| frame.t_ms >= alone)
            .for_each(|frame| frame.faces = 2);
        assert_eq!(done_at(command, &frames), None, "{command:?}");
    }
}

#[test]
fn a_blurred_step_is_done_when_a_picture_is_sharp() {
    for command in Command::ALL {
        let mut frames = answer_and_rest(command);
        for frame in frames.iter_mut().filter(|frame| frame.t_ms < 5_000.0) {
            frame.face.as_mut().unwrap().quality.sharpness = 0.000_01;
        }
        assert!(done_at(command, &frames).unwrap() >= 5_000.0, "{command:?}");
        let mut judge = StepJudge::new(command, &Policy::default());
        let hints: Vec<(f64, Option<Hint>)> = frames
            .iter()
            .map(|frame| (frame.t_ms, judge.observe(frame).hint))
            .collect();
        let told = |from: f64, to: f64| {
            let mut between = hints.iter().filter(|(t_ms, _)| (from..to).contains(t_ms));
            between.any(|(_, hint)| *hint == Some(Hint::Blurred))
        };
        assert!(told(0.0, 5_000.0) && !told(5_000.0, f64::INFINITY), "{command:?}");
    }
}

#[test]
fn a_rest_with_a_gap_in_it_is_none() {
    let policy = Policy::default();
    for gap_ms in [1_100.0, 5_000.0] {
        let mut frames = film(1.0, 12.0, |_, _| {});
        frames
            .iter_mut()
            .skip(1)
            .for_each(|frame| frame.t_ms += gap_ms - 1_000.0 / 12.0);
        let mut judge = StepJudge::new(Command::Blink, &policy);
        let at_rest = frames
            .iter()
            .position(|frame| judge.observe(frame).phase != Phase::Hold);
        // Three frames; after the gap, 240 ms.
        let expected = if gap_ms > policy.timing.gap_most { 4 } else { 2 };
        assert_eq!(at_rest, Some(expected), "after {gap_ms} ms");
    }
}

/// A still photograph can be turned, tilted, moved and brought closer by hand, but its eyes and mouth stay as they are.
#[test]
fn a_photograph_moved_by_hand_neither_blinks_nor_opens_its_mouth() {
    for command in [Command::Blink, Command::OpenMouth] {
        let frames = film(6.0, 12.0, |t, face| {
            obey(face, Command::TurnLeft, 0.4 * (t / 500.0).sin() as f32);
            obey(face, Command::ComeCloser, 0.5 * (t / 700.0).sin() as f32);
        });
        assert!(!judge(command, &frames).passed(), "{command:?}");
    }
}

#[test]
fn a_wink_is_no_blink() {
    let frames = film(4.0, 12.0, |t, face| {
        face.eye_left *= 1.0 - there_and_back(t, 800.0, 1_500.0)
    });
    assert!(!judge(Command::Blink, &frames).passed());
}

#[test]
fn a_natural_blink_spoils_no_other_command() {
    for command in Command::ALL.into_iter().filter(|command| *command != Command::Blink) {
        let mut frames = answer(command, 12.0);
        for frame in &mut frames {
            let closed = there_and_back(frame.t_ms, 400.0, 600.0) + there_and_back(frame.t_ms, 1_300.0, 1_500.0);
            obey(frame.face.as_mut().unwrap(), Command::Blink, closed.min(1.0));
        }
        assert_eq!(judge(command, &frames).mismatches, [], "{command:?}");
    }
}

#[test]
fn guidance_goes_from_hold_to_done() {
    let mut judge = StepJudge::new(Command::LookUp, &Policy::default());
    let mut phases: Vec<&str> = answer(Command::LookUp, 12.0)
        .iter()
        .map(|frame| match judge.observe(frame).phase {
            Phase::Searching => "searching",
            Phase::Hold => "hold",
            Phase::Perform { .. } => "perform",
            Phase::Return => "return",
            Phase::Done => "done",
        })
        .collect();
    phases.dedup();
    assert_eq!(phases, ["hold", "perform", "return", "done"]);
}

#[test]
fn guidance_names_what_is_wrong() {
    type Spoil = fn(&mut FrameObservation);
    let rows: [(Hint, Spoil); 8] = [
        (Hint::NoFace, |frame| (frame.faces, frame.face) = (0, None)),
        (Hint::SeveralFaces, |frame| frame.faces = 2),
        (Hint::TooDark, |frame| {
            frame.face.as_mut().unwrap().quality.brightness = 0.02
        }),
        (Hint::TooBright, |frame| {
            frame.face.as_mut().unwrap().quality.brightness = 0.99
        }),
        (Hint::ComeCloser, |frame| frame.face.as_mut().unwrap().scale = 0.03),
        (Hint::MoveBack, |frame| frame.face.as_mut().unwrap().scale = 0.8),
        (Hint::Centre, |frame| frame.face.as_mut().unwrap().bounds.y = -0.4),
        (Hint::LookStraight, |frame| frame.face.as_mut().unwrap().pose.yaw = 40.0),
    ];
    for (hint, spoil) in rows {
        let mut frame = film(1.0, 1.0, |_, _| {}).remove(0);
        spoil(&mut frame);
        let policy = Policy::default();
        assert_eq!(StepJudge::new(Command::Blink, &policy).observe(&frame).hint, Some(hint));
        assert_eq!(PlacingJudge::new(&policy).observe(&frame).hint, Some(hint));
    }
}

#[test]
fn placing_is_done_when_a_straight_face_rests_and_not_before() {
    let mut judge = PlacingJudge::new(&Policy::default());
    let phases: Vec<Phase> = film(1.0, 12.0, |_, _| {})
        .iter()
        .map(|frame| judge.observe(frame).phase)
        .collect();
    assert_eq!(phases[0], Phase::Hold);
    assert_eq!(phases.last(), Some(&Phase::Done));
}

fn any_face() -> impl Strategy<Value = FaceObservation> {
    let number = || {
        prop_oneof![
            8 => -1.5f32..1.5,
            1 => prop::num::f32::ANY,
        ]
    };
    let numbers = prop::collection::vec(number(), 24);
    (numbers, any::<bool>()).prop_map(|(n, scored)| FaceObservation {
        bounds: Bounds {
            x: n[0],
            y: n[1],
            width: n[2],
            height: n[3],
        },
        confidence: n[4],
        pose: HeadPose {
            yaw: 30.0 * n[5],
            pitch: 30.0 * n[6],
            roll: 30.0 * n[7],
        },
        eye_left: n[8],
        eye_right: n[9],
        mouth: n[10],
        scale: n[11],
        quality: Quality {
            brightness: n[12],
            contrast: n[13],
            sharpness: n[14],
        },
        passive: scored.then_some(n[15]),
        identity: scored.then_some(n[15]),
        smile: n[16],
        covered: n[23],
        shape: Shape::new([[n[0], n[1]]; Shape::LENGTH]),
        light: FaceLight {
            face: [n[17], n[18], n[19]],
            around: [n[20], n[21], n[22]],
        },
    })
}

fn any_frame() -> impl Strategy<Value = FrameObservation> {
    let time = prop_oneof![20 => -100.0..12_000.0f64, 1 => prop::num::f64::ANY];
    (time, any::<u8>(), prop::option::of(any_face()))
        .prop_map(|(t_ms, faces, face)| FrameObservation::new(t_ms, faces, face))
}

/// Films of a person who does several things at random times, some of which answer a command.
fn any_film() -> impl Strategy<Value = Vec<FrameObservation>> {
    let deed = (
        prop::sample::select(Command::ALL.to_vec()),
        0.0..3_000.0f64,
        200.0..2_000.0f64,
        0.2f32..1.5,
    );
    prop::collection::vec(deed, 0..4).prop_map(|deeds| {
        film(4.0, 12.0, |t, face| {
            for (command, from, length, amount) in &deeds {
                obey(face, *command, amount * there_and_back(t, *from, from + length));
            }
        })
    })
}

fn any_command() -> impl Strategy<Value = Command> {
    prop::sample::select(Command::ALL.to_vec())
}

proptest! {
    #[test]
    fn no_frames_make_the_judge_panic(command in any_command(), frames in prop::collection::vec(any_frame(), 0..60)) {
        judge(command, &frames);
    }

    #[test]
    fn further_faces_never_turn_a_failure_into_a_pass(
        command in any_command(),
        frames in any_film(),
        more in prop::collection::vec(any::<bool>(), 48),
    ) {
        let alone = judge(command, &frames);
        let mut crowded = frames;
        for (frame, more) in crowded.iter_mut().zip(more) {
            frame.faces += u8::from(more);
        }
        prop_assert!(alone.passed() || !judge(command, &crowded).passed());
    }

    #[test]
    fn a_turn_that_passes_never_passes_mirrored(frames in any_film()) {
        let mut mirrored = frames.clone();
        for frame in &mut mirrored {
            if let Some(face) = &mut frame.face {
                face.pose.yaw = -face.pose.yaw;
                face.pose.roll = -face.pose.roll;
                face.bounds.x = 1.0 - face.bounds.x - face.bounds.width;
                std::mem::swap(&mut face.eye_left, &mut face.eye_right);
            }
        }
        let passed = |command, frames: &[FrameObservation]| judge(command, frames).passed();
        prop_assert!(!(passed(Command::TurnLeft, &frames) && passed(Command::TurnLeft, &mirrored)));
        prop_assert_eq!(passed(Command::TurnLeft, &frames), passed(Command::TurnRight, &mirrored));
    }

    #[test]
    fn what_passes_has_reached_the_extent_and_come_back(command in any_command(), frames in any_film()) {
        let report = judge(command, &frames);
        if report.passed() {
            prop_assert!(report.extent >= 1.0);
            prop_assert!(report.started_ms.unwrap() >= Policy::default().timing.reaction_least);
            prop_assert!(report.started_ms <= report.reached_ms && report.reached_ms <= report.returned_ms);
        }
    }
}
