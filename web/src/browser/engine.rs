//! The engine's worker, where there is one: outside a browser it is unsupported.

use js_sys::ArrayBuffer;
use tanu_liveness_wasm::message::{Failure, FromEngine, ToEngine};
use wasm_bindgen::JsValue;

use crate::browser::assets;

/// A running engine. Dropping it ends the worker.
pub(crate) struct Engine {
    #[cfg(target_family = "wasm")]
    client: tanu_liveness_wasm::client::Engine,
}

#[cfg(target_family = "wasm")]
impl Engine {
    /// Starts the worker.
    pub(crate) fn start(on_message: impl FnMut(FromEngine, Option<ArrayBuffer>) + 'static) -> Result<Self, Failure> {
        let script = assets::address(assets::ENGINE).ok_or(Failure::Download)?;
        tanu_liveness_wasm::client::Engine::spawn(&script, assets::MODELS, on_message).map(|client| Self { client })
    }

    /// Says something.
    pub(crate) fn send(&self, message: &ToEngine) {
        self.client.send(message);
    }

    /// Hands over a frame.
    pub(crate) fn send_frame(&self, frame: &JsValue, t_ms: f64) {
        self.client.send_frame(frame, t_ms);
    }
}

#[cfg(not(target_family = "wasm"))]
impl Engine {
    pub(crate) fn start(_on_message: impl FnMut(FromEngine, Option<ArrayBuffer>) + 'static) -> Result<Self, Failure> {
        let _ = (assets::ENGINE, assets::MODELS, assets::address);
        Err(Failure::Unsupported)
    }

    pub(crate) fn send(&self, _message: &ToEngine) {}

    pub(crate) fn send_frame(&self, _frame: &JsValue, _t_ms: f64) {}
}
