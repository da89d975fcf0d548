//! Bodies, with their caps: what is too large is refused before it is read.

use tanu_protocol::problem::ProblemCode;
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Reflect, Uint8Array};
use worker::wasm_bindgen::JsCast;
use worker::web_sys::ReadableStreamDefaultReader;
use worker::{Request, Response};

use crate::reply::Reply;

/// Reads a request's body of at most `cap` bytes.
pub(super) async fn read(request: &Request, cap: usize) -> Result<Vec<u8>, ProblemCode> {
    let declared = request.headers().get("content-length").ok().flatten();
    if declared.is_some_and(|length| length.parse::<usize>().map_or(true, |length| length > cap)) {
        return Err(ProblemCode::TooLarge);
    }
    let Some(stream) = request.inner().body() else {
        return Ok(Vec::new());
    };
    let reader: ReadableStreamDefaultReader = stream
        .get_reader()
        .dyn_into()
        .map_err(|_| ProblemCode::MalformedRequest)?;
    let mut bytes = Vec::new();
    while let Some(chunk) = next(&reader).await? {
        if bytes.len() + chunk.length() as usize > cap {
            // The rest is not wanted; whether the sender hears of it does not matter.
            let _ = reader.cancel();
            return Err(ProblemCode::TooLarge);
        }
        bytes.extend(chunk.to_vec());
    }
    Ok(bytes)
}

async fn next(reader: &ReadableStreamDefaultReader) -> Result<Option<Uint8Array>, ProblemCode> {
    let broken = |_| ProblemCode::MalformedRequest;
    let part = JsFuture::from(reader.read()).await.map_err(broken)?;
    let done = Reflect::get(&part, &"done".into()).map_err(broken)?;
    if done.is_truthy() {
        return Ok(None);
    }
    let chunk = Reflect::get(&part, &"value".into()).map_err(broken)?;
    chunk.dyn_into().map(Some).map_err(broken)
}

/// A reply as the runtime's response.
pub(super) fn response(reply: Reply) -> worker::Result<Response> {
    let response = if reply.body.is_empty() {
        Response::empty()?
    } else {
        Response::from_bytes(reply.body)?
    };
    let headers = worker::Headers::new();
    for (name, value) in &reply.headers {
        headers.append(name, value)?;
    }
    Ok(response.with_status(reply.status).with_headers(headers))
}
