//! The native programs.

use std::path::PathBuf;

use crate::build::Profile;
use crate::environment::Environment;
use crate::failure::Outcome;
use crate::{run, say};

/// Builds the programs of packages.
pub(crate) fn build(environment: &Environment, profile: Profile, packages: &[&str]) -> Outcome {
    say::step(format_args!("Building {}", packages.join(", ")));
    let mut command = run::command("cargo");
    command
        .args(["build", "--locked", "--bins"])
        .current_dir(&environment.root);
    command.env("CARGO_TARGET_DIR", &environment.target);
    if profile == Profile::Release {
        command.arg("--release");
    }
    for package in packages {
        command.args(["--package", package]);
    }
    run::shown(
        &mut command,
        "The native programs do not compile",
        "mend what the compiler says above",
    )
}

/// Builds every program and every test together for development. What they share is compiled once this way: programs built
/// by themselves would have their dependencies with other features, and so all of them again.
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
