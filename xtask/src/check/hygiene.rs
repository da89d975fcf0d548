//! What a file of the project may not hold: a machine's paths, a package registry's address, big or secret things.

use crate::check::{files_of_the_project, text_of};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};

/// The biggest file: a picture in the documents. Models and pictures of people are data and never committed.
const MAX_BYTES: u64 = 1024 * 1024;

/// Parts of text that stand for a machine, a registry, a secret or an unfinished merge. Each is written in two pieces so that
/// this file passes its own check.
const FORBIDDEN: [(&str, &str, &str); 10] = [
    ("/ro", "ot/", "a path of one machine"),
    ("/wo", "rk/", "a path of one machine"),
    ("/Us", "ers/", "a path of one machine"),
    ("registry.", "npmjs.org", "a package registry's address"),
    ("index.", "crates.io", "a package registry's address"),
    ("static.", "crates.io", "a package registry's address"),
    ("files.", "pythonhosted.org", "a package registry's address"),
    ("deb.", "debian.org", "a package registry's address"),
    ("-----BEGIN PRIV", "ATE KEY-----", "a private key"),
    ("<<<<", "<<< ", "an unfinished merge"),
];

/// Kinds of file that are data.
const DATA: [&str; 3] = [".onnx", ".tflite", ".pt"];

/// Checks every file of the project.
pub(crate) fn check(environment: &Environment) -> Outcome {
    let mut found = Vec::new();
    for path in files_of_the_project(environment)? {
        if DATA.iter().any(|kind| path.ends_with(kind)) {
            found.push(format!("{path}: models are data and never committed"));
        }
        let bytes = std::fs::metadata(environment.root.join(&path)).map_or(0, |file| file.len());
        if bytes > MAX_BYTES {
            found.push(format!("{path}: {bytes} bytes are more than {MAX_BYTES}"));
        }
        if let Some(text) = text_of(environment, &path) {
            found.extend(
                faults(&text)
                    .into_iter()
                    .map(|(line, fault)| format!("{path}:{line}: {fault}")),
            );
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "Files hold what they should not",
        found.join("\n"),
        "remove it",
    ))
}

/// The lines of a text with a fault, from 1, and which.
fn faults(text: &str) -> Vec<(usize, &'static str)> {
    let fault = |line: &str| {
        FORBIDDEN
            .iter()
            .find(|(start, end, _)| line.contains(&[*start, *end].concat()))
            .map(|(_, _, fault)| *fault)
    };
    text.lines()
        .enumerate()
        .filter_map(|(index, line)| Some((index + 1, fault(line)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_forbidden_part_is_found_in_its_line() {
        for (start, end, fault) in FORBIDDEN {
            assert_eq!(faults(&format!("first\nx{start}{end}y\n")), [(2, fault)]);
            assert!(faults(&format!("{start} {end}")).is_empty());
        }
    }

    #[test]
    fn this_file_passes_its_own_check() {
        assert!(faults(include_str!("hygiene.rs")).is_empty());
    }
}
