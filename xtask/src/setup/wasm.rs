//! A Rust compiler with the standard library of `wasm32-unknown-unknown`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::setup::system;
use crate::{run, say};

/// The target of everything that browsers and workerd run.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

/// How long rustup may take to fetch the standard library before another way is tried.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Debian's compiler, its sources and its linker for WebAssembly.
const DEBIAN: [&str; 5] = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-19"];

/// Debian's clippy for it.
const DEBIAN_CLIPPY: &str = "rust-web-clippy";

/// What a standard library consists of, among other things. An interrupted copy has the first of them only.
const PARTS: [&str; 7] = ["alloc", "core", "panic_abort", "proc_macro", "std", "test", "unwind"];

/// The compiler that builds WebAssembly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WasmToolchain {
    /// The directory of its programs, where they are not those of `PATH`.
    programs: Option<PathBuf>,
    target: PathBuf,
}

impl WasmToolchain {
    /// The same compiler with a target directory of its own below the usual one. Cargo gives the library of a package one
    /// file name whatever its features: builds of one package with different features must not share a directory.
    pub(crate) fn apart(&self, name: &str) -> Self {
        Self {
            target: self.target.join(name),
            ..self.clone()
        }
    }

    /// A command that finds this compiler as `cargo` and `rustc`, and builds into the WebAssembly target directory.
    pub(crate) fn command(&self, program: &str) -> Command {
        let inherited = std::env::var_os("PATH").unwrap_or_default();
        let directories = self
            .programs
            .clone()
            .into_iter()
            .chain(std::env::split_paths(&inherited));
        let path = std::env::join_paths(directories).unwrap_or(inherited.clone());
        let own = self
            .programs
            .as_ref()
            .map(|programs| programs.join(program))
            .filter(|program| program.is_file());
        let mut command = run::command(own.unwrap_or_else(|| program.into()));
        command.env("PATH", path).env("CARGO_TARGET_DIR", &self.target);
        command
    }

    /// What an example was compiled to.
    pub(crate) fn artifact_of_example(&self, profile: &str, example: &str) -> PathBuf {
        self.target
            .join(TARGET)
            .join(profile)
            .join("examples")
            .join(format!("{example}.wasm"))
    }

    /// What a package's library was compiled to.
    pub(crate) fn artifact(&self, profile: &str, package: &str) -> PathBuf {
        self.target
            .join(TARGET)
            .join(profile)
            .join(format!("{}.wasm", package.replace('-', "_")))
    }
}

/// Finds such a compiler, or makes one: the usual toolchain's by rustup, else Debian's with the standard library built
/// from Debian's own sources.
pub(crate) fn toolchain(environment: &Environment) -> Outcome<WasmToolchain> {
    let usual = WasmToolchain {
        programs: None,
        target: environment.wasm_target(),
    };
    let debian = WasmToolchain {
        programs: Some("/usr/bin".into()),
        ..usual.clone()
    };
    if has_std("rustc") {
        say::done(format_args!("{TARGET} of the usual toolchain"));
        return Ok(usual);
    }
    if Path::new("/usr/bin/rustc").is_file() && has_std("/usr/bin/rustc") {
        say::done(format_args!("{TARGET} of Debian's compiler"));
        return Ok(debian);
    }
    let has_rustup = run::exists(Path::new("rustup"));
    if has_rustup {
        say::step(format_args!("Adding {TARGET} with rustup"));
        if run::within(run::command("rustup").args(["target", "add", TARGET]), RUSTUP_LIMIT) && has_std("rustc") {
            return Ok(usual);
        }
        say::note("rustup could not fetch it; trying Debian's compiler");
    }
    debian_std(environment).map_err(|failure| no_way(has_rustup, &failure))?;
    Ok(debian)
}

/// Why there is no such compiler, given why Debian's way failed.
fn no_way(has_rustup: bool, debian: &Failure) -> Failure {
    let (rustup, remedy) = if has_rustup {
        (
            "rustup could not add it",
            format!("run `rustup target add {TARGET}` where its server can be reached, then try again"),
        )
    } else {
        (
            "there is no rustup to add it",
            "install Rust with rustup (https://rustup.rs), then try again".to_owned(),
        )
    };
    Failure::new(
        format!("No compiler here has the standard library of {TARGET}"),
        format!("{rustup}, and Debian's way failed too:\n{debian}"),
        remedy,
    )
}

/// Makes sure that the compiler has clippy.
pub(crate) fn clippy(toolchain: &WasmToolchain) -> Outcome {
    match &toolchain.programs {
        Some(programs) if !programs.join("cargo-clippy").is_file() => system::apt(&[DEBIAN_CLIPPY]),
        _ => Ok(()),
    }
}

fn debian_std(environment: &Environment) -> Outcome {
    let installed = run::captured(run::command("dpkg").arg("-s").args(DEBIAN), "", "").is_ok();
    if !installed {
        system::apt(&DEBIAN)?;
    }
    say::step(format_args!(
        "Building the standard library of {TARGET} from Debian's sources: about a minute, once"
    ));
    run::captured(
        run::command("sh").arg(environment.root.join("xtask/scripts/wasm-std.sh")),
        "The standard library could not be built",
        "run sh xtask/scripts/wasm-std.sh by hand to see all that it says",
    )
    .map(drop)
}

/// Whether a compiler has the standard library, for the version that it has now.
fn has_std(rustc: &str) -> bool {
    let Ok(sysroot) = run::captured(run::command(rustc).args(["--print", "sysroot"]), "", "") else {
        return false;
    };
    let library = Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib");
    let version = run::captured(run::command(rustc).arg("--version"), "", "").unwrap_or_default();
    is_whole(&library, version.trim())
}

/// Whether a directory holds a standard library with all its parts, and not one of another compiler than that of `version`.
fn is_whole(library: &Path, version: &str) -> bool {
    let files: Vec<String> = std::fs::read_dir(library)
        .map(|files| files.filter_map(Result::ok))
        .map(|files| {
            files
                .map(|file| file.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    let has = |part: &str| files.iter().any(|file| file.starts_with(&format!("lib{part}-")));
    // The library that the script built says for which compiler; one that rustup installed needs no such note.
    let stamp = std::fs::read_to_string(library.join(".version"));
    PARTS.into_iter().all(has) && stamp.map_or(true, |stamp| stamp.trim() == version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::files;

    #[test]
    fn half_a_standard_library_and_another_compilers_are_none() {
        let library = std::env::temp_dir().join(format!("xtask-wasm-{}", std::process::id()));
        files::empty(&library).unwrap();
        for part in PARTS {
            assert!(!is_whole(&library, "rustc 1.91.0"), "{part} is missing");
            files::write(&library.join(format!("lib{part}-0123.rlib")), b"").unwrap();
        }
        assert!(is_whole(&library, "rustc 1.91.0"));
        files::write(&library.join(".version"), b"rustc 1.91.0\n").unwrap();
        assert!(is_whole(&library, "rustc 1.91.0") && !is_whole(&library, "rustc 1.92.0"));
        std::fs::remove_dir_all(library).unwrap();
    }

    #[test]
    fn without_rustup_nobody_says_that_it_failed() {
        let failure = Failure::new("Missing system packages", "", "");
        assert!(!no_way(false, &failure).to_string().contains("rustup could not"));
        assert!(no_way(true, &failure).to_string().contains("rustup could not"));
    }
}
