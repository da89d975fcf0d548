//! The peer: a Python process that examines the pictures it is told of.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde::Deserialize;
use tanu_models::{ModelId, Store};

use crate::Error;
use crate::figures::note;

/// The running peer. It ends when this value goes.
pub(crate) struct Peer {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// What the peer says of a picture.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) ms: Stages,
    pub(crate) found: Found,
}

/// Milliseconds of each stage.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Stages {
    pub(crate) decode: f64,
    pub(crate) detect: f64,
    pub(crate) align: f64,
    pub(crate) embed: f64,
    pub(crate) mesh: f64,
    pub(crate) eyes: f64,
    pub(crate) passive: f64,
}

/// What was found in a picture, in its pixels.
#[derive(Deserialize)]
pub(crate) struct Found {
    /// The five points of the most prominent face.
    pub(crate) points: Vec<[f32; 2]>,
    pub(crate) embedding: Vec<f32>,
    pub(crate) mesh: Vec<[f32; 2]>,
    /// Left and right, 0 closed to 1 open.
    pub(crate) eyes: [f32; 2],
    pub(crate) passive: f32,
}

impl Peer {
    /// Starts the peer with the models of `store`, their hashes checked.
    pub(crate) fn start(python: &Path, store: &Store) -> Result<Self, Error> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/speed/peer.py");
        let mut command = Command::new(python);
        command.arg("-I").arg(script);
        for id in ModelId::ALL {
            store.load(id)?;
            command.arg(store.locate(id)?);
        }
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (asks, answers) = (process.stdin.take(), process.stdout.take());
        let mut peer = Self {
            process,
            asks: asks.ok_or("the peer has no input")?,
            answers: BufReader::new(answers.ok_or("the peer has no output")?),
        };
        note(&format!("the peer: {}", peer.line()?.trim_end()))?;
        Ok(peer)
    }

    /// Has a picture examined.
    pub(crate) fn examine(&mut self, picture: &Path) -> Result<Answer, Error> {
        writeln!(self.asks, "{}", picture.display())?;
        Ok(serde_json::from_str(&self.line()?)?)
    }

    fn line(&mut self) -> Result<String, Error> {
        let mut line = String::new();
        if self.answers.read_line(&mut line)? == 0 {
            return Err("the peer ended by itself; its reason stands above".into());
        }
        Ok(line)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
