//! Set-up: what is missing is installed, what is there is used again, each step says what it does.
//!
//! Everything goes to the cache outside the clone, or to `node_modules`; only Debian's packages go to the system. What a
//! command doesn't need isn't installed for it.

mod npm;
mod system;
mod toolchain;
mod tools;
mod wasm;

pub(crate) use tools::versions;
pub(crate) use wasm::{TARGET as WASM_TARGET, WasmToolchain};

use crate::environment::Environment;
use crate::failure::Outcome;
use crate::say;

/// What building and starting need.
pub(crate) fn for_build(environment: &Environment) -> Outcome<WasmToolchain> {
    system::node()?;
    let wasm = wasm::toolchain(environment)?;
    tools::install(environment, &tools::for_build(environment)?)?;
    npm::packages(environment)?;
    say::done("Everything to build is there");
    Ok(wasm)
}

/// What [`for_build`] does, and what the checks need.
pub(crate) fn for_check(environment: &Environment) -> Outcome<WasmToolchain> {
    let wasm = for_build(environment)?;
    toolchain::components()?;
    tools::install(environment, &tools::for_check())?;
    tools::typos(environment)?;
    wasm::clippy(&wasm)?;
    Ok(wasm)
}

/// What [`for_build`] does, and what the benchmarks need.
pub(crate) fn for_bench(environment: &Environment) -> Outcome<WasmToolchain> {
    let wasm = for_build(environment)?;
    system::test_programs(environment)?;
    Ok(wasm)
}

/// What [`for_check`] does, and what the tests need.
pub(crate) fn for_test(environment: &Environment) -> Outcome<WasmToolchain> {
    let wasm = for_check(environment)?;
    system::test_programs(environment)?;
    Ok(wasm)
}
