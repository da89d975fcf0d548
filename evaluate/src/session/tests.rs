//! Synthetic recordings: each "picture" states in JSON what it shows, so no face and no model is needed.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tanu_protocol::{
    capture::{CapturedFrame, ClientReportedCamera, StepCapture},
    challenge::{Command, IssuedStep, Mismatch, Plan, StepIndex},
    digest::{Nonce, SessionId, TransactionHash},
    matcher::StepSubmission,
    observation::{FrameObservation, testing::resting_face},
};

use super::*;

const PLAN: [Command; 3] = [Command::TurnLeft, Command::Blink, Command::OpenMouth];
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// A living face that answers `command` between the first and the second second.
fn observation(command: Command, t_ms: f64) -> FrameObservation {
    let sway = (t_ms / 500.0).sin() as f32;
    let amount = if (1000.0..2000.0).contains(&t_ms) { 1.0 } else { 0.0 };
    let of = |asked| if command == asked { amount } else { 0.0 };
    let eyes = 0.95 - 0.95 * of(Command::Blink);
    let mut face = resting_face();
    face.bounds.x += 0.004 * sway;
    face.pose.yaw = sway + 20.0 * of(Command::TurnLeft);
    face.pose.pitch = 0.5 * sway;
    face.eye_left = eyes;
    face.eye_right = eyes;
    face.mouth = 0.03 + 0.5 * of(Command::OpenMouth);
    FrameObservation::new(t_ms, 1, Some(face))
}

/// Frames of three seconds in which `done` is answered.
fn frames(done: Command) -> Vec<CapturedFrame> {
    (0..30)
        .map(|sequence| {
            let shown = observation(done, f64::from(sequence) * 100.0);
            CapturedFrame {
                sequence,
                time_us: u64::from(sequence) * 100_000,
                jpeg: [JPEG, &serde_json::to_vec(&shown).unwrap()].concat(),
            }
        })
        .collect()
}

/// Reads what a picture states.
fn examine(_: Source, picture: &[u8], t_ms: f64) -> Result<Examination, String> {
    let text = picture.strip_prefix(JPEG).ok_or("no JPEG")?;
    let observation: FrameObservation = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    Ok(Examination {
        observation: FrameObservation { t_ms, ..observation },
        embedding: Embedding::from_slice(&[1.0; Embedding::LENGTH]),
        texture: None,
    })
}

/// A step of the plan in which `done` is answered, as the matcher receives it; `late` by that much.
fn submission(step: u8, done: Command, late: SignedDuration) -> StepSubmission {
    let issued = IssuedStep {
        session: SessionId::from_bytes([1; 16]),
        transaction: TransactionHash::from_bytes([2; 32]),
        index: StepIndex { run: 0, step },
        of: 3,
        command: PLAN[usize::from(step)],
        nonce: Nonce::from_bytes([step; 32]),
        issued_at: Timestamp::UNIX_EPOCH,
        deadline: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(20),
    };
    let capture = StepCapture::seal(
        &issued.transaction,
        issued.nonce,
        ClientReportedCamera::Device,
        frames(done),
    );
    StepSubmission {
        plan: Plan::new(PLAN.to_vec()).unwrap(),
        received_at: issued.deadline + late,
        capture: capture.encode().unwrap(),
        issued,
    }
}

/// A recording of one run with these steps, each in its form of the matcher.
fn recorded(steps: &[StepSubmission]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (number, step) in steps.iter().enumerate() {
        let mut bytes = Vec::new();
        ciborium::into_writer(step, &mut bytes).unwrap();
        std::fs::write(folder.path().join(format!("step-{number}.cbor")), bytes).unwrap();
    }
    let named: Vec<_> = (0..steps.len())
        .map(|number| json!({ "submission": format!("step-{number}.cbor") }))
        .collect();
    describe(&folder, &json!({ "runs": [{ "plan": PLAN, "steps": named }] }));
    folder
}

/// Writes the pictures of a step; the `face` is what [`persons`] tells persons apart by.
fn film(folder: &tempfile::TempDir, name: &str, done: Command, face: f32) -> serde_json::Value {
    let step = folder.path().join(name);
    std::fs::create_dir_all(&step).unwrap();
    for number in 0..30 {
        let mut shown = observation(done, f64::from(number) * 100.0);
        shown.face.as_mut().unwrap().confidence = face;
        let picture = [JPEG, &serde_json::to_vec(&shown).unwrap()].concat();
        std::fs::write(step.join(format!("{}.jpg", number * 100)), picture).unwrap();
    }
    json!({ "pictures": name })
}

/// Reads what a picture states; faces of another confidence are another person's.
fn persons(source: Source, picture: &[u8], t_ms: f64) -> Result<Examination, String> {
    let mut examination = examine(source, picture, t_ms)?;
    let confidence = examination.observation.face.as_ref().map(|face| face.confidence);
    let mut numbers = [1.0; Embedding::LENGTH];
    if confidence.is_some_and(|confidence| confidence < 0.85) {
        numbers.iter_mut().step_by(2).for_each(|number| *number = -1.0);
    }
    examination.embedding = Embedding::from_slice(&numbers);
    Ok(examination)
}

fn describe(folder: &tempfile::TempDir, description: &serde_json::Value) {
    std::fs::write(folder.path().join("session.json"), description.to_string()).unwrap();
}

fn verdict(folder: &tempfile::TempDir) -> Result<Verdict, SessionError> {
    let recording = Recording::read(folder.path())?;
    judge_session(&recording, folder.path(), &Policy::default(), &examine)
}

fn obedient() -> Vec<StepSubmission> {
    (0..3)
        .map(|step| submission(step, PLAN[usize::from(step)], SignedDuration::ZERO))
        .collect()
}

#[test]
fn nbs_7_a_repeat_is_compared_with_who_sat_there_before() {
    for (second, mismatches) in [(0.9, vec![]), (0.8, vec![Mismatch::AnotherPerson])] {
        let folder = tempfile::tempdir().unwrap();
        let failed = film(&folder, "run-0", Command::OpenMouth, 0.9);
        let repeat: Vec<_> = PLAN
            .iter()
            .enumerate()
            .map(|(step, command)| film(&folder, &format!("run-1-{step}"), *command, second))
            .collect();
        let runs = json!([{ "plan": PLAN, "steps": [failed] }, { "plan": PLAN, "steps": repeat }]);
        describe(&folder, &json!({ "runs": runs }));
        let recording = Recording::read(folder.path()).unwrap();
        let verdict = judge_session(&recording, folder.path(), &Policy::default(), &persons).unwrap();
        assert_eq!(verdict.runs[1].report.mismatches, mismatches);
    }
}

#[test]
fn bnk_8a_a_recorded_run_whose_steps_all_passed_passes() {
    let verdict = verdict(&recorded(&obedient())).unwrap();
    assert!(verdict.passed, "{verdict:?}");
    assert_eq!(verdict.runs[0].steps.len(), 3);
}

#[test]
fn bnk_8b_each_step_states_its_own_reasons() {
    let mut steps = obedient();
    steps[1] = submission(1, Command::TurnLeft, SignedDuration::ZERO);
    steps[2] = submission(2, Command::OpenMouth, SignedDuration::from_secs(1));
    let verdict = verdict(&recorded(&steps)).unwrap();
    let reasons: Vec<_> = verdict.runs[0]
        .steps
        .iter()
        .map(|step| step.mismatches.clone())
        .collect();
    assert_eq!(
        reasons,
        [
            vec![],
            vec![Mismatch::NotPerformed, Mismatch::OtherMovement],
            vec![Mismatch::Late]
        ]
    );
    assert!(!verdict.passed);
}

#[test]
fn frames_that_the_matcher_refuses_have_no_verdict() {
    let mut steps = obedient();
    // Within a picture, which the capture's own form doesn't depend on.
    let middle = steps[1].capture.len() / 2;
    steps[1].capture[middle] ^= 1;
    let error = verdict(&recorded(&steps)).unwrap_err().to_string();
    assert!(
        error.starts_with("run 0, step 1: ") && error.contains("chain"),
        "{error}"
    );
}

/// The obedient run as pictures.
fn pictures() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    for (step, command) in PLAN.into_iter().enumerate() {
        let name = format!("step-{step}");
        std::fs::create_dir(folder.path().join(&name)).unwrap();
        for frame in frames(command) {
            let file = format!("{name}/{}.jpg", frame.time_us / 1000);
            std::fs::write(folder.path().join(file), frame.jpeg).unwrap();
        }
        steps.push(json!({ "pictures": name }));
    }
    describe(&folder, &json!({ "runs": [{ "plan": PLAN, "steps": steps }] }));
    folder
}

#[test]
fn pictures_named_by_their_times_are_judged_alike() {
    let (sealed, plain) = (verdict(&recorded(&obedient())).unwrap(), verdict(&pictures()).unwrap());
    assert_eq!(json(&plain), json(&sealed));
}

#[test]
fn only_what_came_as_a_submission_is_held_to_what_the_matcher_takes() {
    let strict = |source, picture: &[u8], t_ms| match source {
        Source::Submission => Err("no frame of a browser".to_owned()),
        Source::Pictures => examine(source, picture, t_ms),
    };
    for (folder, accepted) in [(pictures(), true), (recorded(&obedient()), false)] {
        let recording = Recording::read(folder.path()).unwrap();
        let verdict = judge_session(&recording, folder.path(), &Policy::default(), &strict);
        assert_eq!(verdict.is_ok_and(|verdict| verdict.passed), accepted);
    }
}

#[test]
fn a_step_without_frames_is_late() {
    let folder = recorded(&obedient()[..2]);
    let steps = json!([{ "submission": "step-0.cbor" }, { "submission": "step-1.cbor" }, null]);
    describe(&folder, &json!({ "runs": [{ "plan": PLAN, "steps": steps }] }));
    let verdict = verdict(&folder).unwrap();
    assert_eq!(
        (verdict.passed, &verdict.runs[0].report.mismatches),
        (false, &vec![Mismatch::Late])
    );
}

#[test]
fn bnk_8b_no_run_follows_one_that_passed() {
    let folder = recorded(&obedient());
    let steps = [0, 1, 2].map(|step| json!({ "submission": format!("step-{step}.cbor") }));
    let run = json!({ "plan": PLAN, "steps": steps });
    describe(&folder, &json!({ "runs": [run, run] }));
    assert!(matches!(verdict(&folder), Err(SessionError::Runs(1))));
}

#[test]
fn descriptions_of_another_shape_are_refused() {
    for description in [json!({}), json!({ "runs": [{ "plan": ["blink"], "steps": [] }] })] {
        let folder = tempfile::tempdir().unwrap();
        describe(&folder, &description);
        assert!(matches!(
            verdict(&folder),
            Err(SessionError::Recording(RecordingError::Description { .. }))
        ));
    }
}
