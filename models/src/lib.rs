//! The manifest of the ONNX models, and the loader that finds and checks them.
//!
//! [`Manifest`] is `models.toml`, embedded and validated: for each [`ModelId`] its file, hash, licence, source, input and
//! output. [`Store`] (native hosts only) reads a model from a local mirror or from the download cache and gives its bytes
//! only if their SHA-256 is the manifest's. Nothing here reaches the network; `cargo xtask models` downloads.

mod digest;
mod manifest;
#[cfg(not(target_family = "wasm"))]
mod store;

pub use digest::{ParseDigestError, Sha256Digest};
pub use manifest::{Manifest, ManifestError, Model, ModelId, Origin};
#[cfg(not(target_family = "wasm"))]
pub use store::{MIRROR_VARIABLE, ModelError, Store};
