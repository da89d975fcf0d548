//! Everything that can be said of the code without running it.

mod direction;
mod hygiene;

use std::time::Duration;

use crate::build::files;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::setup::{WASM_TARGET, WasmToolchain};
use crate::{claim, run, say, setup, trace};

/// How long the database of advisories may take to be fetched.
const ADVISORIES_LIMIT: Duration = Duration::from_secs(60);

/// Packages that are compiled for browsers or workerd, with the features that they have there.
const WASM_PACKAGES: [(&str, &[&str]); 3] = [
    ("tanu-web", &[]),
    ("tanu-edge-functions", &[]),
    ("tanu-liveness-wasm", &["--features", "engine"]),
];

/// Sets up and runs every check.
pub(crate) fn run(environment: &Environment) -> Outcome {
    let wasm = setup::for_check(environment)?;
    let _claim = claim::build_directories(environment)?;
    all(environment, &wasm)
}

/// Runs every check, to the end even if one fails.
pub(crate) fn all(environment: &Environment, wasm: &WasmToolchain) -> Outcome {
    let checks: [(&str, &dyn Fn() -> Outcome); 10] = [
        ("formatting", &|| formatting(environment)),
        ("file hygiene", &|| hygiene::check(environment)),
        ("spelling", &|| spelling(environment)),
        ("dependency direction", &|| direction::check(environment)),
        ("unused dependencies", &|| unused_dependencies(environment)),
        ("licences and sources", &|| licences(environment)),
        ("trace from the law to code and tests", &|| trace::check(environment)),
        ("types of the tests in the browser", &|| types(environment)),
        ("lints", &|| lints(environment)),
        ("lints in WebAssembly", &|| wasm_lints(environment, wasm)),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        say::step(format_args!("Checking {name}"));
        match check() {
            Ok(()) => say::done(name),
            Err(failure) => {
                say::failed(failure);
                failed.push(name);
            }
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        "Checks failed",
        failed.join(", "),
        "each says above what is wrong",
    ))
}

fn formatting(environment: &Environment) -> Outcome {
    run::shown(
        run::command("cargo")
            .args(["fmt", "--all", "--check"])
            .current_dir(&environment.root),
        "Some files are not formatted",
        "run `cargo fmt --all`",
    )
}

fn spelling(environment: &Environment) -> Outcome {
    run::shown(
        run::command(environment.tool("typos"))
            .args(["--config", "typos.toml"])
            .current_dir(&environment.root),
        "Some words are misspelt",
        "mend them; a word that is right goes into typos.toml",
    )
}

fn unused_dependencies(environment: &Environment) -> Outcome {
    run::shown(
        run::command(environment.tool("cargo-machete")).current_dir(&environment.root),
        "Some dependencies are not used",
        "remove them from the manifests named above",
    )
}

fn licences(environment: &Environment) -> Outcome {
    let deny = |arguments: &[&str]| {
        let mut command = run::command(environment.tool("cargo-deny"));
        command.args(arguments).current_dir(&environment.root);
        command
    };
    run::captured(
        &mut deny(&["--log-level", "error", "check", "licenses", "bans", "sources"]),
        "A dependency breaks a rule of deny.toml",
        "use another dependency, or say in deny.toml why it is right",
    )?;
    if !run::within(&mut deny(&["fetch", "db"]), ADVISORIES_LIMIT) {
        say::note("security advisories are not checked: their database cannot be reached");
        return Ok(());
    }
    run::captured(
        &mut deny(&["--log-level", "error", "check", "--disable-fetch", "advisories"]),
        "A dependency has a known weakness",
        "update it, or say in deny.toml why it does not matter here",
    )
    .map(drop)
}

fn types(environment: &Environment) -> Outcome {
    run::shown(
        run::command(environment.npm(".bin/tsc"))
            .args(["--project", "e2e/tsconfig.json"])
            .current_dir(&environment.root),
        "The types of the tests do not fit",
        "mend what the compiler says above",
    )
}

fn lints(environment: &Environment) -> Outcome {
    run::shown(
        run::command("cargo")
            .args([
                "clippy",
                "--locked",
                "--workspace",
                "--all-targets",
                "--quiet",
                "--",
                "--deny",
                "warnings",
            ])
            .env("CARGO_TARGET_DIR", &environment.target)
            .current_dir(&environment.root),
        "The compiler or clippy objects",
        "mend what is said above",
    )
}

fn wasm_lints(environment: &Environment, wasm: &WasmToolchain) -> Outcome {
    for (package, features) in WASM_PACKAGES {
        let apart = if features.is_empty() {
            "lints"
        } else {
            "lints-with-features"
        };
        let mut clippy = wasm.apart(apart).command("cargo");
        clippy.args([
            "clippy",
            "--locked",
            "--quiet",
            "--lib",
            "--target",
            WASM_TARGET,
            "--package",
            package,
        ]);
        clippy.args(features).args(["--", "--deny", "warnings"]);
        run::shown(
            clippy
                .env("WASM_BINDGEN_USE_JS_SYS", "1")
                .current_dir(&environment.root),
            &format!("The compiler or clippy objects to {package} in WebAssembly"),
            "mend what is said above",
        )?;
    }
    Ok(())
}

/// The files that git tracks or would, relative to the root.
pub(crate) fn files_of_the_project(environment: &Environment) -> Outcome<Vec<String>> {
    let listed = run::captured(
        run::command("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(&environment.root),
        "git cannot list the files",
        "run it in a clone of the repository",
    )?;
    Ok(listed
        .split('\0')
        .filter(|path| !path.is_empty())
        .map(str::to_owned)
        .collect())
}

/// The text of a file of the project; `None` for what is not text or was deleted.
pub(crate) fn text_of(environment: &Environment, path: &str) -> Option<String> {
    files::read_text(&environment.root.join(path)).ok()
}
