//! The way to the matcher: signed requests, and answers that are believed only with the matcher's signature.

use tanu_protocol::channel::{Party, REQUEST_HEADER, RESPONSE_HEADER, RequestLine, sign_request, verify_response};
use tanu_protocol::digest::Nonce;
use worker::web_sys::AbortSignal;
use worker::{Env, Headers, Request, js_sys, web_sys};

use super::setup::Setup;
use super::{clock, log, random};
use crate::matcher::{MatcherCall, MatcherFailure, understood};

/// How long the matcher may take, in milliseconds.
const TIMEOUT_MS: u32 = 20_000;
/// The service binding is what leads to the matcher; this only names it.
const ORIGIN: &str = "http://matcher";

/// Sends a request and gives the body of a successful answer.
pub(super) async fn ask(env: &Env, setup: &Setup, call: &MatcherCall) -> Result<Vec<u8>, MatcherFailure> {
    let id = Nonce::from_bytes(random::bytes().map_err(|_| MatcherFailure::Unavailable)?);
    let line = RequestLine {
        method: call.method,
        path: &call.path,
        body: &call.body,
    };
    let token = sign_request(&setup.keys.channel, Party::Edge, Party::Matcher, line, id, clock::now())
        .map_err(|_| MatcherFailure::Unavailable)?;
    let (status, token, body) = fetch(env, call, &token).await.map_err(|_| {
        log::note("matcher.unreachable", "service.try_later");
        MatcherFailure::Unavailable
    })?;
    let authentic = token
        .is_some_and(|token| verify_response(&token, &setup.keys.matcher, Party::Matcher, id, status, &body).is_ok());
    if !authentic {
        log::note("matcher.answer", "channel.unauthenticated");
        return Err(MatcherFailure::Unavailable);
    }
    understood(status, body)
}

async fn fetch(env: &Env, call: &MatcherCall, token: &str) -> worker::Result<(u16, Option<String>, Vec<u8>)> {
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
    if !call.body.is_empty() {
        init.set_body(&js_sys::Uint8Array::from(call.body.as_slice()));
    }
    let request = web_sys::Request::new_with_str_and_init(&format!("{ORIGIN}{}", call.path), &init)?;
    let mut response = env.service("MATCHER")?.fetch_request(Request::from(request)).await?;
    let token = response.headers().get(RESPONSE_HEADER)?;
    Ok((response.status_code(), token, response.bytes().await?))
}
