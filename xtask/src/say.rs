//! What a command tells the person at the keyboard. Progress goes to standard error, results to standard output.

use std::fmt::Display;
use std::io::{Write as _, stderr, stdout};

/// A step begins.
pub(crate) fn step(what: impl Display) {
    to_stderr(format_args!("→ {what}"));
}

/// A step was already done earlier, or ended well.
pub(crate) fn done(what: impl Display) {
    to_stderr(format_args!("✓ {what}"));
}

/// Something is worth knowing but stops nothing.
pub(crate) fn note(what: impl Display) {
    to_stderr(format_args!("! {what}"));
}

/// The command failed.
pub(crate) fn failed(what: impl Display) {
    to_stderr(format_args!("✗ {what}"));
}

/// A running part said something.
pub(crate) fn from(part: &str, line: &str) {
    to_stderr(format_args!("{part:>7} | {line}"));
}

/// A result, for people and programs alike.
pub(crate) fn result(line: impl Display) {
    // Whoever closed the other end no longer listens: nothing is left to be told.
    let _ = writeln!(stdout().lock(), "{line}");
}

fn to_stderr(line: impl Display) {
    if cfg!(test) {
        // The harness shows it where the test failed; a stream that is written to directly it can't hold back.
        eprintln!("{line}");
    } else {
        let _ = writeln!(stderr().lock(), "{line}");
    }
}
