//! Addresses of what the build named by contents: the map stands in the page as a block of JSON.

use std::collections::BTreeMap;

/// Folder of the models, which are named by their hashes.
pub(crate) const MODELS: &str = "/assets/models/";
/// The engine's script, by its plain name.
pub(crate) const ENGINE: &str = "liveness-worker.js";

/// The address of the asset of this plain name, where the build made one.
pub(crate) fn address(name: &str) -> Option<String> {
    let block = leptos::prelude::document()
        .get_element_by_id("assets")?
        .text_content()?;
    serde_json::from_str::<BTreeMap<String, String>>(&block)
        .ok()?
        .remove(name)
}
