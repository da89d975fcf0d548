//! The bank's few files: style, scripts, icon. Embedded in the program.

use axum::http::header;
use axum::response::IntoResponse;

const CSS: &str = include_str!("assets/bank.css");
const CAMERA: &str = include_str!("assets/camera.js");
const FORM: &str = include_str!("assets/form.js");
const ICON: &str = include_str!("assets/icon.svg");

pub(super) async fn css() -> impl IntoResponse {
    file("text/css; charset=utf-8", CSS)
}

pub(super) async fn camera() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", CAMERA)
}

pub(super) async fn form() -> impl IntoResponse {
    file("text/javascript; charset=utf-8", FORM)
}

pub(super) async fn icon() -> impl IntoResponse {
    file("image/svg+xml", ICON)
}

fn file(kind: &'static str, content: &'static str) -> impl IntoResponse {
    // No version in the address, so the browser asks each time: they are small and local.
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")],
        content,
    )
}
