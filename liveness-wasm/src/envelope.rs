//! Messages as JavaScript objects `{ message, attachment }`.

use js_sys::{Array, JsString, Object, Reflect};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast as _, JsValue};

const MESSAGE: &str = "message";
const ATTACHMENT: &str = "attachment";

/// The object to post and the list of what is transferred with it.
pub(crate) fn seal<T: Serialize>(message: &T, attachment: &JsValue) -> Option<(Object, Array)> {
    let text = serde_json::to_string(message).ok()?;
    let envelope = Object::new();
    Reflect::set(&envelope, &MESSAGE.into(), &text.into()).ok()?;
    Reflect::set(&envelope, &ATTACHMENT.into(), attachment).ok()?;
    let transfer = Array::new();
    if !attachment.is_undefined() {
        transfer.push(attachment);
    }
    Some((envelope, transfer))
}

/// The message and the attachment (`undefined` where there is none) of a posted object.
pub(crate) fn open<T: DeserializeOwned>(envelope: &JsValue) -> Option<(T, JsValue)> {
    let text: JsString = Reflect::get(envelope, &MESSAGE.into()).ok()?.dyn_into().ok()?;
    let message = serde_json::from_str(&String::from(text)).ok()?;
    Some((message, Reflect::get(envelope, &ATTACHMENT.into()).ok()?))
}
