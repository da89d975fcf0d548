//! The pages that a citizen meets, in leptos.
//!
//! What is decided stands in pure modules, tested natively: [`flow`] (what is shown and done), [`guide`] (what is said while
//! the camera runs), [`api`] (calls and their errors), [`camera`], [`wording`], [`document`], [`text`]. `browser` is the only
//! module that touches the browser; `components`, `screens` and `pages` show.

pub mod api;
pub mod camera;
pub mod flow;
pub mod guide;
pub mod text;
pub mod wording;
