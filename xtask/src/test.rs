//! Every test: native, in WebAssembly, and in a real browser against an instance of its own.

mod count;
mod harness;

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::Ordering;

use count::Count;
use tanu_models::Store;

use crate::build::{self, Part, Profile, files};
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::setup::{WASM_TARGET, WasmToolchain};
use crate::stack::{self, Instance, Log, Parts};
use crate::{check, claim, models, run, say, setup};

/// Sets up, checks and tests everything; ends with one line that counts.
pub(crate) fn run(environment: &Environment) -> Outcome {
    let wasm = setup::for_test(environment)?;
    let mut troubles = Vec::new();
    let mut note = |outcome: Outcome| {
        if let Err(failure) = outcome {
            say::failed(&failure);
            troubles.push(failure);
        }
    };
    let missing = models::fetch(environment);
    if environment.ci {
        note(models::require(&missing));
    } else {
        missing.iter().for_each(say::note);
    }
    let _claim = claim::build_directories(environment)?;
    note(check::all(environment, &wasm));

    let mut count = Count::default();
    let built = build::build_with_tests(environment);
    let has_programs = built.is_ok();
    note(built);
    if has_programs {
        note(native(environment, &mut count));
    }
    note(golden_in_wasm(environment, &wasm, &mut count));
    if !has_programs {
        say::note("the flows in a browser are not run: there are no programs to run them against");
    } else {
        let parts = if missing.is_empty() {
            Parts::All
        } else {
            Parts::WithoutMatcher
        };
        note(in_browser(environment, &wasm, parts, &mut count));
    }

    for reason in count.reasons() {
        say::note(format_args!("skipped: {reason}"));
    }
    if environment.ci && !count.reasons().is_empty() {
        note(Err(Failure::new(
            "Tests were skipped",
            count.reasons().join("\n"),
            "give continuous integration the models and the data: TANU_MODELS, TANU_DATA",
        )));
    }
    let failed = !troubles.is_empty();
    // Something failed that is no single test: a check, or what a test needs.
    if failed && count.failed() == 0 {
        count.fail();
    }
    for name in count.failures() {
        say::failed(format_args!("failed: {name}"));
    }
    say::result(&count);
    if failed || count.failed() > 0 {
        return Err(Failure::new(
            "Not all is well",
            troubles.iter().map(Failure::what).collect::<Vec<_>>().join("\n"),
            "each is said in full above",
        ));
    }
    Ok(())
}

/// The tests of every package, as this machine runs them.
fn native(environment: &Environment, count: &mut Count) -> Outcome {
    say::step("Testing natively");
    let mut command = run::command("cargo");
    command.args([
        "test",
        "--locked",
        "--workspace",
        "--no-fail-fast",
        "--",
        "--show-output",
    ]);
    command
        .env("CARGO_TARGET_DIR", &environment.target)
        .current_dir(&environment.root);
    let mut output = harness::Output::default();
    run::lines(&mut command, "Native tests failed", |line| {
        if output.is_worth_showing(line) {
            say::result(line);
        }
        count.libtest(line);
    })
}

/// The golden numbers of the models, in WebAssembly as the browser runs it.
fn golden_in_wasm(environment: &Environment, wasm: &WasmToolchain, count: &mut Count) -> Outcome {
    say::step("Testing the golden numbers in WebAssembly");
    let models = match models::checked(&Store::from_environment(&environment.root)) {
        Ok(files) => files,
        Err(reasons) => {
            count.skip(&format!("golden numbers in WebAssembly: {}", reasons.join("; ")));
            return Ok(());
        }
    };
    let mut build = wasm.command("cargo");
    build.args([
        "build",
        "--locked",
        "--quiet",
        "--profile",
        "wasm",
        "--target",
        WASM_TARGET,
    ]);
    build
        .args(["--package", "tanu-vision", "--example", "vision_wasm"])
        .current_dir(&environment.root);
    run::shown(
        &mut build,
        "The golden numbers do not compile to WebAssembly",
        "mend what the compiler says above",
    )?;
    let module = wasm.artifact_of_example("wasm", "vision_wasm");
    let bound = environment.wasm_target().join("golden");
    run::captured(
        run::command(environment.tool("wasm-bindgen"))
            .args(["--target", "nodejs", "--no-typescript", "--out-dir"])
            .arg(&bound)
            .arg(module),
        "The golden numbers could not be bound to JavaScript",
        "run `cargo xtask setup`, then try again",
    )?;
    let mut node = run::command("node");
    node.arg("vision/tests/wasm/run.mjs")
        .arg(&bound)
        .args(models)
        .env("TANU_DATA", &environment.data)
        .current_dir(&environment.root);
    let skipped = count.reasons().len();
    let outcome = run::lines(&mut node, "The golden numbers differ in WebAssembly", |line| {
        say::result(line);
        count.note_skip(line);
    });
    match &outcome {
        Ok(()) if count.reasons().len() == skipped => count.pass(),
        Ok(()) => {}
        Err(_) => count.fail(),
    }
    outcome
}

/// The flows in Chromium, against an instance on free ports with a home folder that goes away at the end. Where that has no matcher,
/// tests that need one are skipped.
fn in_browser(environment: &Environment, wasm: &WasmToolchain, parts: Parts, count: &mut Count) -> Outcome {
    build::build(environment, wasm, Profile::Development, &[Part::Browser, Part::Edge])?;
    let under_test = stack::of_its_own(environment)?;
    let output = environment.root.join("e2e/output");
    with_instance(under_test.environment(), &output, parts, count)
}

fn with_instance(environment: &Environment, output: &Path, parts: Parts, count: &mut Count) -> Outcome {
    files::empty(output)?;
    let stop = stack::stop_flag()?;
    let log = Log::File(output.join("instance.log"));
    let Some(instance) = Instance::start(environment, Profile::Development, parts, log, &stop)? else {
        return Err(stopped());
    };
    say::step("Testing in Chromium");
    let report = output.join("report.json");
    let mut playwright = run::command(environment.npm(".bin/playwright"));
    playwright
        .args(["test", "--config", "e2e/playwright.config.ts"])
        .current_dir(&environment.root);
    playwright
        .envs(environment.for_children())
        .env("TANU_WITHOUT_MODELS", (parts == Parts::WithoutMatcher).to_string())
        .stdin(Stdio::null());
    let outcome = run::shown(&mut playwright, "Tests in the browser failed", "each is named above");
    drop(instance);
    if stop.load(Ordering::Relaxed) {
        return Err(stopped());
    }
    count.playwright(&files::read_text(&report)?)?;
    outcome
}

fn stopped() -> Failure {
    Failure::new(
        "The tests were stopped",
        "this program was asked to end",
        "run it again",
    )
}
