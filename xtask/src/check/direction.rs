//! Which package of ours may use which. `ARCHITECTURE.md` shows the same as a map.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::run;

/// A package and those of ours that its code may use. Tests may use `tanu-models` everywhere besides.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("tanu-protocol", &[]),
    ("tanu-law", &["tanu-protocol"]),
    ("tanu-models", &[]),
    ("tanu-vision", &["tanu-protocol"]),
    ("tanu-liveness", &["tanu-protocol"]),
    (
        "tanu-liveness-wasm",
        &["tanu-protocol", "tanu-vision", "tanu-liveness", "tanu-models"],
    ),
    // What guidance says, and the messages that the page exchanges with the engine; not the engine.
    ("tanu-web", &["tanu-protocol", "tanu-liveness", "tanu-liveness-wasm"]),
    ("tanu-edge-functions", &["tanu-protocol", "tanu-law", "tanu-liveness"]),
    (
        "tanu-matcher",
        &[
            "tanu-protocol",
            "tanu-law",
            "tanu-vision",
            "tanu-liveness",
            "tanu-models",
        ],
    ),
    ("tanu-sandbox", &["tanu-protocol"]),
    // What each part says of its own API, written down.
    (
        "tanu-openapi",
        &["tanu-protocol", "tanu-edge-functions", "tanu-matcher", "tanu-sandbox"],
    ),
    (
        "tanu-evaluate",
        &["tanu-protocol", "tanu-vision", "tanu-liveness", "tanu-models"],
    ),
    ("xtask", &["tanu-models"]),
];

/// Packages without input, output, clock or randomness, and what would bring them in.
const PURE: [&str; 3] = ["tanu-protocol", "tanu-law", "tanu-liveness"];
const IMPURE: [&str; 11] = [
    "axum",
    "getrandom",
    "leptos",
    "rand",
    "reqwest",
    "rusqlite",
    "tokio",
    "tract-onnx",
    "ureq",
    "web-sys",
    "worker",
];

/// Dependencies that one package alone may use.
const EXCLUSIVE: [(&str, &str); 3] = [
    ("tract-onnx", "tanu-vision"),
    ("worker", "tanu-edge-functions"),
    ("leptos", "tanu-web"),
];

/// One dependency, as a manifest names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edge {
    from: String,
    to: String,
    /// Only tests use it.
    test: bool,
}

/// Checks the manifests of the workspace.
pub(crate) fn check(environment: &Environment) -> Outcome {
    let metadata = run::captured(
        run::command("cargo")
            .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
            .current_dir(&environment.root),
        "cargo cannot read the workspace",
        "mend the manifest that it names",
    )?;
    let (packages, edges) = parse(&metadata).ok_or_else(|| {
        Failure::new(
            "cargo's metadata is not understood",
            "a field is missing",
            "check cargo's version",
        )
    })?;
    let violations = violations(&packages, &edges);
    if violations.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "A package uses another that it may not",
        violations.join("\n"),
        "move the code to where the dependency points the right way; ARCHITECTURE.md shows which",
    ))
}

fn parse(metadata: &str) -> Option<(BTreeSet<String>, Vec<Edge>)> {
    let metadata: Value = serde_json::from_str(metadata).ok()?;
    let (mut packages, mut edges) = (BTreeSet::new(), Vec::new());
    for package in metadata.get("packages")?.as_array()? {
        let from = package.get("name")?.as_str()?;
        packages.insert(from.to_owned());
        for dependency in package.get("dependencies")?.as_array()? {
            edges.push(Edge {
                from: from.to_owned(),
                to: dependency.get("name")?.as_str()?.to_owned(),
                test: dependency.get("kind")?.as_str() == Some("dev"),
            });
        }
    }
    Some((packages, edges))
}

fn violations(packages: &BTreeSet<String>, edges: &[Edge]) -> Vec<String> {
    let allowed = |name: &str| {
        ALLOWED
            .iter()
            .find(|(package, _)| *package == name)
            .map(|(_, uses)| *uses)
    };
    let mut found: Vec<String> = packages
        .iter()
        .filter(|package| allowed(package).is_none())
        .map(|package| format!("{package} is not in the table of xtask/src/check/direction.rs"))
        .collect();
    for Edge { from, to, test } in edges {
        let ours = packages.contains(to);
        if ours && !allowed(from).is_some_and(|uses| uses.contains(&to.as_str())) && !(*test && to == "tanu-models") {
            found.push(format!("{from} may not use {to}"));
        }
        if PURE.contains(&from.as_str()) && IMPURE.contains(&to.as_str()) && !test {
            found.push(format!("{from} is pure and may not use {to}"));
        }
        if EXCLUSIVE
            .iter()
            .any(|(dependency, user)| dependency == to && user != from)
        {
            found.push(format!("{to} belongs to another package than {from}"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn violations_of(from: &str, to: &str, test: bool) -> Vec<String> {
        let packages = ALLOWED.iter().map(|(package, _)| (*package).to_owned()).collect();
        violations(
            &packages,
            &[Edge {
                from: from.to_owned(),
                to: to.to_owned(),
                test,
            }],
        )
    }

    #[test]
    fn dependencies_point_one_way() {
        assert!(violations_of("tanu-matcher", "tanu-vision", false).is_empty());
        assert_eq!(
            violations_of("tanu-vision", "tanu-matcher", false),
            ["tanu-vision may not use tanu-matcher"]
        );
        assert_eq!(
            violations_of("tanu-web", "tanu-law", true),
            ["tanu-web may not use tanu-law"]
        );
    }

    #[test]
    fn only_tests_may_use_the_models_everywhere() {
        assert!(violations_of("tanu-vision", "tanu-models", true).is_empty());
        assert!(!violations_of("tanu-vision", "tanu-models", false).is_empty());
    }

    #[test]
    fn pure_packages_stay_pure_and_tract_has_one_user() {
        assert!(!violations_of("tanu-law", "tokio", false).is_empty());
        assert!(violations_of("tanu-matcher", "tokio", false).is_empty());
        assert!(!violations_of("tanu-matcher", "tract-onnx", false).is_empty());
        assert!(violations_of("tanu-vision", "tract-onnx", false).is_empty());
    }

    #[test]
    fn the_table_has_no_circle() {
        let mut known = BTreeSet::new();
        for (package, uses) in ALLOWED {
            assert!(
                uses.iter().all(|used| known.contains(used)),
                "{package} uses one that stands below it"
            );
            known.insert(package);
        }
    }

    #[test]
    fn a_new_package_needs_a_place_in_the_table() {
        let packages = BTreeSet::from(["tanu-moon".to_owned()]);
        assert_eq!(violations(&packages, &[]).len(), 1);
    }

    #[test]
    fn metadata_gives_packages_and_edges() {
        let metadata =
            r#"{"packages":[{"name":"a","dependencies":[{"name":"b","kind":null},{"name":"c","kind":"dev"}]}]}"#;
        let (packages, edges) = parse(metadata).unwrap();
        assert!(packages.contains("a"));
        let edge = |to: &str, test| Edge {
            from: "a".to_owned(),
            to: to.to_owned(),
            test,
        };
        assert_eq!(edges, [edge("b", false), edge("c", true)]);
    }
}
