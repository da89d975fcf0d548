//! The way to the matcher: signed requests, and answers that are believed only with the matcher's signature.

use tanu_protocol::channel::{DigestedLine, Party, REQUEST_HEADER, RESPONSE_HEADER, sign_digested, verify_response};
use tanu_protocol::digest::{Nonce, Sha256Digest};
use worker::crypto::{DigestStream, DigestStreamAlgorithm};
use worker::js_sys::Uint8Array;
use worker::js_sys::futures::JsFuture;
use worker::web_sys::AbortSignal;
use worker::{Env, Headers, Request, web_sys};

use super::setup::Setup;
use super::{clock, log, random};
use crate::matcher::{MatcherCall, MatcherFailure, understood};

/// How long the matcher may take, in milliseconds.
pub(super) const TIMEOUT_MS: u32 = 20_000;
/// The service binding is what leads to the matcher; this only names it.
const ORIGIN: &str = "http://matcher";

/// Sends a request and gives the body of a successful answer.
pub(super) async fn ask(env: &Env, setup: &Setup, call: &MatcherCall) -> Result<Vec<u8>, MatcherFailure> {
    let id = Nonce::from_bytes(random::bytes().map_err(|_| MatcherFailure::Unavailable)?);
    let unreachable = |_: worker::Error| {
        log::note("matcher.unreachable", "service.try_later");
        MatcherFailure::Unavailable
    };
    // The one copy that leaves WebAssembly: what is hashed is what is sent.
    let content = Uint8Array::from(call.body.as_slice());
    let line = DigestedLine {
        method: call.method,
        path: &call.path,
        body: sha256(&content).await.map_err(unreachable)?,
    };
    let token = sign_digested(&setup.keys.channel, Party::Edge, Party::Matcher, line, id, clock::now())
        .map_err(|_| MatcherFailure::Unavailable)?;
    let (status, token, body) = fetch(env, call, &content, &token).await.map_err(unreachable)?;
    let authentic = token
        .is_some_and(|token| verify_response(&token, &setup.keys.matcher, Party::Matcher, id, status, &body).is_ok());
    if !authentic {
        log::note("matcher.answer", "channel.unauthenticated");
        return Err(MatcherFailure::Unavailable);
    }
    understood(status, body)
}

/// The digest of a body, by the runtime's own code, which is faster than WebAssembly over frames.
async fn sha256(content: &Uint8Array) -> worker::Result<Sha256Digest> {
    let stream = DigestStream::new(DigestStreamAlgorithm::Sha256);
    let writer = stream.raw().get_writer()?;
    JsFuture::from(writer.write_with_chunk(content)).await?;
    JsFuture::from(writer.close()).await?;
    let mut bytes = [0; Sha256Digest::LENGTH];
    let digest = stream.digest().await?;
    if digest.length() as usize != bytes.len() {
        return Err(worker::Error::RustError("not a SHA-256".to_owned()));
    }
    digest.copy_to(&mut bytes);
    Ok(Sha256Digest::from_bytes(bytes))
}

async fn fetch(
    env: &Env,
    call: &MatcherCall,
    content: &Uint8Array,
    token: &str,
) -> worker::Result<(u16, Option<String>, Vec<u8>)> {
    let headers = Headers::new();
    headers.set(REQUEST_HEADER, token)?;
    if let Some(media_type) = call.media_type {
        headers.set("content-type", media_type)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(call.method);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    init.set_headers(headers.as_ref());
    init.set_signal(Some(&AbortSignal::timeout_with_u32(TIMEOUT_MS)));
    if content.length() > 0 {
        init.set_body(content);
    }
    let request = web_sys::Request::new_with_str_and_init(&format!("{ORIGIN}{}", call.path), &init)?;
    let mut response = env.service("MATCHER")?.fetch_request(Request::from(request)).await?;
    let token = response.headers().get(RESPONSE_HEADER)?;
    Ok((response.status_code(), token, response.bytes().await?))
}
