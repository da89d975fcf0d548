//! The matcher: liveness verdict, comparison, templates, evidence and the attempt register.
//!
//! A native host that the edge alone calls (`tanu_protocol::matcher`). It judges by pure crates (`tanu-vision`,
//! `tanu-liveness`) and stores each outcome, signed, registered and journalled, before it answers. In scope: everything that
//! sees a face. Out of scope: sessions as the citizen sees them, identity, what a relying party decides.
//!
//! Layers, each using those above it only:
//!
//! | modules | what |
//! |---|---|
//! | [`log`], [`evidence`], [`in_force`], [`journal`], [`sealing`] | pure: no IO, no clock |
//! | [`host`], [`inference`], [`state_database`], [`store`] | ports and their adapters |
//! | [`eds`], [`register`], [`service`] | what is done at each call |
//! | [`config`], [`keys`], [`http`], [`server`] | the host |

pub mod config;
pub mod eds;
pub mod evidence;
pub mod failure;
pub mod host;
pub mod http;
pub mod in_force;
pub mod inference;
pub mod journal;
pub mod keys;
pub mod log;
pub mod register;
pub mod sealing;
pub mod server;
pub mod service;
pub mod state_database;
pub mod store;
