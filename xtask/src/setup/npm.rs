//! The npm packages of `package-lock.json`.

use tanu_models::Sha256Digest;

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// Installs exactly what the lock file says, unless that was already done.
pub(crate) fn packages(environment: &Environment) -> Outcome {
    let lock = std::fs::read(environment.root.join("package-lock.json")).map_err(|error| {
        Failure::new(
            "package-lock.json cannot be read",
            error,
            "restore it from the repository",
        )
    })?;
    let wanted = Sha256Digest::of(&lock).to_string();
    let stamp = environment.npm(".tanu-installed");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        say::done("npm packages");
        return Ok(());
    }
    say::step("Installing npm packages");
    // No package's own script runs: what this project uses of them needs none.
    run::captured(
        run::command("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&environment.root),
        "The npm packages could not be installed",
        "check that the npm registry can be reached, then try again",
    )?;
    std::fs::write(&stamp, wanted).map_err(|error| {
        Failure::new(
            "node_modules cannot be written to",
            error,
            "check its owner and its rights",
        )
    })
}
