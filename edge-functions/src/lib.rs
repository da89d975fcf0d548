//! Routes, Durable Objects and identity provider on workerd.
//!
//! A thin host around pure parts: it loads, asks a pure part to decide, stores. In scope: the public HTTP surface (pages, the
//! session API, OpenID Connect, results, the public register) and the state of sessions. Out of scope: anything that looks at
//! a face. Frames pass through in memory to the matcher; no face is kept here.
//!
//! What is compiled for a development machine is what its tests need: everything but `host`, which speaks to workerd.

pub mod about;
pub mod answer_body;
pub mod browser;
pub mod budget;
pub mod call;
pub mod config;
pub mod desk;
pub mod guard;
pub mod keys;
pub mod matcher;
pub mod navigation;
pub mod oidc;
#[cfg(feature = "openapi")]
pub mod openapi;
pub mod pages;
pub mod reply;
pub mod route;
pub mod shared;
pub mod uploads;

#[cfg(target_arch = "wasm32")]
mod host;
