//! The engine of liveness guidance as a Web Worker, the messages it speaks, and the client that speaks them.
//!
//! * [`message`]: what page and worker say to each other; plain data.
//! * `client` (in the browser): how a page starts the worker and speaks to it.
//! * `engine` (feature `engine`, in the browser): the worker itself.
//!
//! Nothing that the worker says decides anything: it guides the citizen and packs the frames. The matcher judges them.

#[cfg(target_family = "wasm")]
pub mod client;
#[cfg(all(target_family = "wasm", feature = "engine"))]
pub mod engine;
#[cfg(target_family = "wasm")]
mod envelope;
pub mod message;
pub mod models;
pub mod recording;
