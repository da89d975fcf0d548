//! The project's own commands: set-up, build, start, check, test, trace.

mod bench;
mod build;
mod check;
mod claim;
mod clock;
mod environment;
mod evaluate;
mod failure;
mod models;
mod openapi;
mod run;
mod say;
mod setup;
mod stack;
mod test;
mod trace;

use std::process::ExitCode;

use build::{Part, Profile};
use environment::Environment;
use failure::{Failure, Outcome};

const HELP: &str = "\
cargo xtask COMMAND

  setup             install what is missing to build and start; --check and --test add what those need
  build [PART…]     build native, evaluate, browser, edge, or all; --release for a production build
  start             set up, build and start everything on loopback; Ctrl-C stops it
  serve             the same from a release build
  check             formatting, lints, dependency direction, licences, spelling, trace
  test              set up, check, and run every test
  openapi           write docs/openapi/ as the code has it
  trace             each clause of the requirements with the code and the tests that name it
  bench [WHAT…]     measure browser, edge, matcher, or all, against peers in the same run
  evaluate …        build tanu-evaluate for release and run it with the arguments that follow
  models            show the models, and download those that are missing and can be downloaded";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = Environment::of_process().and_then(|environment| {
        claim::require_own_program(&environment)?;
        match arguments.as_slice() {
            ["evaluate", rest @ ..] => evaluate::run(&environment, rest),
            others => command(&environment, others).map(|()| ExitCode::SUCCESS),
        }
    });
    match outcome {
        Ok(status) => status,
        Err(failure) => {
            say::failed(failure);
            ExitCode::FAILURE
        }
    }
}

fn command(environment: &Environment, arguments: &[&str]) -> Outcome {
    match arguments {
        ["setup"] => setup::for_build(environment).map(drop),
        ["setup", "--check"] => setup::for_check(environment).map(drop),
        ["setup", "--test"] => setup::for_test(environment).map(drop),
        ["build", "--release", parts @ ..] => build(environment, Profile::Release, parts),
        ["build", parts @ ..] => build(environment, Profile::Development, parts),
        ["start"] => stack::run(environment, Profile::Development),
        ["serve"] => stack::run(environment, Profile::Release),
        ["check"] => check::run(environment),
        ["bench", subjects @ ..] => bench::run(environment, subjects),
        ["openapi"] => openapi::write(environment),
        ["trace"] => trace::print(environment),
        ["test"] => test::run(environment),
        ["models"] => models::show(environment),
        [] | ["help" | "--help" | "-h"] => {
            say::result(HELP);
            Ok(())
        }
        _ => Err(Failure::new(
            format!("`{}` is no command", arguments.join(" ")),
            "the commands are those of `cargo xtask help`",
            "choose one of them",
        )),
    }
}

fn build(environment: &Environment, profile: Profile, parts: &[&str]) -> Outcome {
    let parts = Part::named(parts)?;
    let wasm = setup::for_build(environment)?;
    for reason in models::fetch(environment) {
        say::note(reason);
    }
    let _claim = claim::build_directories(environment)?;
    build::build(environment, &wasm, profile, &parts)
}
