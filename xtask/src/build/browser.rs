//! What the browser downloads: pages and engine as WebAssembly, styles, fonts and models, each named by its contents.

use std::path::{Path, PathBuf};

use crate::build::assets::Assets;
use crate::build::files;
use crate::environment::Environment;
use crate::failure::Outcome;
use crate::setup::{WASM_TARGET, WasmToolchain, versions};
use crate::{run, say};

/// A crate that becomes a script with its WebAssembly.
#[derive(Clone, Copy)]
struct Script {
    package: &'static str,
    features: &'static [&'static str],
    /// The target directory, where it can't be the usual one.
    apart: Option<&'static str>,
    /// The script's name for the pages.
    name: &'static str,
    /// The script that loads the crate, in the repository; without one the crate is just started.
    entry: Option<&'static str>,
}

const SCRIPTS: [Script; 2] = [
    Script {
        package: "tanu-liveness-wasm",
        features: &["--features", "engine"],
        apart: None,
        name: "liveness-worker.js",
        entry: Some("liveness-wasm/worker.js"),
    },
    // It uses the engine's package too, without the engine.
    Script {
        package: "tanu-web",
        features: &[],
        apart: Some("pages"),
        name: "web.js",
        entry: None,
    },
];

/// The features that the compiler uses and every browser of the last years has.
const WASM_FEATURES: [&str; 7] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Builds `dist/`.
pub(crate) fn build(environment: &Environment, wasm: &WasmToolchain) -> Outcome {
    let mut assets = Assets::new(&environment.root.join("dist"));
    for script in &SCRIPTS {
        let glue = crate_to_glue(environment, wasm, script)?;
        let (module, name) = (glue.join("module.wasm"), script.package.replace('-', "_"));
        let module = assets.add(&format!("{name}.wasm"), &files::read(&module)?)?;
        let bundle = bundle(environment, script, &glue, &name, &module)?;
        assets.add(script.name, &bundle)?;
    }
    style(environment, &mut assets)?;
    assets.models(environment)?;
    assets.finish(environment)
}

/// Compiles a crate and makes the script that binds it to JavaScript. Gives the directory with `<crate>.js` and
/// `module.wasm`.
fn crate_to_glue(environment: &Environment, wasm: &WasmToolchain, script: &Script) -> Outcome<PathBuf> {
    let Script {
        package,
        features,
        apart,
        ..
    } = *script;
    let wasm = &apart.map_or_else(|| wasm.clone(), |name| wasm.apart(name));
    say::step(format_args!("Building {package} for the browser"));
    run::shown(
        wasm.command("cargo")
            .args([
                "build",
                "--locked",
                "--lib",
                "--profile",
                "wasm",
                "--target",
                WASM_TARGET,
                "--package",
                package,
            ])
            .args(features)
            .current_dir(&environment.root),
        &format!("{package} does not compile"),
        "mend what the compiler says above",
    )?;
    let artifact = wasm.artifact("wasm", package);
    let compiled = files::read(&artifact)?;
    let directory = environment.wasm_target().join("browser").join(package);
    let glue = format!("{}.js", package.replace('-', "_"));
    let outputs = [glue.as_str(), "module.wasm"].map(|file| directory.join(file));
    let versions = [versions(environment, &["binaryen"])?, WASM_FEATURES.join("\n")].concat();
    files::unless_done(
        &directory.join("stamp"),
        &[&compiled, versions.as_bytes()],
        &outputs,
        || {
            say::step(format_args!("Binding and optimising {package}"));
            files::empty(&directory)?;
            let remedy = "run `cargo xtask setup`, then try again";
            run::captured(
                run::command(environment.tool("wasm-bindgen"))
                    .args([
                        "--target",
                        "web",
                        "--no-typescript",
                        "--remove-producers-section",
                        "--out-dir",
                    ])
                    .arg(&directory)
                    .arg(&artifact),
                &format!("{package} could not be bound to JavaScript"),
                remedy,
            )?;
            let bound = directory.join(format!("{}_bg.wasm", package.replace('-', "_")));
            let mut optimise = run::command(environment.npm(".bin/wasm-opt"));
            optimise
                .arg("-O")
                .args(WASM_FEATURES)
                .arg(&bound)
                .arg("-o")
                .arg(directory.join("module.wasm"));
            run::captured(&mut optimise, &format!("{package} could not be optimised"), remedy).map(drop)
        },
    )?;
    Ok(directory)
}

/// One script out of the entry, the glue and its snippets, with the hashed name of the module in it.
fn bundle(environment: &Environment, script: &Script, glue: &Path, name: &str, module: &str) -> Outcome<Vec<u8>> {
    let work = glue.join("bundle");
    files::empty(&work)?;
    // The glue finds its module beside itself, under the name that wasm-bindgen gave it.
    let text = files::read_text(&glue.join(format!("{name}.js")))?;
    let own_name = module.rsplit('/').next().unwrap_or(module);
    files::write(
        &work.join(format!("{name}.js")),
        text.replace(&format!("{name}_bg.wasm"), own_name).as_bytes(),
    )?;
    let snippets = glue.join("snippets");
    if snippets.is_dir() {
        std::os::unix::fs::symlink(&snippets, work.join("snippets")).map_err(|error| {
            crate::failure::Failure::new("The build's directory is not writable", error, "check its rights")
        })?;
    }
    let entry = match script.entry {
        Some(path) => files::read_text(&environment.root.join(path))?,
        None => format!("import init from './{name}.js';\nawait init();\n"),
    };
    files::write(&work.join("entry.js"), entry.as_bytes())?;
    let output = work.join("bundled.js");
    esbuild(
        environment,
        &work.join("entry.js"),
        &output,
        &["--format=esm", "--target=es2022"],
    )?;
    files::read(&output)
}

/// The styles with all that they import; fonts become files of their own.
fn style(environment: &Environment, assets: &mut Assets) -> Outcome {
    say::step("Bundling styles and fonts");
    let work = environment.wasm_target().join("browser/style");
    files::empty(&work)?;
    let output = work.join("style.css");
    let options = [
        "--loader:.woff2=file",
        "--asset-names=[name].[hash]",
        "--public-path=/assets",
    ];
    esbuild(environment, &environment.root.join("web/style.css"), &output, &options)?;
    assets.add("style.css", &files::read(&output)?)?;
    assets.copy_hashed(&work, "woff2")
}

fn esbuild(environment: &Environment, entry: &Path, output: &Path, options: &[&str]) -> Outcome {
    let mut command = run::command(environment.npm(".bin/esbuild"));
    command
        .arg(entry)
        .args(["--bundle", "--minify", "--legal-comments=none", "--log-level=warning"])
        .args(options);
    command
        .arg(format!("--outfile={}", output.display()))
        .current_dir(&environment.root);
    run::captured(
        &mut command,
        &format!("{} could not be bundled", entry.display()),
        "mend what esbuild says",
    )
    .map(drop)
}
