//! Writes the OpenAPI documents of the HTTP APIs into a folder: `tanu-openapi docs/openapi`.
//!
//! Each document is made by the part that serves it, of the table that routes and of the wire types. A package of its own, so that
//! the parts are built with what that needs here and nowhere else.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::Value;
use tanu_protocol::openapi::Ambiguous;

/// A file's name, and the document that it holds.
type Document = (&'static str, fn() -> Result<Value, Ambiguous>);

const DOCUMENTS: [Document; 3] = [
    ("edge.json", tanu_edge_functions::openapi::document),
    ("matcher.json", tanu_matcher::http::document),
    ("sandbox.json", tanu_sandbox::openapi::document),
];

/// Why the documents are not written.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("name the folder to write to")]
    Folder,
    #[error("the code gives no document: {0}")]
    Document(#[from] Ambiguous),
    #[error("the document can't be written: {0}")]
    Text(#[from] serde_json::Error),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: io::Error },
}

fn main() -> Result<(), Failure> {
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or(Failure::Folder)?);
    for (name, document) in DOCUMENTS {
        let path = folder.join(name);
        fs::write(&path, text(&document()?)?).map_err(|source| Failure::File { path, source })?;
    }
    Ok(())
}

fn text(document: &Value) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn made() -> impl Iterator<Item = (&'static str, Value)> {
        DOCUMENTS
            .into_iter()
            .map(|(name, document)| (name, document().unwrap()))
    }

    fn operations(document: &Value) -> impl Iterator<Item = (String, &Value)> {
        document["paths"].as_object().unwrap().iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(move |(method, operation)| (format!("{method} {path}"), operation))
        })
    }

    #[test]
    fn the_committed_documents_are_what_the_code_gives() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi");
        for (name, document) in made() {
            let (given, committed) = (
                text(&document).unwrap(),
                fs::read_to_string(folder.join(name)).unwrap_or_default(),
            );
            let differs = (1..)
                .zip(given.lines().zip(committed.lines()))
                .find(|(_, (code, file))| code != file);
            assert!(
                given == committed,
                "docs/openapi/{name} is not what the code gives: run `cargo xtask openapi`. First difference: {differs:?}"
            );
        }
    }

    #[test]
    fn parts_of_an_address_are_its_path_parameters() {
        for (name, document) in made() {
            for (line, operation) in operations(&document) {
                let in_address: BTreeSet<&str> = line
                    .split('{')
                    .skip(1)
                    .filter_map(|part| part.split('}').next())
                    .collect();
                let described: BTreeSet<&str> = operation["parameters"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter(|parameter| parameter["in"] == "path")
                    .filter_map(|parameter| parameter["name"].as_str())
                    .collect();
                assert_eq!(in_address, described, "{name}: {line}");
            }
        }
    }

    #[test]
    fn operations_have_names_of_their_own_and_an_answer_that_is_no_problem() {
        for (name, document) in made() {
            let mut names = BTreeSet::new();
            for (line, operation) in operations(&document) {
                assert!(
                    names.insert(operation["operationId"].as_str().unwrap()),
                    "{name}: {line}"
                );
                let mut statuses = operation["responses"].as_object().unwrap().keys();
                assert!(statuses.any(|status| status < &"400".to_owned()), "{name}: {line}");
            }
            assert!(!names.is_empty(), "{name}");
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
                    members.values().for_each(|member| references(member, found));
                }
                Value::Array(items) => items.iter().for_each(|item| references(item, found)),
                _ => {}
            }
        }
        for (name, document) in made() {
            let mut found = Vec::new();
            references(&document, &mut found);
            assert!(!found.is_empty(), "{name}");
            for reference in found {
                let target = reference
                    .strip_prefix('#')
                    .and_then(|pointer| document.pointer(pointer));
                assert!(target.is_some(), "{name}: {reference}");
            }
        }
    }
}
