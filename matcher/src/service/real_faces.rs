//! The calls with the real models on real faces. Skipped, by name, where models or faces are not there.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::imageops::FilterType;
use tanu_models::Store as Models;
use tanu_protocol::capture::CapturedFrame;
use tanu_protocol::challenge::{Mismatch, StepIndex};
use tanu_protocol::evidence::DocumentKind;
use tanu_protocol::problem::ProblemCode;
use tanu_vision::COMPARISON_THRESHOLD;

use super::testing::{Edge, Fixture, master};
use crate::host::testing::TestHost;
use crate::inference::{Examine, load_examiner};
use crate::store::SqliteStore;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The models and the portraits' directory, or why the test `name` is skipped.
fn found(name: &str) -> Option<(Arc<dyn Examine>, PathBuf)> {
    let data = std::env::var_os("TANU_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let portraits = root().join(data).join("portraits");
    let why = match load_examiner(&Models::from_environment(&root())) {
        Ok(_) if !portraits.is_dir() => format!("no portraits in {}", portraits.display()),
        Ok(examiner) => return Some((Arc::new(examiner), portraits)),
        Err(error) => error.to_string(),
    };
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{name}: {why}");
    println!("skipped: {name}: {why}");
    None
}

/// Portraits held before the camera, one after the other with two seconds and a half between them: each the same picture, each
/// time a few pixels elsewhere.
fn still_photos(portraits: &Path, names: &[&str]) -> Vec<CapturedFrame> {
    let held = (0u32..).step_by(HELD as usize).zip(names);
    held.flat_map(|(first, name)| still_photo(&portraits.join(name), first))
        .collect()
}

/// Frames for which a portrait is held.
const HELD: u32 = 12;

fn still_photo(path: &Path, first: u32) -> Vec<CapturedFrame> {
    let portrait = image::open(path)
        .unwrap()
        .resize(520, 520, FilterType::Triangle)
        .to_rgb8();
    let (width, height) = (portrait.width() - 2 * HELD, portrait.height() - 2 * HELD);
    (0..HELD)
        .map(|place| {
            let (x, y) = (place + first % (HELD - 1), HELD - place);
            let shifted = image::imageops::crop_imm(&portrait, x, y, width, height).to_image();
            let sequence = first + place;
            let mut jpeg = Vec::new();
            shifted
                .write_to(&mut Cursor::new(&mut jpeg), image::ImageFormat::Jpeg)
                .unwrap();
            CapturedFrame {
                sequence,
                time_us: u64::from(place) * 150_000 + u64::from(first / HELD) * 4_300_000,
                jpeg,
            }
        })
        .collect()
}

#[test]
fn bnk_8a_a_real_portrait_held_still_fails_the_run_and_is_not_compared() {
    let name = "bnk_8a_a_real_portrait_held_still_fails_the_run_and_is_not_compared";
    let Some((examiner, portraits)) = found(name) else {
        return;
    };
    let (fixture, edge) = opened(examiner);
    let capture = edge.capture(0, 0, still_photos(&portraits, &["obama.jpg"]));
    let index = StepIndex { run: 0, step: 0 };
    let verdict = fixture
        .matcher
        .judge_step(&edge.session, index, &edge.submit(0, 0, &capture))
        .unwrap();
    assert!(verdict.mismatches.contains(&Mismatch::NotPerformed), "{verdict:?}");
    let run = fixture
        .matcher
        .conclude_run(&edge.session, 0, &edge.conclude(0, 1))
        .unwrap();
    assert!(!run.passed);
    assert_eq!(run.document.kind, DocumentKind::Liveness);
    let compared = fixture.matcher.compare(&edge.session);
    assert_eq!(compared.unwrap_err().code(), ProblemCode::SessionState);
}

/// A session with the real models.
fn opened(examiner: Arc<dyn Examine>) -> (Fixture, Edge) {
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
    let fixture = Fixture::with_examiner(host, store, examiner);
    let edge = Edge::new(&fixture, 1);
    fixture.matcher.open_session(&edge.open()).unwrap();
    (fixture, edge)
}

#[test]
fn nbs_7_real_faces_exchanged_behind_a_gap_between_steps_or_between_runs_are_noticed() {
    let name = "nbs_7_real_faces_exchanged_behind_a_gap_between_steps_or_between_runs_are_noticed";
    let Some((examiner, portraits)) = found(name) else {
        return;
    };
    // Whether the last run's verdict names another person; each run is a list of steps, each step one of portraits.
    let noticed = |runs: &[&[&[&str]]]| {
        let (fixture, edge) = opened(Arc::clone(&examiner));
        let mut last = Vec::new();
        for (run, steps) in (0u8..).zip(runs) {
            for (step, names) in (0u8..).zip(*steps) {
                let capture = edge.capture(run, step, still_photos(&portraits, names));
                let submission = edge.submit(run, step, &capture);
                fixture
                    .matcher
                    .judge_step(&edge.session, StepIndex { run, step }, &submission)
                    .unwrap();
            }
            let request = edge.conclude(run, u8::try_from(steps.len()).unwrap());
            last = fixture
                .matcher
                .conclude_run(&edge.session, run, &request)
                .unwrap()
                .mismatches;
        }
        last.contains(&Mismatch::AnotherPerson)
    };
    let (a, b) = ("biden.jpg", "obama.jpg");
    for (same, exchanged) in [
        (&[&[&[a, a][..]][..]][..], &[&[&[a, b][..]][..]][..]),
        (&[&[&[a], &[a]]], &[&[&[a], &[b]]]),
        (&[&[&[a]], &[&[a]]], &[&[&[a]], &[&[b]]]),
    ] {
        assert!(!noticed(same), "{same:?}");
        assert!(noticed(exchanged), "{exchanged:?}");
    }
}

#[test]
fn nbs_9_real_portraits_of_one_person_are_above_the_threshold_and_of_two_below() {
    let name = "nbs_9_real_portraits_of_one_person_are_above_the_threshold_and_of_two_below";
    let Some((examiner, portraits)) = found(name) else {
        return;
    };
    let face = |file: &str| {
        let picture = std::fs::read(portraits.join(file)).unwrap();
        examiner.examine(&picture, 0.0).unwrap().embedding.unwrap()
    };
    let obama = face("obama.jpg");
    assert!(obama.cosine(&face("obama2.jpg")) >= COMPARISON_THRESHOLD);
    assert!(obama.cosine(&face("biden.jpg")) < COMPARISON_THRESHOLD);
}
