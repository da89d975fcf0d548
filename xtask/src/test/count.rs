//! How many tests passed, failed and were skipped, over all that ran them.

use std::fmt;

use serde_json::Value;

use crate::failure::{Failure, Outcome};

/// The sums.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Count {
    /// May be below zero until the summary of a program whose notes came first.
    passed: i64,
    failed: u64,
    skipped: u64,
    reasons: Vec<String>,
    failures: Vec<String>,
}

impl Count {
    /// Reads a line of the Rust test harness: its summary, or the note of a test that could not run and counts as passed
    /// there.
    pub(crate) fn libtest(&mut self, line: &str) {
        if let Some(summary) = line.strip_prefix("test result: ") {
            let number = |what: &str| {
                let before = summary.split_once(what)?.0.trim_end();
                before.rsplit([' ', ';']).next()?.parse::<u64>().ok()
            };
            self.passed += number(" passed").unwrap_or(0).cast_signed();
            self.failed += number(" failed").unwrap_or(0);
            self.skipped += number(" ignored").unwrap_or(0);
            // Notes came before the summary of their program.
        } else if self.note_skip(line) {
            self.passed -= 1;
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.failures.push(name.to_owned());
        }
    }

    /// Reads the note `skipped: name: why`; gives whether it was one.
    pub(crate) fn note_skip(&mut self, line: &str) -> bool {
        let reason = line.trim().strip_prefix("skipped: ");
        if let Some(reason) = reason {
            self.skip(reason);
        }
        reason.is_some()
    }

    /// Adds the sums of Playwright's JSON report, and the names of what failed in it and of what was skipped.
    pub(crate) fn playwright(&mut self, report: &str) -> Outcome {
        let report: Value = serde_json::from_str(report).unwrap_or_default();
        for spec in specs(&report) {
            // A test that passed only when tried again is no test that passes.
            match spec.status {
                Status::Passed => {}
                Status::Failed => self.failures.push(spec.title),
                Status::Skipped(why) => self.reasons.push(format!("{}: {why}", spec.title)),
            }
        }
        let sums = || {
            let number = |name: &str| report.get("stats")?.get(name)?.as_u64();
            Some((
                number("expected")?,
                number("unexpected")? + number("flaky")?,
                number("skipped")?,
            ))
        };
        let (passed, failed, skipped) = sums().ok_or_else(|| {
            Failure::new(
                "Playwright's report is not understood",
                "its sums are missing",
                "look at e2e/output/report.json",
            )
        })?;
        self.passed += passed.cast_signed();
        self.failed += failed;
        self.skipped += skipped;
        Ok(())
    }

    /// One test passed.
    pub(crate) fn pass(&mut self) {
        self.passed += 1;
    }

    /// One failed.
    pub(crate) fn fail(&mut self) {
        self.failed += 1;
    }

    /// One could not run, for want of models or data.
    pub(crate) fn skip(&mut self, reason: &str) {
        self.skipped += 1;
        self.reasons.push(reason.to_owned());
    }

    /// How many failed.
    pub(crate) fn failed(&self) -> u64 {
        self.failed
    }

    /// The names of the tests that failed.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    /// Why tests could not run.
    pub(crate) fn reasons(&self) -> &[String] {
        &self.reasons
    }
}

/// A test of Playwright's, and how it ended.
struct Spec {
    title: String,
    status: Status,
}

enum Status {
    Passed,
    /// It failed, or passed only when tried again.
    Failed,
    /// It did not run, with the reason that it gave.
    Skipped(String),
}

/// The tests in a suite of Playwright's and in those below it.
fn specs(suite: &Value) -> Vec<Spec> {
    let list = |value: &Value, field: &str| value.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let own = list(suite, "specs").into_iter().map(|spec| {
        let tests = list(&spec, "tests");
        let all = |accepted: &[&str]| {
            tests
                .iter()
                .all(|test| accepted.iter().any(|status| test["status"] == **status))
        };
        let status = if all(&["skipped"]) {
            let annotations = tests.iter().flat_map(|test| list(test, "annotations"));
            let mut reasons =
                annotations.filter_map(|annotation| annotation["description"].as_str().map(str::to_owned));
            Status::Skipped(reasons.next().unwrap_or_else(|| "it gives no reason".to_owned()))
        } else if all(&["expected", "skipped"]) {
            Status::Passed
        } else {
            Status::Failed
        };
        let title = spec["title"].as_str().unwrap_or("a test without a title").to_owned();
        Spec { title, status }
    });
    let below = list(suite, "suites");
    let all = own.chain(below.iter().flat_map(specs));
    // Tests of one title are told apart by the group that they stand in. The outermost one is the file.
    match suite["title"]
        .as_str()
        .filter(|title| !title.is_empty() && suite["file"] != **title)
    {
        Some(group) => all
            .map(|spec| Spec {
                title: format!("{group}: {}", spec.title),
                ..spec
            })
            .collect(),
        None => all.collect(),
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_programs_are_summed() {
        let mut count = Count::default();
        for line in [
            "running 3 tests",
            "test a::passes ... ok",
            "test a::breaks ... FAILED",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s",
        ] {
            count.libtest(line);
        }
        count
            .playwright(
                r#"{"stats":{"expected":20,"unexpected":1,"flaky":1,"skipped":4},"suites":[{"specs":[],"suites":[{"specs":[
                {"title":"runs","tests":[{"status":"expected"}]},{"title":"falls","tests":[{"status":"unexpected"}]},
                {"title":"wavers","tests":[{"status":"flaky"}]},{"title":"waits","tests":[{"status":"skipped",
                "annotations":[{"type":"skip","description":"no faces"}]}]}]}]}]}"#,
            )
            .unwrap();
        count.pass();
        assert_eq!(count.to_string(), "34 passed, 4 failed, 5 skipped");
        assert_eq!(count.failures(), ["a::breaks", "falls", "wavers"]);
        assert_eq!(count.reasons(), ["waits: no faces"]);
    }

    #[test]
    fn a_test_that_could_not_run_is_skipped_and_not_passed() {
        let mut count = Count::default();
        count.libtest("skipped: golden: no models");
        count.libtest("test result: ok. 3 passed; 0 failed; 0 ignored; 0 measured");
        assert_eq!(count.to_string(), "2 passed, 0 failed, 1 skipped");
        assert_eq!(count.reasons(), ["golden: no models"]);
    }

    #[test]
    fn a_report_without_sums_is_refused() {
        assert!(Count::default().playwright("{}").is_err());
    }
}
