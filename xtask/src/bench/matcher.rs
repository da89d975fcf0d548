//! The matcher's figures: `matcher/benches/speed` over the session that was filmed, beside the peer in Python.

use std::path::Path;

use super::figures::Figures;
use super::peer;
use crate::environment::Environment;
use crate::failure::Outcome;
use crate::{run, say};

/// Measures the matcher. Without the peer its own figures alone are taken.
pub(super) fn measure(environment: &Environment, output: &Path, figures: &mut Figures) -> Outcome {
    let python = match peer::python(environment) {
        Ok(python) => Some(python),
        Err(failure) => {
            say::note(failure);
            None
        }
    };
    say::step("Building what measures the matcher");
    let cargo = |arguments: &[&str]| {
        let mut command = run::command("cargo");
        command
            .args([
                "bench",
                "--locked",
                "--quiet",
                "--package",
                "tanu-matcher",
                "--bench",
                "speed",
            ])
            .args(arguments)
            .env("CARGO_TARGET_DIR", &environment.target)
            .current_dir(&environment.root);
        command
    };
    run::shown(
        &mut cargo(&["--no-run"]),
        "What measures the matcher does not compile",
        "mend what the compiler says above",
    )?;
    say::step("Measuring the matcher");
    let mut measure = cargo(&["--", "--session"]);
    measure.arg(output.join("session"));
    measure
        .arg("--reference")
        .arg(environment.data.join("portraits/obama2.jpg"));
    if let Some(python) = python {
        measure.arg("--peer").arg(python);
    }
    run::lines(&mut measure, "Measuring the matcher failed", |line| {
        say::result(line);
        figures.take(line);
    })
}
