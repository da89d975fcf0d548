//! How fast the matcher examines, judges and compares, beside Python's onnxruntime doing the models' part on the same pictures.
//!
//! `cargo bench -p tanu-matcher --bench speed -- --session FOLDER --reference PHOTO [--peer PYTHON] [--sessions N]`
//!
//! FOLDER is a recorded session with pictures (`docs/evaluation/sessions.md`) that passes, PHOTO another picture of the same person,
//! PYTHON an interpreter with what `requirements.txt` names; cargo runs it in the package's folder. Each figure is a line of JSON on standard output after the word FIGURE.
//! Nothing is judged here but that both sides found the same.

mod clock;
mod figures;
mod film;
mod peer;
mod pictures;
mod session;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tanu_models::Store;

use self::film::Film;
use self::peer::Peer;

type Error = Box<dyn std::error::Error>;

const USAGE: &str = "usage: speed --session FOLDER --reference PHOTO [--peer PYTHON] [--sessions N]";

/// Sessions where the command line names no number: p99 of a step is then that of 160 steps.
const SESSIONS: usize = 40;

/// What the command line asks for.
#[derive(Default)]
struct Arguments {
    session: PathBuf,
    reference: PathBuf,
    peer: Option<PathBuf>,
    sessions: Option<usize>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("speed: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let arguments = Arguments::read(std::env::args_os().skip(1))?;
    let film = Film::read(&arguments.session)?;
    let reference = std::fs::read(&arguments.reference)?;
    let models = Store::from_environment(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let peer = match &arguments.peer {
        Some(python) => Some(Peer::start(python, &models)?),
        None => None,
    };
    let beside = pictures::measure(&film, &models, peer)?;
    let examiner = Arc::new(tanu_matcher::inference::load_examiner(&models)?);
    session::measure(
        &film,
        reference,
        examiner,
        arguments.sessions.unwrap_or(SESSIONS),
        beside,
    )
}

impl Arguments {
    fn read(arguments: impl Iterator<Item = OsString>) -> Result<Self, Error> {
        let mut read = Self::default();
        // Cargo adds this one of its own.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(name) = arguments.next() {
            let value = arguments.next().ok_or(USAGE)?;
            match name.to_str() {
                Some("--session") => read.session = value.into(),
                Some("--reference") => read.reference = value.into(),
                Some("--peer") => read.peer = Some(value.into()),
                Some("--sessions") => read.sessions = Some(value.to_str().ok_or(USAGE)?.parse()?),
                _ => return Err(USAGE.into()),
            }
        }
        let complete = !read.session.as_os_str().is_empty() && !read.reference.as_os_str().is_empty();
        if complete { Ok(read) } else { Err(USAGE.into()) }
    }
}
