//! Figures: what the programs that measure say, as a table and as JSON. Nothing is judged.

mod figures;
mod matcher;
mod peer;

use std::path::Path;

use figures::Figures;

use crate::build::{self, Part, Profile, files};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::stack::{self, Instance, Log, Parts};
use crate::{claim, models, run, say, setup};

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// The engine and the download, in Chromium.
    Browser,
    /// The edge on workerd.
    Edge,
    /// The matcher.
    Matcher,
}

impl Subject {
    const ALL: [Self; 3] = [Self::Browser, Self::Edge, Self::Matcher];

    /// The subjects that a command line names; all of them where it names none.
    fn named(arguments: &[&str]) -> Outcome<Vec<Self>> {
        if arguments.is_empty() {
            return Ok(Self::ALL.to_vec());
        }
        let subject = |name: &&str| match *name {
            "browser" => Ok(Self::Browser),
            "edge" => Ok(Self::Edge),
            "matcher" => Ok(Self::Matcher),
            other => Err(Failure::new(
                format!("`{other}` is nothing that is measured"),
                "measured are browser, edge and matcher",
                "name some of them, or none to measure all",
            )),
        };
        arguments.iter().map(subject).collect()
    }

    /// The project of `e2e/bench` that measures it, or makes what it is measured with.
    fn project(self) -> &'static str {
        match self {
            Self::Browser => "--project=browser",
            Self::Edge => "--project=edge",
            Self::Matcher => "--project=film",
        }
    }
}

/// Sets up, builds for release, starts an instance of its own and measures what the command line names.
pub(crate) fn run(environment: &Environment, arguments: &[&str]) -> Outcome {
    let subjects = Subject::named(arguments)?;
    let wasm = setup::for_bench(environment)?;
    models::require(&models::fetch(environment))?;
    let _claim = claim::build_directories(environment)?;
    build::build(environment, &wasm, Profile::Release, &Part::INSTANCE)?;
    build::build(environment, &wasm, Profile::Release, &[Part::Evaluate])?;
    let output = environment.root.join("e2e/output");
    files::empty(&output)?;

    let mut figures = Figures::default();
    let mut outcome = in_playwright(environment, &output, &subjects, &mut figures);
    if outcome.is_ok() && subjects.contains(&Subject::Matcher) {
        outcome = matcher::measure(environment, &output, &mut figures);
    }
    // What was measured before something failed is worth seeing.
    say::result(figures.table());
    say::result(figures.json());
    files::write(&output.join("figures.json"), figures.json().as_bytes())?;
    outcome
}

fn in_playwright(environment: &Environment, output: &Path, subjects: &[Subject], figures: &mut Figures) -> Outcome {
    let measured = stack::of_its_own(environment)?;
    let stop = stack::stop_flag()?;
    let log = Log::File(output.join("instance.log"));
    let Some(_instance) = Instance::start(measured.environment(), Profile::Release, Parts::All, log, &stop)? else {
        return Err(Failure::new(
            "Nothing was measured",
            "this program was asked to end",
            "run it again",
        ));
    };
    say::step("Measuring in Chromium and on workerd");
    let mut playwright = run::command(environment.npm(".bin/playwright"));
    playwright
        .args(["test", "--config", "e2e/bench/bench.config.ts"])
        .args(subjects.iter().map(|subject| subject.project()))
        .envs(measured.environment().for_children())
        .current_dir(&environment.root);
    run::lines(&mut playwright, "Measuring in Chromium and on workerd failed", |line| {
        say::result(line);
        figures.take(line);
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_measured_is_named() {
        assert!(
            Subject::named(&["edge", "moon"])
                .unwrap_err()
                .to_string()
                .contains("moon")
        );
        assert_eq!(Subject::named(&["edge"]).unwrap(), [Subject::Edge]);
        assert_eq!(Subject::named(&[]).unwrap(), Subject::ALL);
    }
}
