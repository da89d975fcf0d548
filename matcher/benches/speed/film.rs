//! The pictures of a recorded session's first run.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tanu_protocol::challenge::Plan;

use crate::Error;

/// A run: its commands, and the pictures that answer each.
pub(crate) struct Film {
    pub(crate) plan: Plan,
    pub(crate) steps: Vec<Vec<Picture>>,
}

/// One picture.
pub(crate) struct Picture {
    pub(crate) path: PathBuf,
    pub(crate) jpeg: Vec<u8>,
    /// Microseconds since the command was shown.
    pub(crate) time_us: u64,
}

#[derive(Deserialize)]
struct Description {
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    plan: Plan,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    pictures: PathBuf,
}

impl Film {
    /// Reads the recording in `folder`.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let description: Description = serde_json::from_slice(&fs::read(folder.join("session.json"))?)?;
        let run = description.runs.into_iter().next().ok_or("the recording has no run")?;
        let steps = run
            .steps
            .iter()
            .map(|step| pictures(&folder.join(&step.pictures)))
            .collect::<Result<Vec<_>, _>>()?;
        if steps.len() != run.plan.commands().len() {
            return Err("the recording's first run lacks steps".into());
        }
        Ok(Self { plan: run.plan, steps })
    }

    /// All pictures, in order.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &Picture> {
        self.steps.iter().flatten()
    }
}

fn pictures(folder: &Path) -> Result<Vec<Picture>, Error> {
    let mut pictures = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let milliseconds: f64 = path
            .file_stem()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .parse()?;
        pictures.push(Picture {
            jpeg: fs::read(&path)?,
            time_us: (milliseconds * 1000.0).round() as u64,
            path,
        });
    }
    pictures.sort_by_key(|picture| picture.time_us);
    Ok(pictures)
}
