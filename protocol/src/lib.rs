//! The wire contract of Tanu: identifiers, challenges, captures, evidence, problems.
//!
//! Everything that crosses a boundary between two parts is defined here once and used by both. In scope: types, their
//! validation on the way in, their encodings, and the signatures over them. Out of scope: IO, the clock and randomness;
//! time and random bytes are arguments.

pub mod base64_bytes;
pub mod capture;
pub mod challenge;
pub mod channel;
pub mod digest;
pub mod evidence;
pub mod identity;
pub mod iin;
pub mod jpeg;
pub mod jws;
pub mod language;
pub mod matcher;
pub mod observation;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod problem;
pub mod register;
pub mod session;
pub mod similarity;
pub mod state_database;
