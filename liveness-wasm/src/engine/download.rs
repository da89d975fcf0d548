//! The models: fetched, counted, checked.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use tanu_protocol::digest::Sha256Digest;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{ReadableStreamDefaultReader, Response};

use crate::message::Failure;
use crate::models::GUIDANCE_MODELS;

/// Reads the models from promises of responses, in the order of [`GUIDANCE_MODELS`]; `progress` is told how many bytes have
/// come, of how many.
pub(super) async fn models(
    responses: &Array,
    progress: impl Fn(u64, u64),
) -> Result<[Vec<u8>; GUIDANCE_MODELS.len()], Failure> {
    let total = GUIDANCE_MODELS.iter().map(|model| model.bytes).sum();
    let mut received = 0;
    let mut files = [const { Vec::new() }; GUIDANCE_MODELS.len()];
    for ((model, response), file) in GUIDANCE_MODELS.iter().zip(responses.iter()).zip(&mut files) {
        let reader = open(response.unchecked_into()).await.ok_or(Failure::Download)?;
        while let Some(chunk) = next(&reader).await.map_err(|_| Failure::Download)? {
            received += u64::from(chunk.length());
            // More than the model has is not the model: stop before memory does.
            if (file.len() + chunk.length() as usize) as u64 > model.bytes {
                return Err(Failure::Integrity);
            }
            file.extend(chunk.to_vec());
            progress(received, total);
        }
        if hex(Sha256Digest::of(file)) != model.sha256 {
            return Err(Failure::Integrity);
        }
    }
    Ok(files)
}

async fn open(response: Promise) -> Option<ReadableStreamDefaultReader> {
    let response: Response = JsFuture::from(response).await.ok()?.dyn_into().ok()?;
    let body = response.ok().then(|| response.body())??;
    body.get_reader().dyn_into().ok()
}

async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, JsValue> {
    let result = JsFuture::from(reader.read()).await?;
    if Reflect::get(&result, &"done".into())?.is_truthy() {
        return Ok(None);
    }
    Reflect::get(&result, &"value".into())?.dyn_into().map(Some)
}

fn hex(digest: Sha256Digest) -> String {
    digest.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}
