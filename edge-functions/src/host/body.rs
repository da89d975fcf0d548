//! Bodies, with their caps.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use tanu_protocol::problem::ProblemCode;
use worker::js_sys::futures::JsFuture;
use worker::js_sys::{Reflect, Uint8Array};
use worker::wasm_bindgen::JsCast;
use worker::web_sys::ReadableStreamDefaultReader;
use worker::{Delay, Request, Response};

use crate::reply::Reply;
use crate::uploads;

/// How much of a body that is too large is read and dropped, in caps. A client that is still sending when the connection closes may
/// never read the answer (RFC 9112, 9.6); beyond this the answer is worth less than the traffic.
const DROPPED: usize = 4;

/// For how many bytes that a request announces memory is taken before they are there.
const ANNOUNCED: usize = 1024 * 1024;

/// How long a body is waited for.
const TIMEOUT: Duration = Duration::from_secs(uploads::SECONDS as u64);

/// Reads a request's body of at most `cap` bytes. What is beyond is never kept. One that is not whole in time is broken off, and
/// answered as one that broke off by itself.
pub(super) async fn read(request: &Request, cap: usize) -> Result<Vec<u8>, ProblemCode> {
    let declared = declared(request, cap)?;
    let most = cap.saturating_mul(DROPPED);
    let Some(stream) = request.inner().body() else {
        return Ok(Vec::new());
    };
    let reader: ReadableStreamDefaultReader = stream
        .get_reader()
        .dyn_into()
        .map_err(|_| ProblemCode::MalformedRequest)?;
    let mut timeout = pin!(Delay::from(TIMEOUT));
    let (mut bytes, mut length) = (Vec::with_capacity(declared.min(cap).min(ANNOUNCED)), 0);
    loop {
        let Some(part) = before(timeout.as_mut(), next(&reader)).await else {
            // Whether the sender hears of it does not matter.
            let _ = reader.cancel();
            return Err(ProblemCode::MalformedRequest);
        };
        let Some(chunk) = part? else {
            break;
        };
        let start = length;
        length += chunk.length() as usize;
        if length > most {
            // Here neither.
            let _ = reader.cancel();
            break;
        }
        if length > cap {
            bytes = Vec::new();
        } else {
            bytes.resize(length, 0);
            chunk.copy_to(&mut bytes[start..]);
        }
    }
    if length > cap {
        Err(ProblemCode::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// How long a request says its body is, 0 where it does not say.
///
/// # Errors
/// [`ProblemCode::TooLarge`] for a body of which the end would not be read.
pub(super) fn declared(request: &Request, cap: usize) -> Result<usize, ProblemCode> {
    let header = request.headers().get("content-length").ok().flatten();
    let length = header.map_or(0, |length| length.parse().unwrap_or(usize::MAX));
    if length > cap.saturating_mul(DROPPED) {
        Err(ProblemCode::TooLarge)
    } else {
        Ok(length)
    }
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

/// What comes of `work`, unless `timeout` is over first.
async fn before<T>(mut timeout: Pin<&mut Delay>, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => timeout.as_mut().poll(context).map(|()| None),
    })
    .await
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
