//! Figures: what the programs that measure say, as a table and as JSON. Nothing is judged.

use std::fmt::Write as _;

use serde_json::Value;

use crate::build::{self, Part, Profile, files};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::stack::{self, Instance, Log};
use crate::{models, run, say, setup};

/// How a line with a figure begins; an object with `name`, `value` and `unit` follows.
const MARK: &str = "FIGURE ";

/// Sets up, builds for release, starts an instance of its own and measures it in a browser.
pub(crate) fn run(environment: &Environment) -> Outcome {
    let wasm = setup::for_test(environment)?;
    models::require(&models::fetch(environment))?;
    build::build(environment, &wasm, Profile::Release, &Part::INSTANCE)?;
    let measured = stack::of_its_own(environment)?;
    let output = environment.root.join("e2e/output");
    files::empty(&output)?;
    let stop = stack::stop_flag()?;
    let log = Log::File(output.join("instance.log"));
    let Some(instance) = Instance::start(measured.environment(), Profile::Release, log, &stop)? else {
        return Err(Failure::new(
            "Nothing was measured",
            "this program was asked to end",
            "run it again",
        ));
    };
    say::step("Measuring in Chromium");
    let mut figures = Vec::new();
    let mut playwright = run::command(environment.npm(".bin/playwright"));
    playwright
        .args(["test", "--config", "e2e/bench/bench.config.ts"])
        .current_dir(&environment.root);
    playwright.envs(measured.environment().for_children());
    let outcome = run::lines(&mut playwright, "Measuring in the browser failed", |line| {
        say::result(line);
        figures.extend(figure(line));
    });
    drop(instance);
    say::result(table(&figures));
    say::result(Value::Array(figures));
    outcome
}

/// The figure of a line, if it has one.
fn figure(line: &str) -> Option<Value> {
    let (_, object) = line.split_once(MARK)?;
    serde_json::from_str(object).ok().filter(Value::is_object)
}

fn table(figures: &[Value]) -> String {
    let text = |figure: &Value, field: &str| match figure.get(field) {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let mut table = String::new();
    for figure in figures {
        let [name, value, unit] = ["name", "value", "unit"].map(|field| text(figure, field));
        // Writing to a string cannot fail.
        let _ = writeln!(table, "{name:<60} {value:>12} {unit}");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_found_in_its_line_and_shown() {
        let line = r#"  FIGURE {"name":"guidance, ratio","value":0.8,"unit":"times"}"#;
        let figures: Vec<Value> = ["nothing", line, "FIGURE broken"]
            .into_iter()
            .filter_map(figure)
            .collect();
        assert_eq!(figures.len(), 1);
        let table = table(&figures);
        assert!(
            table.starts_with("guidance, ratio") && table.contains("0.8 times"),
            "{table}"
        );
    }
}
