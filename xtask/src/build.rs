//! The build: native programs, what the browser downloads, the edge. Nothing is built again that didn't change.

mod assets;
mod browser;
mod edge;
pub(crate) mod files;
mod native;

pub(crate) use native::{build_with_tests, program};

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::say;
use crate::setup::WasmToolchain;

/// How native programs are compiled. What browsers and workerd run is compiled for production always.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Quick to compile.
    Development,
    /// Quick to run.
    Release,
}

/// A part that can be built by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The programs of an instance: matcher and test environment.
    Native,
    /// The programs that measure.
    Evaluate,
    /// `dist/`: pages, engine, styles, fonts, models.
    Browser,
    /// `edge-functions/build/`: the worker.
    Edge,
}

impl Part {
    /// What an instance needs.
    pub(crate) const INSTANCE: [Self; 3] = [Self::Native, Self::Browser, Self::Edge];

    /// The parts that a command line names; all of them where it names none.
    pub(crate) fn named(arguments: &[&str]) -> Outcome<Vec<Self>> {
        if arguments.is_empty() {
            return Ok(vec![Self::Native, Self::Evaluate, Self::Browser, Self::Edge]);
        }
        let part = |name: &&str| match *name {
            "native" => Ok(Self::Native),
            "evaluate" => Ok(Self::Evaluate),
            "browser" => Ok(Self::Browser),
            "edge" => Ok(Self::Edge),
            other => Err(Failure::new(
                format!("`{other}` is no part"),
                "the parts are native, evaluate, browser and edge",
                "name some of them, or none to build all",
            )),
        };
        arguments.iter().map(part).collect()
    }
}

/// Builds parts.
pub(crate) fn build(environment: &Environment, wasm: &WasmToolchain, profile: Profile, parts: &[Part]) -> Outcome {
    for part in parts {
        match part {
            Part::Native => native::build(environment, profile, &["tanu-matcher", "tanu-sandbox"])?,
            Part::Evaluate => native::build(environment, profile, &["tanu-evaluate"])?,
            Part::Browser => browser::build(environment, wasm)?,
            Part::Edge => edge::build(environment, wasm)?,
        }
    }
    say::done("Built");
    Ok(())
}

/// Builds the programs that measure, for release; they need nothing of what WebAssembly does.
pub(crate) fn evaluate(environment: &Environment) -> Outcome {
    native::build(environment, Profile::Release, &["tanu-evaluate"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_that_does_not_exist_is_named() {
        assert!(Part::named(&["edge", "moon"]).unwrap_err().to_string().contains("moon"));
        assert_eq!(Part::named(&["edge"]).unwrap(), [Part::Edge]);
        assert!(
            Part::INSTANCE
                .iter()
                .all(|part| Part::named(&[]).unwrap().contains(part))
        );
    }
}
