//! The matcher's peer: a Python environment of its own in the cache, with exactly what its list names.

use std::path::{Path, PathBuf};

use crate::build::files;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// The list of packages, relative to the repository's root.
const REQUIREMENTS: &str = "matcher/benches/speed/requirements.txt";

/// The interpreter, installed unless that was already done.
pub(super) fn python(environment: &Environment) -> Outcome<PathBuf> {
    let wanted = files::read_text(&environment.root.join(REQUIREMENTS))?;
    let venv = environment.tools().join("bench-peer");
    let python = venv.join("bin/python");
    let stamp = venv.join(".tanu-installed");
    if files::read_text(&stamp).is_ok_and(|installed| installed == wanted) {
        say::done("Python with onnxruntime");
        return Ok(python);
    }
    say::step("Installing the matcher's peer: Python with onnxruntime");
    let missing = |why: Failure| {
        Failure::new(
            "There is no peer to measure the matcher beside; its own figures are taken alone",
            why,
            "install Python 3.11 to 3.14 with venv and let it reach PyPI, then measure again",
        )
    };
    install(environment, &venv).map_err(missing)?;
    files::write(&stamp, wanted.as_bytes())?;
    Ok(python)
}

fn install(environment: &Environment, venv: &Path) -> Outcome {
    run::captured(
        run::command("python3").args(["-m", "venv", "--clear"]).arg(venv),
        "no Python environment",
        "install python3 and python3-venv",
    )?;
    run::captured(
        run::command(venv.join("bin/pip"))
            .args([
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--only-binary",
                ":all:",
            ])
            .arg("--requirement")
            .arg(environment.root.join(REQUIREMENTS)),
        "the packages were not installed",
        "check that PyPI can be reached",
    )
    .map(drop)
}
