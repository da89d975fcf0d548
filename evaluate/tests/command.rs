//! The program as it is called: odd input gives an error that says what, why and what now, and no result is called one.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking and says what it skipped"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

fn program(folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanu-evaluate"));
    command.args(arguments).current_dir(folder.path());
    // A relative mirror is relative to the repository, not to the folder.
    command
}

fn run(folder: &TempDir, arguments: &[&str]) -> Output {
    program(folder, arguments).output().unwrap()
}

/// Asserts that the call fails and says all of `said`.
fn fails(folder: &TempDir, arguments: &[&str], said: &[&str]) {
    let output = run(folder, arguments);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {text}");
    for part in said {
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
    assert!(!text.contains("panicked"), "{text}");
}

fn folder(files: &[(&str, &[u8])]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, contents) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }
    folder
}

/// Whether what a test needs is not there.
fn lacks(test: &str, why: Option<String>) -> bool {
    if let Some(why) = &why {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{test}: {why}");
        println!("skipped: {test}: {why}");
    }
    why.is_some()
}

fn models() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let store = tanu_models::Store::from_environment(&root);
    tanu_models::ModelId::ALL
        .into_iter()
        .find_map(|id| store.locate(id).err())
        .map(|error| error.to_string())
}

/// A file of the research data. A relative `TANU_DATA` is relative to the repository.
fn data(name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = std::env::var_os("TANU_DATA").map_or_else(|| "../shared/data".into(), PathBuf::from);
    root.join(folder).join(name)
}

/// Which of these files of the research data is not there.
fn faces(names: &[&str]) -> Option<String> {
    let missing = names.iter().find(|name| !data(name).is_file())?;
    Some(format!("there is no {missing} in the folder of TANU_DATA"))
}

fn decoder() -> Option<String> {
    let works = Command::new("ffmpeg").arg("-version").output().is_ok();
    (!works).then(|| "the command ffmpeg is not installed".to_owned())
}

fn lines(folder: &TempDir, name: &str) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join(name)).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn json(folder: &TempDir, name: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join(name)).unwrap()).unwrap()
}

/// A grey picture of this size.
fn grey(width: u32, height: u32) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_pixel(width, height, image::Luma([128]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    png.into_inner()
}

const COMPARE: [&str; 7] = [
    "compare",
    "--pairs",
    "pairs.txt",
    "--images",
    "images",
    "--out",
    "scores.txt",
];

#[test]
fn compare_names_files_that_are_not_there() {
    fails(
        &folder(&[]),
        &COMPARE,
        &["pairs.txt can't be read", "check how its name is spelt"],
    );
    let pairs = folder(&[("pairs.txt", b"Ada 1 2\n")]);
    fails(
        &pairs,
        &COMPARE,
        &["images can't be read", "check how its name is spelt"],
    );
    let file = folder(&[("pairs.txt", b"Ada 1 2\n"), ("images", b"")]);
    fails(&file, &COMPARE, &["images can't be read", "name a folder"]);
}

#[test]
fn compare_says_what_is_wrong_with_the_pairs() {
    let empty = folder(&[("pairs.txt", b"10 300\n"), ("images/Ada_0001.png", b"")]);
    fails(&empty, &COMPARE, &["pairs.txt: it holds no pair", "name i j"]);
    let malformed = folder(&[("pairs.txt", b"Ada 1 2\nAda 1\n"), ("images/Ada_0001.png", b"")]);
    fails(
        &malformed,
        &COMPARE,
        &["pairs.txt: line 2 is neither", "correct or remove it"],
    );
}

#[test]
fn compare_says_how_the_pictures_should_lie() {
    let other = folder(&[("pairs.txt", b"Ada 1 2\n"), ("images/Bob_0001.png", b"")]);
    fails(
        &other,
        &COMPARE,
        &["none of the 2 pictures", "Ada_0001.jpg", "a folder for each name"],
    );
}

#[test]
fn an_output_that_cant_be_written_is_known_before_the_work() {
    let taken = folder(&[
        ("pairs.txt", b"Ada 1 2\n"),
        ("images/Ada_0001.png", b""),
        ("scores.txt/x", b""),
    ]);
    fails(&taken, &COMPARE, &["scores.txt can't be written", "--out"]);
    let picture = folder(&[("images/Ada_0001.png", b""), ("scores.txt/x", b"")]);
    fails(
        &picture,
        &["threshold", "--images", "images", "--out", "scores.txt"],
        &["scores.txt can't be written"],
    );
}

#[test]
fn compare_counts_pictures_that_are_missing_damaged_or_empty() {
    if lacks("compare_counts_pictures_that_are_missing_damaged_or_empty", models()) {
        return;
    }
    let (picture, tiny) = (grey(300, 200), grey(1, 1));
    let folder = folder(&[
        (
            "pairs.txt",
            b"name,imagenum1,imagenum2,\nAda,1,2,\nAda,3,Bob,1\nAda,1,Bob,1\n",
        ),
        ("images/Ada/Ada_0001.png", &picture),
        ("images/Ada/Ada_0002.png", &tiny),
        ("images/Bob_0001.png", b"no picture"),
    ]);
    let output = run(&folder, &COMPARE);
    assert!(output.status.success());
    assert_eq!(
        lines(&folder, "scores.txt"),
        [
            "Ada_0001 Ada_0002 1 nan",
            "Ada_0003 Bob_0001 0 nan",
            "Ada_0001 Bob_0001 0 nan"
        ]
    );
    let summary = json(&folder, "scores.txt.json");
    for (name, count) in [
        ("pairs", 3),
        ("pairs_same", 1),
        ("scored", 0),
        ("nan", 3),
        ("pictures", 4),
        ("pictures_missing", 1),
        ("pictures_unreadable", 1),
        ("pictures_without_face", 2),
    ] {
        assert_eq!(summary[name], count, "{name}: {summary}");
    }
    assert!(summary["eer"].is_null());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Ada_0003 is not in images"), "{said}");
    assert!(
        said.contains("Bob_0001.png can't be used: the picture is neither JPEG, PNG nor WebP"),
        "{said}"
    );
}

#[test]
fn threshold_refuses_rates_and_folders_that_give_none() {
    let empty = folder(&[("images/readme.txt", b"")]);
    if !lacks("threshold_refuses_rates_and_folders_that_give_none", models()) {
        fails(
            &empty,
            &["threshold", "--images", "images", "--out", "o.json"],
            &[
                "images has not both pairs of one person and pairs of different people",
                "NAME_0001.jpg",
            ],
        );
    }
    for rate in ["0", "1", "-1", "nan", "often"] {
        let fmr = format!("--fmr={rate}");
        let output = run(&empty, &["threshold", "--images", "images", "--out", "o.json", &fmr]);
        assert_eq!(output.status.code(), Some(2), "{rate}");
    }
}

const VIDEO: [&str; 4] = ["video", "film.mp4", "--out", "film.jsonl"];

#[test]
fn video_names_a_file_that_is_not_there_or_a_folder() {
    fails(
        &folder(&[]),
        &VIDEO,
        &["film.mp4 can't be read", "check how its name is spelt"],
    );
    fails(
        &folder(&[("film.mp4/x", b"")]),
        &VIDEO,
        &["film.mp4 can't be read", "not a folder"],
    );
}

#[test]
fn video_without_a_decoder_says_what_to_install() {
    let folder = folder(&[("film.mp4", b"no film")]);
    let output = program(&folder, &VIDEO).env("PATH", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said.contains("ffprobe was not found") && said.contains("install the package ffmpeg"),
        "{said}"
    );
}

#[test]
fn a_video_that_is_none_is_refused() {
    if lacks("a_video_that_is_none_is_refused", decoder()) {
        return;
    }
    for bytes in [&b"no film"[..], b"", &[0; 5000]] {
        let folder = folder(&[("film.mp4", bytes)]);
        fails(
            &folder,
            &VIDEO,
            &["film.mp4 can't be decoded", "give a video or picture that ffmpeg plays"],
        );
        assert!(!folder.path().join("film.jsonl").exists());
    }
}

/// A second of a moving test card, its index first, so that a part of it plays.
fn film(folder: &TempDir, pixels: &str) -> PathBuf {
    let path = folder.path().join("film.mp4");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=duration=1:size=160x120:rate=20",
        ])
        .args([
            "-c:v",
            "mpeg4",
            "-g",
            "5",
            "-pix_fmt",
            pixels,
            "-movflags",
            "+faststart",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    path
}

#[test]
fn a_film_without_a_face_has_a_line_for_each_frame() {
    if lacks(
        "a_film_without_a_face_has_a_line_for_each_frame",
        models().or_else(decoder),
    ) {
        return;
    }
    let folder = folder(&[]);
    film(&folder, "yuv420p");
    let output = run(&folder, &VIDEO);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("20 frames observed, 0 with a face"),
        "{said}"
    );
    let lines: Vec<Value> = lines(&folder, "film.jsonl")
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 20);
    assert!(lines.iter().all(|line| line["face"] == false && line["yaw"].is_null()));
    assert!((lines[10]["t"].as_f64().unwrap() - 0.5).abs() < 1e-3);
}

#[test]
fn of_a_film_cut_short_the_lines_are_kept_and_the_call_fails() {
    if lacks(
        "of_a_film_cut_short_the_lines_are_kept_and_the_call_fails",
        models().or_else(decoder),
    ) {
        return;
    }
    let folder = folder(&[]);
    let path = film(&folder, "yuv420p");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    fails(
        &folder,
        &VIDEO,
        &[
            "film.mp4 is damaged or cut short",
            "frames are written",
            "give the whole file",
        ],
    );
    let kept = lines(&folder, "film.jsonl").len();
    assert!((1..20).contains(&kept), "{kept}");
}

#[test]
fn pictures_of_sixteen_bits_are_films_of_one_frame() {
    if lacks(
        "pictures_of_sixteen_bits_are_films_of_one_frame",
        models().or_else(decoder),
    ) {
        return;
    }
    let folder = folder(&[]);
    let deep = image::ImageBuffer::<image::Luma<u16>, _>::from_pixel(60, 40, image::Luma([30_000]));
    deep.save(folder.path().join("deep.png")).unwrap();
    let output = run(&folder, &["video", "deep.png", "--out", "deep.jsonl"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines(&folder, "deep.jsonl").len(), 1);
}

#[test]
fn the_same_person_scores_above_the_threshold_and_two_persons_below() {
    const PORTRAITS: [(&str, &str); 3] = [
        ("portraits/obama.jpg", "images/Obama_0001.jpg"),
        ("portraits/obama2.jpg", "images/Obama_0002.jpg"),
        ("portraits/biden.jpg", "images/Biden_0001.jpg"),
    ];
    let name = "the_same_person_scores_above_the_threshold_and_two_persons_below";
    if lacks(name, models().or_else(|| faces(&PORTRAITS.map(|(file, _)| file)))) {
        return;
    }
    let folder = folder(&[("pairs.txt", b"Obama 1 2\nObama 1 Biden 1\nObama 2 Biden 1\n")]);
    fs::create_dir(folder.path().join("images")).unwrap();
    for (from, to) in PORTRAITS {
        fs::copy(data(from), folder.path().join(to)).unwrap();
    }
    assert!(run(&folder, &COMPARE).status.success());
    let scores: Vec<(String, f32)> = lines(&folder, "scores.txt")
        .iter()
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(pair, score)| (pair.to_owned(), score.parse().unwrap()))
        .collect();
    let threshold = tanu_vision::COMPARISON_THRESHOLD;
    let found: Vec<_> = scores
        .iter()
        .map(|(pair, score)| (pair.as_str(), *score > threshold))
        .collect();
    let expected = [
        ("Obama_0001 Obama_0002 1", true),
        ("Obama_0001 Biden_0001 0", false),
        ("Obama_0002 Biden_0001 0", false),
    ];
    assert_eq!(found, expected, "{scores:?}");
}

/// What `video` says of a still, as it is and mirrored.
fn still(name: &str) -> [Value; 2] {
    let folder = folder(&[]);
    ["null", "hflip"].map(|filter| {
        let made = Command::new("ffmpeg")
            .args(["-v", "error", "-y", "-i"])
            .arg(data(name))
            .args(["-vf", filter, "still.png"])
            .current_dir(folder.path())
            .status();
        assert!(made.unwrap().success());
        assert!(
            run(&folder, &["video", "still.png", "--out", "still.jsonl"])
                .status
                .success()
        );
        serde_json::from_str(&lines(&folder, "still.jsonl")[0]).unwrap()
    })
}

#[test]
fn yaw_pitch_and_the_eyes_are_the_person_s_own_in_a_picture_and_its_mirror_image() {
    const TURNED: &str = "stills/pose/right_face.png";
    const RAISED: &str = "stills/pose/rise_face.jpeg";
    const WINKING: &str = "stills/reaction/close_open_eyes.jpeg";
    let name = "yaw_pitch_and_the_eyes_are_the_person_s_own_in_a_picture_and_its_mirror_image";
    if lacks(
        name,
        models().or_else(decoder).or_else(|| faces(&[TURNED, RAISED, WINKING])),
    ) {
        return;
    }
    let number = |line: &Value, field: &str| line[field].as_f64().unwrap();

    // Towards the picture's right, which is the person's left.
    let [turned, mirrored] = still(TURNED);
    assert!(
        number(&turned, "yaw") > 30.0 && number(&mirrored, "yaw") < -30.0,
        "{turned} {mirrored}"
    );
    for line in still(RAISED) {
        assert!(
            number(&line, "pitch") > 15.0 && number(&line, "yaw").abs() < 12.0,
            "{line}"
        );
    }

    // The right eye winks.
    let eyes = |line: &Value| ["eye_left", "eye_right"].map(|eye| number(line, eye) > 0.5);
    let [winking, mirrored] = still(WINKING);
    assert_eq!(
        (eyes(&winking), eyes(&mirrored)),
        ([true, false], [false, true]),
        "{winking} {mirrored}"
    );
}

#[test]
fn session_says_what_its_folder_lacks() {
    fails(
        &folder(&[]),
        &["session", "none"],
        &["session.json can't be read", "docs/evaluation/sessions.md"],
    );
    fails(
        &folder(&[("a/session.json", b"{")]),
        &["session", "a"],
        &[
            "session.json is no description of a session",
            "docs/evaluation/sessions.md",
        ],
    );
    let steps = br#"{"runs":[{"plan":["turn_left","blink","open_mouth"],"steps":[{"pictures":"p"}]}]}"#;
    let session = folder(&[("a/session.json", steps)]);
    if lacks("session_says_what_its_folder_lacks", models()) {
        return;
    }
    fails(&session, &["session", "a"], &["run 0, step 0", "can't be read"]);
    fs::create_dir(session.path().join("a/p")).unwrap();
    fails(&session, &["session", "a"], &["run 0, step 0", "holds 0 pictures"]);
    fs::write(session.path().join("a/p/0.jpg"), "no picture").unwrap();
    fails(
        &session,
        &["session", "a"],
        &["run 0, step 0", "frame 0", "neither JPEG, PNG nor WebP"],
    );
    fs::write(session.path().join("a/p/first.jpg"), "").unwrap();
    fails(
        &session,
        &["session", "a"],
        &["first.jpg is not named by its milliseconds"],
    );
}

#[test]
fn landmarks_of_nobody_are_none() {
    if lacks("landmarks_of_nobody_are_none", models()) {
        return;
    }
    let folder = folder(&[("a.png", &grey(300, 200))]);
    fails(
        &folder,
        &["landmarks", "a.png", "--out", "a.json"],
        &["there is no face in a.png", "upright"],
    );
}
