//! The clauses, as the tables of `docs/requirements.md` list them.

use std::collections::BTreeMap;

/// The prefixes of clause ids, one a text.
pub(crate) const PREFIXES: [&str; 5] = ["NBS", "CLS", "BNK", "INT", "ACC"];

/// Which clauses there are, and which of them are not built yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Requirements {
    clauses: Vec<String>,
    open: BTreeMap<String, String>,
}

impl Requirements {
    /// Reads the page: each table row that begins with an id is a clause; below the heading `Open` it is one that is not
    /// built yet, with what is missing.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (mut clauses, mut open, mut in_open) = (Vec::new(), BTreeMap::new(), false);
        for line in text.lines() {
            if line.starts_with('#') {
                in_open = line.trim_start_matches('#').trim() == "Open";
            }
            let Some((id, rest)) = row(line) else { continue };
            if in_open {
                if !clauses.contains(&id) {
                    return Err(format!("{id} is listed as open, but is no clause above"));
                }
                if rest.is_empty() || open.insert(id.clone(), rest).is_some() {
                    return Err(format!(
                        "{id} is listed as open twice, or without saying what is missing"
                    ));
                }
            } else if clauses.contains(&id) {
                return Err(format!("{id} has two rows"));
            } else {
                clauses.push(id);
            }
        }
        if clauses.is_empty() {
            return Err("it lists no clause".to_owned());
        }
        Ok(Self { clauses, open })
    }

    /// All ids, in the page's order.
    pub(crate) fn clauses(&self) -> &[String] {
        &self.clauses
    }

    /// The ids of the clauses that are not built yet, with what is missing.
    pub(crate) fn open(&self) -> &BTreeMap<String, String> {
        &self.open
    }

    /// The clause that a citation means: that very one, or the one that it is a part of (`ACC-6.1d` is of `ACC-6.1`).
    pub(crate) fn resolve(&self, citation: &str) -> Option<&str> {
        let known = |id: &str| {
            self.clauses
                .iter()
                .find(|clause| clause.as_str() == id)
                .map(String::as_str)
        };
        let whole = citation.trim_end_matches(|letter: char| letter.is_ascii_lowercase());
        known(citation)
            .or_else(|| known(whole))
            .or_else(|| known(whole.rsplit_once('.')?.0))
    }
}

fn row(line: &str) -> Option<(String, String)> {
    let (id, rest) = line.strip_prefix('|')?.split_once('|')?;
    let id = id.trim();
    let is_clause = id
        .split_once('-')
        .is_some_and(|(prefix, rest)| PREFIXES.contains(&prefix) && !rest.is_empty());
    is_clause.then(|| (id.to_owned(), rest.trim_end().trim_end_matches('|').trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
| prefix | text |
|---|---|
| NBS | Order |

| id | rule |
|---|---|
| NBS-17a | a |
| ACC-6.1 | b |

## Open

| id | what is missing |
|---|---|
| ACC-6.1 | the state service |
";

    #[test]
    fn rows_with_an_id_are_clauses_and_those_below_open_are_open() {
        let requirements = Requirements::parse(PAGE).unwrap();
        assert_eq!(requirements.clauses(), ["NBS-17a", "ACC-6.1"]);
        assert_eq!(requirements.open()["ACC-6.1"], "the state service");
    }

    #[test]
    fn a_citation_of_a_part_means_its_clause() {
        let requirements = Requirements::parse(PAGE).unwrap();
        assert_eq!(requirements.resolve("NBS-17a"), Some("NBS-17a"));
        assert_eq!(requirements.resolve("ACC-6.1d"), Some("ACC-6.1"));
        assert_eq!(requirements.resolve("ACC-6.1.2"), Some("ACC-6.1"));
        assert_eq!(
            requirements.resolve("NBS-17"),
            None,
            "the whole is not each of its parts"
        );
        assert_eq!(requirements.resolve("NBS-1"), None);
    }

    #[test]
    fn a_page_that_contradicts_itself_is_refused() {
        for broken in [
            "",
            "| NBS-1 | a |\n| NBS-1 | a |",
            "# Open\n| NBS-1 | a |",
            "| NBS-1 | a |\n# Open\n| NBS-1 | |",
        ] {
            assert!(Requirements::parse(broken).is_err(), "{broken}");
        }
    }
}
