//! `docs/openapi/`: the documents of the HTTP APIs, as the code that serves them has it. A test of `tanu-openapi` holds them to it.

use crate::environment::Environment;
use crate::failure::Outcome;
use crate::{claim, run, say};

/// Writes the documents.
pub(crate) fn write(environment: &Environment) -> Outcome {
    let _claim = claim::build_directories(environment)?;
    say::step("Writing docs/openapi");
    // With the whole workspace's features, so that what the tests compiled is there already.
    run::shown(
        run::command("cargo")
            .args(["build", "--locked", "--workspace", "--bins"])
            .env("CARGO_TARGET_DIR", &environment.target)
            .current_dir(&environment.root),
        "The program that writes them does not compile",
        "mend what the compiler says above",
    )?;
    run::shown(
        run::command(environment.target.join("debug/tanu-openapi"))
            .arg("docs/openapi")
            .current_dir(&environment.root),
        "The documents could not be written",
        "mend what is said above",
    )
}
