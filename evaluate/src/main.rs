//! `tanu-evaluate`: measures comparison and observation on pictures and videos.
//!
//! Models are found by `TANU_MODELS` (default `../shared/models` beside the repository).

mod compare;
mod engine;
mod faces;
mod files;
mod landmarks;
mod pairs;
mod parallel;
mod session;
mod statistics;
mod threshold;
mod video;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

/// Measures comparison and observation on pictures and videos.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compares pairs of pictures: a line `a b label score` for each, and a JSON summary.
    ///
    /// Label 1 is the same person, 0 are different people; the score is the cosine similarity, `nan` where a picture is missing,
    /// damaged or without a face. The summary goes to the standard error stream, and beside FILE as FILE.json.
    Compare {
        /// The pairs in the format of Labeled Faces in the Wild: `name i j` or `name i name j`, or with
        /// commas as a table.
        #[arg(long)]
        pairs: PathBuf,
        /// The folder of the pictures: `NAME_0001.jpg`, flat or in a folder a name.
        #[arg(long)]
        images: PathBuf,
        /// Where the lines go.
        #[arg(long)]
        out: PathBuf,
    },
    /// Observes each frame of a video: a JSON line for each.
    ///
    /// `t` in seconds; `face`; `yaw`, `pitch`, `roll` in degrees (positive: to the person's left, up, to the left shoulder);
    /// `eye_left`, `eye_right`, `mouth` (0 closed to 1 open); `smile` (0 calm to 1 broad); `covered` (0 bare eyes to 1 dark
    /// glasses); `passive` (0 attack to 1 live); `identity` (cosine similarity
    /// to the first face); `quality`; `light` (linear RGB of `face` and `around`, 0 to 1); `shape` (x and y of 24 points in hundred-thousandths
    /// of the frame's width: see `tanu_protocol::observation::Shape`); `change` from other frames (`previous` and `nearest` in levels of 255,
    /// `between`: see docs/evaluation/frames.md).
    Video {
        /// The video, in any format that ffmpeg reads.
        file: PathBuf,
        /// Where the lines go.
        #[arg(long)]
        out: PathBuf,
    },
    /// Judges a recorded session: prints the verdict with each step's reasons as JSON, exactly as the matcher gives it.
    ///
    /// The folder holds `session.json` and the frames that it names: see docs/evaluation/sessions.md.
    Session {
        /// The folder.
        folder: PathBuf,
    },
    /// Finds the comparison threshold for a false match rate, over all pairs of a folder of pictures.
    Threshold {
        /// The folder of the pictures: `NAME_0001.jpg`.
        #[arg(long)]
        images: PathBuf,
        /// The false match rate.
        #[arg(long, default_value_t = 1e-4, value_parser = rate)]
        fmr: f64,
        /// Where the JSON goes.
        #[arg(long)]
        out: PathBuf,
    },
    /// Writes the mesh and the measurements of a picture's face as JSON.
    Landmarks {
        /// The picture.
        image: PathBuf,
        /// Where the JSON goes.
        #[arg(long)]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tanu-evaluate: {error}");
            ExitCode::FAILURE
        }
    }
}

/// A rate: more than 0, less than 1.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate < 1.0 => Ok(rate),
        _ => Err("a rate lies between 0 and 1, like 1e-4".to_owned()),
    }
}

fn run(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    match command {
        Command::Compare { pairs, images, out } => Ok(compare::compare(&pairs, &images, &out)?),
        Command::Video { file, out } => Ok(video::video(&file, &out)?),
        Command::Session { folder } => Ok(session::session(&folder)?),
        Command::Threshold { images, fmr, out } => Ok(threshold::threshold(&images, fmr, &out)?),
        Command::Landmarks { image, out } => Ok(landmarks::landmarks(&image, &out)?),
    }
}
