//! What the system brings: Node, and for tests a browser and a video encoder.

use std::path::Path;

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// The oldest Node whose tools this project uses.
const NODE: u32 = 20;

/// What else to do where only Chromium's usual place is empty.
const CHROMIUM_ELSEWHERE: &str = "for a Chromium elsewhere set TANU_CHROMIUM to its path";

/// Checks that Node is there and new enough.
pub(crate) fn node() -> Outcome {
    let remedy = format!("install Node {NODE} or newer, with npm");
    let version = run::captured(run::command("node").arg("--version"), "Node does not work", &remedy)?;
    match major(&version) {
        Some(major) if major >= NODE => Ok(()),
        _ => Err(Failure::new(
            "Node is too old",
            format!("it says {}", version.trim()),
            remedy,
        )),
    }
}

/// Chromium and ffmpeg, by apt where this user may.
pub(crate) fn test_programs(environment: &Environment) -> Outcome {
    let ffmpeg = Path::new("ffmpeg");
    let wanted = [(environment.chromium.as_path(), "chromium"), (ffmpeg, "ffmpeg")];
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(program, _)| !run::exists(program))
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        let elsewhere = missing.contains(&"chromium").then_some(CHROMIUM_ELSEWHERE);
        apt(&missing).map_err(|failure| match elsewhere {
            Some(remedy) => failure.or(remedy),
            None => failure,
        })?;
    }
    match wanted.iter().find(|(program, _)| !run::exists(program)) {
        None => {
            say::done("Chromium and ffmpeg");
            Ok(())
        }
        Some((program, package)) => Err(Failure::new(
            format!("The tests need {package}"),
            format!("{} is not there", program.display()),
            format!("install {package}; {CHROMIUM_ELSEWHERE}"),
        )),
    }
}

/// Installs Debian packages; without the right to, says the command for someone who has it.
pub(crate) fn apt(packages: &[&str]) -> Outcome {
    let names = packages.join(" ");
    let by_hand = format!("run `sudo apt-get install {names}`, or your system's like of it, then try again");
    let failure = |why: &str| {
        Err(Failure::new(
            format!("Missing system packages: {names}"),
            why,
            by_hand.clone(),
        ))
    };
    if !run::exists(Path::new("apt-get")) {
        return failure("this system has no apt-get, so set-up cannot install them itself");
    }
    let user = run::captured(run::command("id").arg("-u"), "The user is unknown", "")?;
    if user.trim() != "0" {
        return failure("only root may install them");
    }
    say::step(format_args!("Installing {names} with apt-get"));
    let what = format!("apt-get could not install {names}");
    let quiet = |arguments: &[&str]| {
        let mut command = run::command("apt-get");
        command.env("DEBIAN_FRONTEND", "noninteractive").args(arguments);
        command
    };
    run::captured(&mut quiet(&["update", "-q"]), &what, &by_hand)?;
    let mut install = quiet(&["install", "-y", "-q", "--no-install-recommends"]);
    run::captured(install.args(packages), &what, &by_hand).map(drop)
}

fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
