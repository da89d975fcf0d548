//! Other programs, run to their end.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::clock;
use crate::failure::{Failure, Outcome};

/// A command without what cargo set for this process alone, so that it behaves as if typed by hand.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for name in [
        "LD_LIBRARY_PATH",
        "CARGO",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "RUSTUP_TOOLCHAIN",
    ] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("CARGO_PKG_")) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command whose output the person sees as it comes.
pub(crate) fn shown(command: &mut Command, what: &str, remedy: &str) -> Outcome {
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|error| unstartable(command, what, &error))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::new(
        what,
        format!("`{}` ended with {status}; its own words stand above", line(command)),
        remedy,
    ))
}

/// Runs a command quietly and gives its standard output. A failure carries the end of what it said.
pub(crate) fn captured(command: &mut Command, what: &str, remedy: &str) -> Outcome<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| unstartable(command, what, &error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = [
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    ]
    .concat();
    Err(Failure::new(
        what,
        format!("`{}` ended with {}:\n{}", line(command), output.status, tail(&said, 30)),
        remedy,
    ))
}

/// Runs a command, giving each line of its standard output as it comes.
pub(crate) fn lines(command: &mut Command, what: &str, mut each: impl FnMut(&str)) -> Outcome {
    let failure = |why: String| Failure::new(what, why, "each is named above");
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failure(format!("it could not be started: {error}")))?;
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            each(&line);
        }
    }
    let status = child.wait().map_err(|error| failure(error.to_string()))?;
    if status.success() {
        Ok(())
    } else {
        Err(failure(format!("it ended with {status}")))
    }
}

/// Runs a command quietly for at most `limit`; `true` if it ended well within it.
pub(crate) fn within(command: &mut Command, limit: Duration) -> bool {
    const PAUSE: Duration = Duration::from_millis(100);
    let Ok(mut child) = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
    else {
        return false;
    };
    let started = clock::instant();
    while started.elapsed() < limit {
        match child.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) => std::thread::sleep(PAUSE),
            Err(_) => break,
        }
    }
    // It may have ended in this moment, in which case there is nothing to end.
    let _ = child.kill();
    let _ = child.wait();
    false
}

/// Whether a program can be found: by its path, or by its name in `PATH`.
pub(crate) fn exists(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.is_file();
    }
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// The last `lines` lines of a text.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.trim_end().lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn unstartable(command: &Command, what: &str, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    Failure::new(
        what,
        format!("`{program}` could not be started: {error}"),
        format!("install {program}, then try again"),
    )
}

fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_program_is_named_with_what_it_said_last() {
        let failure = captured(
            command("sh").args(["-c", "echo why >&2; exit 3"]),
            "It broke",
            "mend it",
        )
        .unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("It broke") && text.contains("why") && text.contains('3') && text.contains("mend it"),
            "{text}"
        );
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let failure = shown(&mut command("tanu-no-such-program"), "It broke", "")
            .unwrap_err()
            .to_string();
        assert!(failure.contains("install tanu-no-such-program"), "{failure}");
    }

    #[test]
    fn a_program_past_its_limit_is_ended() {
        assert!(!within(command("sleep").arg("60"), Duration::from_millis(200)));
        assert!(within(&mut command("true"), Duration::from_secs(20)));
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        assert_eq!(tail("a\nb\nc\n", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}
