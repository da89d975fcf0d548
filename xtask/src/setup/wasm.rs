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
    if run::exists(Path::new("rustup")) {
        say::step(format_args!("Adding {TARGET} with rustup"));
        if run::within(run::command("rustup").args(["target", "add", TARGET]), RUSTUP_LIMIT) && has_std("rustc") {
            return Ok(usual);
        }
        say::note("rustup could not fetch it; trying Debian's compiler");
    }
    debian_std(environment).map_err(|failure| {
        Failure::new(
            format!("No compiler here has the standard library of {TARGET}"),
            format!("rustup could not add it, and Debian's way failed too:\n{failure}"),
            format!("run `rustup target add {TARGET}` where its server can be reached, then try again"),
        )
    })?;
    Ok(debian)
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
    let has_core = std::fs::read_dir(&library).is_ok_and(|mut files| {
        files.any(|file| file.is_ok_and(|file| file.file_name().to_string_lossy().starts_with("libcore-")))
    });
    // The library that the script built says for which compiler; one that rustup installed needs no such note.
    let stamp = std::fs::read_to_string(library.join(".version"));
    let version = run::captured(run::command(rustc).arg("--version"), "", "").unwrap_or_default();
    has_core && stamp.map_or(true, |stamp| stamp.trim() == version.trim())
}
