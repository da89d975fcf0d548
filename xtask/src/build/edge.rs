//! The worker: `worker-build` makes `edge-functions/build/index.js` and `index_bg.wasm`.

use crate::build::files;
use crate::environment::Environment;
use crate::failure::Outcome;
use crate::setup::{WasmToolchain, versions};
use crate::{run, say};

/// Builds the edge functions.
pub(crate) fn build(environment: &Environment, wasm: &WasmToolchain) -> Outcome {
    say::step("Building the edge functions");
    let directory = environment.root.join("edge-functions");
    let command = |program: &str| {
        let mut command = wasm.command(program);
        // As `worker-build` sets it for its own call of cargo, so that both share one result.
        command.env("WASM_BINDGEN_USE_JS_SYS", "1").current_dir(&directory);
        command
    };
    let remedy = "mend what the compiler says above";
    run::shown(
        command("cargo").args([
            "build",
            "--locked",
            "--lib",
            "--profile",
            "wasm",
            "--target",
            crate::setup::WASM_TARGET,
        ]),
        "The edge functions do not compile",
        remedy,
    )?;
    let compiled = files::read(&wasm.artifact("wasm", "tanu-edge-functions"))?;
    let output = directory.join("build");
    let versions = versions(environment, &["esbuild", "binaryen"])?;
    let outputs = ["index.js", "index_bg.wasm"].map(|file| output.join(file));
    files::unless_done(
        &output.join(".stamp"),
        &[&compiled, versions.as_bytes()],
        &outputs,
        || {
            let program = environment.tool("worker-build");
            run::captured(
                command(&program.to_string_lossy())
                    .args(["--profile", "wasm"])
                    .env("WASM_BINDGEN_BIN", environment.tool("wasm-bindgen"))
                    .env("ESBUILD_BIN", environment.npm(".bin/esbuild"))
                    .env("WASM_OPT_BIN", environment.npm(".bin/wasm-opt")),
                "worker-build could not make the worker",
                "run `cargo xtask setup`, then try again",
            )
            .map(drop)
        },
    )
}
