//! The native programs.

use std::path::PathBuf;

use crate::build::Profile;
use crate::environment::Environment;
use crate::failure::Outcome;
use crate::{run, say};

/// Builds the programs of packages; for development all of them, with the features that the tests build them with, so that what
/// `npm test` compiled `npm start` finds and the other way round. A release takes only what it needs.
pub(crate) fn build(environment: &Environment, profile: Profile, packages: &[&str]) -> Outcome {
    say::step(format_args!("Building {}", packages.join(", ")));
    let mut command = run::command("cargo");
    command
        .args(["build", "--locked", "--bins"])
        .current_dir(&environment.root);
    command.env("CARGO_TARGET_DIR", &environment.target);
    match profile {
        Profile::Development => {
            command.arg("--workspace");
        }
        Profile::Release => {
            command.arg("--release");
            for package in packages {
                command.args(["--package", package]);
            }
        }
    }
    run::shown(
        &mut command,
        "The native programs do not compile",
        "mend what the compiler says above",
    )
}

/// Builds every program and every test together for development.
pub(crate) fn build_with_tests(environment: &Environment) -> Outcome {
    say::step("Building the native programs and tests");
    run::shown(
        run::command("cargo")
            .args(["build", "--locked", "--workspace", "--bins", "--tests"])
            .env("CARGO_TARGET_DIR", &environment.target)
            .current_dir(&environment.root),
        "The native programs and tests do not compile",
        "mend what the compiler says above",
    )
}

/// Where a built program lies.
pub(crate) fn program(environment: &Environment, profile: Profile, name: &str) -> PathBuf {
    let directory = match profile {
        Profile::Development => "debug",
        Profile::Release => "release",
    };
    environment.target.join(directory).join(name)
}
