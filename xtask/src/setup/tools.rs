//! Tools written in Rust (and one from PyPI), each of an exact version, in the cache.

use std::path::Path;

use serde_json::Value;

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::setup::system;
use crate::{run, say};

/// A program that `cargo install` builds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tool {
    package: &'static str,
    program: &'static str,
    version: String,
    options: &'static [&'static str],
    /// It speaks TLS through the system's OpenSSL, whose headers it is compiled against.
    needs_openssl: bool,
}

/// Debian's packages with OpenSSL's headers and with what finds them.
const OPENSSL: [&str; 2] = ["pkg-config", "libssl-dev"];

/// The spelling checker's version, on PyPI and on crates.io alike.
const TYPOS: &str = "1.52.0";

/// What turns our WebAssembly into something that runs: `wasm-bindgen` of the version that the code was written against
/// (the two refuse each other otherwise), and `worker-build`.
pub(crate) fn for_build(environment: &Environment) -> Outcome<Vec<Tool>> {
    let lock = environment.root.join("Cargo.lock");
    let lock = std::fs::read_to_string(lock)
        .map_err(|error| Failure::new("Cargo.lock cannot be read", error, "restore it from the repository"))?;
    let mut tools = vec![Tool {
        package: "worker-build",
        program: "worker-build",
        version: "0.8.7".to_owned(),
        options: &[],
        // It could download tools; set-up gives it those of the lock file.
        needs_openssl: cfg!(target_os = "linux"),
    }];
    // A workspace in which nothing uses wasm-bindgen needs no tool of it.
    if let Some(version) = locked(&lock, "wasm-bindgen") {
        tools.push(Tool {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: version.to_owned(),
            options: &["--no-default-features"],
            needs_openssl: false,
        });
    }
    Ok(tools)
}

/// What the checks run.
pub(crate) fn for_check() -> Vec<Tool> {
    let tool = |name, version: &str| Tool {
        package: name,
        program: name,
        version: version.to_owned(),
        options: &[],
        needs_openssl: false,
    };
    vec![tool("cargo-deny", "0.20.2"), tool("cargo-machete", "0.9.2")]
}

/// Installs those that are not there in their version.
pub(crate) fn install(environment: &Environment, tools: &[Tool]) -> Outcome {
    for Tool {
        package,
        program,
        version,
        options,
        needs_openssl,
    } in tools
    {
        if is_version(&environment.tool(program), version) {
            say::done(format_args!("{program} {version}"));
            continue;
        }
        if *needs_openssl && !has_openssl() {
            system::apt(&OPENSSL)?;
        }
        say::step(format_args!("Building {package} {version}: some minutes, once"));
        let install = |locked: &[&str]| {
            let mut command = run::command("cargo");
            command.args(["install", package, "--version", version, "--force", "--root"]);
            command.arg(environment.tools()).args(*options).args(locked);
            // In a directory of their own, which the tools share: the workspace's would be locked meanwhile.
            command.env("CARGO_TARGET_DIR", environment.tools_target());
            // They run for seconds: what they gain by more optimisation takes longer to compile than it saves.
            command.env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
            command.env("CARGO_PROFILE_RELEASE_LTO", "off");
            command.env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
            run::shown(
                command.current_dir(std::env::temp_dir()),
                &format!("{package} {version} could not be installed"),
                "check that crates.io can be reached and that a C compiler is there",
            )
        };
        // What a tool's lock file names may be withdrawn, or missing from a mirror; its version is what counts.
        install(&["--locked"]).or_else(|failure| {
            say::note(failure);
            say::note("Trying with dependencies other than those of its lock file");
            install(&[])
        })?;
    }
    Ok(())
}

/// Whether OpenSSL's headers are found, in the way in which the tool's build looks for them.
fn has_openssl() -> bool {
    let is_named = ["OPENSSL_DIR", "OPENSSL_LIB_DIR"]
        .iter()
        .any(|name| std::env::var_os(name).is_some());
    is_named || run::captured(run::command("pkg-config").args(["--exists", "openssl"]), "", "").is_ok()
}

/// The versions of what makes WebAssembly run, a line each: the tools of [`for_build`], and npm packages as they are installed.
pub(crate) fn versions(environment: &Environment, packages: &[&str]) -> Outcome<String> {
    let mut lines: Vec<String> = for_build(environment)?
        .into_iter()
        .map(|tool| format!("{} {}", tool.package, tool.version))
        .collect();
    for package in packages {
        let description = environment.npm(package).join("package.json");
        let description = std::fs::read_to_string(&description).map_err(|error| {
            Failure::new(
                format!("{} cannot be read", description.display()),
                error,
                "run `cargo xtask setup`, then try again",
            )
        })?;
        let description: Value = serde_json::from_str(&description).unwrap_or_default();
        lines.push(format!("{package} {}", description["version"]));
    }
    Ok(lines.join("\n"))
}

/// Installs the spelling checker: the ready-made program from PyPI where there is Python, else built from source.
pub(crate) fn typos(environment: &Environment) -> Outcome {
    let program = environment.tool("typos");
    if is_version(&program, TYPOS) {
        say::done(format_args!("typos {TYPOS}"));
        return Ok(());
    }
    say::step(format_args!("Installing typos {TYPOS}"));
    let venv = environment.tools().join("typos");
    let ready = run::captured(
        run::command("python3").args(["-m", "venv", "--clear"]).arg(&venv),
        "no Python environment",
        "install python3-venv",
    )
    .and_then(|_| {
        let mut pip = run::command(venv.join("bin/pip"));
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("typos=={TYPOS}"),
        ]);
        run::captured(&mut pip, "typos was not installed", "check that PyPI can be reached")
    })
    .and_then(|_| link(&venv.join("bin/typos"), &program));
    match ready {
        Ok(()) => Ok(()),
        Err(failure) => {
            say::note(failure);
            let source = Tool {
                package: "typos-cli",
                program: "typos",
                version: TYPOS.to_owned(),
                options: &[],
                needs_openssl: false,
            };
            install(environment, &[source])
        }
    }
}

fn link(original: &Path, link: &Path) -> Outcome {
    let failure = |error: std::io::Error| {
        Failure::new(
            "A tool could not be put into its place",
            error,
            "check the cache's rights",
        )
    };
    std::fs::create_dir_all(link.parent().unwrap_or(link)).map_err(failure)?;
    if link.symlink_metadata().is_ok() {
        std::fs::remove_file(link).map_err(failure)?;
    }
    std::os::unix::fs::symlink(original, link).map_err(failure)
}

/// Whether a program says that it is of this version.
fn is_version(program: &Path, version: &str) -> bool {
    run::captured(run::command(program).arg("--version"), "", "")
        .is_ok_and(|said| said.split_whitespace().any(|word| word == version))
}

/// The version of a package in a `Cargo.lock`.
fn locked<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let (_, entry) = lock.split_once(&format!("name = \"{package}\"\nversion = \""))?;
    entry.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locked_version_is_that_of_the_very_package() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked(lock, "bindgen"), None);
    }

    #[test]
    fn a_program_that_is_not_there_is_of_no_version() {
        assert!(!is_version(Path::new("/nowhere/tool"), "1.0.0"));
    }
}
