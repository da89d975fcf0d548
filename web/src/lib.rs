//! The pages that a citizen meets, in leptos.
//!
//! What is decided stands in pure modules, tested natively: [`flow`] (what is shown and done), [`guide`] (what is said while
//! the camera runs), [`api`] (calls and their errors), [`camera`], [`typed_iin`], [`wording`], [`document`], [`text`].
//! `browser` is the only module that touches the browser; `components`, `screens` and `pages` show.

pub mod api;
#[expect(unreachable_pub, reason = "the macro makes the properties of components public")]
mod app;
mod browser;
pub mod camera;
#[expect(unreachable_pub, reason = "the macro makes the properties of components public")]
mod components;
pub mod document;
pub mod flow;
pub mod guide;
mod locale;
#[expect(unreachable_pub, reason = "the macro makes the properties of components public")]
mod pages;
#[expect(unreachable_pub, reason = "the macro makes the properties of components public")]
mod screens;
pub mod text;
pub mod typed_iin;
pub mod wording;

/// Shows the pages in the document's body.
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    browser::page::end_loading();
    leptos::mount::mount_to_body(app::App);
}
