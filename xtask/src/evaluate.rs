//! `tanu-evaluate`, built for release and run with the arguments given.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::build::{self, Profile};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{claim, run};

/// Builds and runs it where this command was called, so that its paths are those that were typed; gives its exit status.
pub(crate) fn run(environment: &Environment, arguments: &[&str]) -> Outcome<ExitCode> {
    let claim = claim::build_directories(environment)?;
    build::evaluate(environment)?;
    let program = build::program(environment, Profile::Release, "tanu-evaluate");
    status_of(run::command(&program).args(arguments), &program, || drop(claim))
}

/// Runs a program to its end; `started` is called as soon as it needs its file no more.
fn status_of(command: &mut Command, program: &Path, started: impl FnOnce()) -> Outcome<ExitCode> {
    let failure = |error: std::io::Error| {
        Failure::new(
            format!("{} could not be run", program.display()),
            error,
            "check that the build directory may hold programs",
        )
    };
    let mut child = command.spawn().map_err(failure)?;
    started();
    let status = child.wait().map_err(failure)?;
    // One that was ended by a signal has no status.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_status_is_the_programs_own() {
        let status = |script: &str| {
            let mut command = run::command("sh");
            status_of(command.args(["-c", script]), Path::new("sh"), || {}).unwrap()
        };
        assert_eq!(status("exit 0"), ExitCode::SUCCESS);
        assert_eq!(status("exit 3"), ExitCode::from(3));
        assert_eq!(status("kill -9 $$"), ExitCode::FAILURE);
        assert_ne!(status("exit 3"), ExitCode::SUCCESS);
    }
}
