//! From each clause of the law to the code and the tests that name it.

mod clauses;
mod references;

use std::collections::BTreeMap;

use clauses::Requirements;
use references::References;

use crate::build::files;
use crate::check::{files_of_the_project, text_of};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::say;

/// The project's own copy of the requirements.
const REQUIREMENTS: &str = "docs/requirements.md";

/// Prints the trace, then checks it.
pub(crate) fn print(environment: &Environment) -> Outcome {
    let (requirements, found) = read(environment)?;
    for clause in requirements.clauses() {
        let references = &found[clause];
        let mark = match (references.is_covered(), requirements.open().get(clause)) {
            (_, Some(_)) => "open",
            (true, None) => "",
            (false, None) => "MISSING",
        };
        say::result(format_args!("{clause:<9} {mark:<7}").to_string().trim_end());
        for (kind, places) in [("code", &references.code), ("test", &references.tests)] {
            for place in places {
                say::result(format_args!("          {kind}  {place}"));
            }
        }
    }
    judge(&requirements, &found)
}

/// Checks that each clause has code and tests or is listed as open, and none is both.
pub(crate) fn check(environment: &Environment) -> Outcome {
    let (requirements, found) = read(environment)?;
    judge(&requirements, &found)
}

fn read(environment: &Environment) -> Outcome<(Requirements, BTreeMap<String, References>)> {
    let text = files::read_text(&environment.root.join(REQUIREMENTS))?;
    let requirements = Requirements::parse(&text)
        .map_err(|why| Failure::new(format!("{REQUIREMENTS} is not understood"), why, "mend it"))?;
    let mut found: BTreeMap<String, References> = requirements
        .clauses()
        .iter()
        .map(|clause| (clause.clone(), References::default()))
        .collect();
    for path in files_of_the_project(environment)? {
        if let (true, Some(text)) = (references::is_searched(&path), text_of(environment, &path)) {
            references::collect(&path, &text, &requirements, &mut found);
        }
    }
    Ok((requirements, found))
}

fn judge(requirements: &Requirements, found: &BTreeMap<String, References>) -> Outcome {
    let mut faults = Vec::new();
    for (clause, references) in found {
        match (references.is_covered(), requirements.open().contains_key(clause)) {
            (true, false) | (false, true) => {}
            (true, true) => faults.push(format!("{clause} is listed as open, but code and tests name it")),
            (false, false) if references.code.is_empty() && references.tests.is_empty() => {
                faults.push(format!("{clause}: nothing names it"));
            }
            (false, false) if references.code.is_empty() => {
                faults.push(format!("{clause}: tests name it, no code does"))
            }
            (false, false) => faults.push(format!("{clause}: code names it, no test does")),
        }
    }
    if faults.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "The trace from the law to code and tests has gaps",
        faults.join("\n"),
        format!("name the clause where it is built and in its test's name, or list it as open in {REQUIREMENTS}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| id | rule |\n|---|---|\n| NBS-1 | a |\n| NBS-2 | b |\n## Open\n| NBS-2 | later |\n";

    fn judged(code: &[&str], tests: &[&str]) -> Outcome {
        let requirements = Requirements::parse(TABLE).unwrap();
        let mut found: BTreeMap<String, References> = requirements
            .clauses()
            .iter()
            .map(|clause| (clause.clone(), References::default()))
            .collect();
        for clause in code {
            found.get_mut(*clause).unwrap().code.push("a.rs:1".to_owned());
        }
        for clause in tests {
            found.get_mut(*clause).unwrap().tests.push("a.rs: nbs".to_owned());
        }
        judge(&requirements, &found)
    }

    #[test]
    fn a_clause_needs_both_code_and_a_test_or_to_be_open() {
        judged(&["NBS-1"], &["NBS-1"]).unwrap();
        judged(&["NBS-1", "NBS-2"], &["NBS-1"]).unwrap();
        assert!(
            judged(&["NBS-1"], &[])
                .unwrap_err()
                .to_string()
                .contains("NBS-1: code names it, no test does")
        );
        assert!(
            judged(&[], &["NBS-1"])
                .unwrap_err()
                .to_string()
                .contains("NBS-1: tests name it, no code does")
        );
        assert!(
            judged(&[], &[])
                .unwrap_err()
                .to_string()
                .contains("NBS-1: nothing names it")
        );
    }

    #[test]
    fn an_open_clause_that_is_built_is_no_longer_open() {
        let failure = judged(&["NBS-1", "NBS-2"], &["NBS-1", "NBS-2"])
            .unwrap_err()
            .to_string();
        assert!(failure.contains("NBS-2 is listed as open"), "{failure}");
    }
}
