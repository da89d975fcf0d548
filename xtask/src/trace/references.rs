//! Where files name clauses: in code (`NBS-13`), and in the names of tests (`nbs_13_…`, or `NBS-13` in a title).

use std::collections::BTreeMap;

use crate::trace::clauses::{PREFIXES, Requirements};

/// What names one clause.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct References {
    /// `path:line` of code.
    pub(crate) code: Vec<String>,
    /// `path: name` of tests.
    pub(crate) tests: Vec<String>,
}

impl References {
    /// Whether both code and a test name the clause.
    pub(crate) fn is_covered(&self) -> bool {
        !self.code.is_empty() && !self.tests.is_empty()
    }
}

/// Whether a file is code in which clauses are looked for. The trace's own examples don't count.
pub(crate) fn is_searched(path: &str) -> bool {
    [".rs", ".ts", ".mjs", ".js"].iter().any(|kind| path.ends_with(kind)) && !path.starts_with("xtask/src/trace")
}

/// Adds what a file names to `found`, which has an entry for each clause.
pub(crate) fn collect(path: &str, text: &str, requirements: &Requirements, found: &mut BTreeMap<String, References>) {
    let in_browser = !path.ends_with(".rs");
    let only_tests = path.starts_with("e2e/") || path.contains("/tests/");
    // A file's own tests stand at its end.
    let code_ends = text
        .lines()
        .position(|line| line.trim() == "#[cfg(test)]")
        .unwrap_or(usize::MAX);
    for (index, line) in text.lines().enumerate() {
        let title = if in_browser { title(line) } else { None };
        if let Some(name) = title.or_else(|| if in_browser { None } else { function(line) }) {
            for clause in in_name(name, requirements) {
                push(&mut found.entry(clause).or_default().tests, format!("{path}: {name}"));
            }
        } else if !only_tests && index < code_ends {
            for clause in cited(line).filter_map(|citation| requirements.resolve(citation)) {
                push(
                    &mut found.entry(clause.to_owned()).or_default().code,
                    format!("{path}:{}", index + 1),
                );
            }
        }
    }
}

fn push(places: &mut Vec<String>, place: String) {
    if places.last() != Some(&place) {
        places.push(place);
    }
}

/// The name of the function that a line of Rust begins to define.
fn function(line: &str) -> Option<&str> {
    let (before, rest) = line.split_once("fn ")?;
    let defines = before
        .split_whitespace()
        .all(|word| matches!(word, "async" | "pub" | "pub(crate)"));
    defines.then(|| rest.split(['(', '<']).next().unwrap_or(rest).trim())
}

/// The title of the test that a line of TypeScript begins to define.
fn title(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("test")?;
    let rest = rest
        .strip_prefix('(')
        .or_else(|| Some(rest.split_once('(')?.1))
        .map(str::trim_start)?;
    let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    rest[1..].split(quote).next()
}

/// The clauses that a test's name names: `nbs_13_…` at its start or after `_and_`, or `NBS-13` anywhere.
fn in_name(name: &str, requirements: &Requirements) -> Vec<String> {
    let mut named: Vec<String> = cited(name)
        .filter_map(|id| requirements.resolve(id))
        .map(str::to_owned)
        .collect();
    let starts = std::iter::once(name).chain(name.match_indices("_and_").map(|(at, and)| &name[at + and.len()..]));
    named.extend(starts.filter_map(|start| {
        let words: Vec<&str> = start.split('_').collect();
        let prefix = words.first()?.to_ascii_uppercase();
        // `acc_6_1d_…`: the more of the words are the clause, the better.
        (2..=words.len().min(4)).rev().find_map(|length| {
            let number = match words[1..length].join(".") {
                annex if annex.starts_with(|first: char| first.is_ascii_lowercase()) => annex.to_ascii_uppercase(),
                number => number,
            };
            requirements.resolve(&format!("{prefix}-{number}")).map(str::to_owned)
        })
    }));
    named
}

/// The citations in a line, such as `ACC-6.1d`.
fn cited(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices('-').filter_map(|(dash, _)| {
        let start = dash.checked_sub(3)?;
        let prefix = line.get(start..dash)?;
        let joined = line[..start].ends_with(|before: char| before.is_alphanumeric() || before == '-');
        if !PREFIXES.contains(&prefix) || joined {
            return None;
        }
        let rest = &line[dash + 1..];
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '.')
            .unwrap_or(rest.len());
        Some(line[start..dash + 1 + end].trim_end_matches('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requirements() -> Requirements {
        let ids = ["NBS-1", "NBS-13", "BNK-8a", "BNK-8b", "ACC-6.1", "CLS-A", "INT-2"];
        Requirements::parse(&ids.map(|id| format!("| {id} | x |\n")).concat()).unwrap()
    }

    fn collected(path: &str, text: &str) -> Vec<String> {
        let mut found = BTreeMap::new();
        collect(path, text, &requirements(), &mut found);
        let show = |(clause, references): (String, References)| {
            let code = references.code.into_iter().map(|place| format!("code {place}"));
            let tests = references.tests.into_iter().map(|place| format!("test {place}"));
            code.chain(tests)
                .map(|place| format!("{clause} {place}"))
                .collect::<Vec<_>>()
        };
        found.into_iter().flat_map(show).collect()
    }

    #[test]
    fn comments_name_clauses_and_their_parts() {
        let text = "/// The answer's time (NBS-13).\n// ACC-6.1d, BNK-8a.\n// XNBS-13, NBS-99, nbs-13";
        assert_eq!(
            collected("law/src/a.rs", text),
            [
                "ACC-6.1 code law/src/a.rs:2",
                "BNK-8a code law/src/a.rs:2",
                "NBS-13 code law/src/a.rs:1"
            ]
        );
    }

    #[test]
    fn names_of_tests_name_clauses_and_what_stands_among_tests_is_no_code() {
        let text = "#[cfg(test)]\nmod tests {\n    // NBS-1\n    #[test]\n    fn bnk_8b_fourth_failed_run() {}\n    async fn acc_6_1d_and_cls_a_fit() {}\n}";
        assert_eq!(
            collected("a.rs", text),
            [
                "ACC-6.1 test a.rs: acc_6_1d_and_cls_a_fit",
                "BNK-8b test a.rs: bnk_8b_fourth_failed_run",
                "CLS-A test a.rs: acc_6_1d_and_cls_a_fit"
            ]
        );
    }

    #[test]
    fn a_longer_number_is_another_clause_and_other_words_are_none() {
        assert_eq!(
            collected("a.rs", "fn nbs_13_days() {}"),
            ["NBS-13 test a.rs: nbs_13_days"]
        );
        assert!(collected("a.rs", "fn int_to_text() {}\nfn nbs_131() {}\nlet f = fn nbs_13_x").is_empty());
    }

    #[test]
    fn titles_in_the_browser_name_clauses_and_its_comments_are_no_code() {
        let text = "// NBS-1\ntest(\"NBS-13: refused\", async () => {});\ntest.describe('int_2_token', () => {});";
        assert_eq!(
            collected("e2e/a.spec.ts", text),
            [
                "INT-2 test e2e/a.spec.ts: int_2_token",
                "NBS-13 test e2e/a.spec.ts: NBS-13: refused"
            ]
        );
    }

    #[test]
    fn only_code_is_searched() {
        assert!(is_searched("law/src/nbs.rs") && is_searched("e2e/flows/a.spec.ts"));
        assert!(!is_searched("docs/requirements.md") && !is_searched("xtask/src/trace.rs"));
    }
}
