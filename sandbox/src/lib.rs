//! The test environment: everything around Tanu that is not Tanu, played on one machine.
//!
//! In scope: the home folder with development keys and configuration, a test certification authority, the state database
//! "Жеке тұлғалар" (NBS-9), and a demo bank that signs citizens in with Tanu. Out of scope: anything that a production
//! environment would run.

pub mod authority;
pub mod bank;
pub mod citizen;
pub mod config;
pub mod home;
pub mod host;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod seed;
pub mod server;
pub mod state_database;
pub mod store;

#[cfg(test)]
mod testing;
