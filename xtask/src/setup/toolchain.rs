//! What a Rust toolchain may lack: formatter and lints.

use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// The components that the checks call, as cargo and as rustup name them.
const COMPONENTS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// How long rustup may take to fetch them.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Adds rustfmt and clippy with rustup where the toolchain has them not: its minimal profile comes without.
pub(crate) fn components() -> Outcome {
    let missing = missing(&works);
    if missing.is_empty() {
        say::done("rustfmt and clippy");
        return Ok(());
    }
    if run::exists(Path::new("rustup")) {
        say::step(format_args!("Adding {} with rustup", missing.join(" and ")));
        let mut add = run::command("rustup");
        if run::within(add.args(["component", "add"]).args(&missing), RUSTUP_LIMIT) {
            return require(
                &self::missing(&works),
                "rustup added them, yet cargo does not find them",
            );
        }
        return require(&missing, "rustup could not fetch them");
    }
    require(&missing, "there is no rustup to add them")
}

/// Those components of which the command of cargo does not work.
fn missing(works: &dyn Fn(&str) -> bool) -> Vec<&'static str> {
    let missing = COMPONENTS.into_iter().filter(|(command, _)| !works(command));
    missing.map(|(_, component)| component).collect()
}

fn works(command: &str) -> bool {
    run::captured(run::command("cargo").args([command, "--version"]), "", "").is_ok()
}

fn require(missing: &[&str], why: &str) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("The checks need {}", missing.join(" and ")),
        why,
        format!(
            "run `rustup component add {}` where its server can be reached, or install them as your system has them",
            missing.join(" ")
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toolchain_without_a_component_is_told_which() {
        assert_eq!(missing(&|_| true), <[&str; 0]>::default());
        assert_eq!(missing(&|command| command == "clippy"), ["rustfmt"]);
        let failure = require(&missing(&|_| false), "there is no rustup")
            .unwrap_err()
            .to_string();
        assert!(
            failure.contains("need rustfmt and clippy") && failure.contains("component add rustfmt clippy"),
            "{failure}"
        );
    }
}
