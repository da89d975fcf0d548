//! Calls to the edge.

use js_sys::ArrayBuffer;
use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::session::SessionView;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{RequestCache, RequestCredentials, RequestInit, Response};

use crate::api::{ApiError, Call, documents_path};

/// Makes a call. `frames` is the body of [`Call::Send`].
pub(crate) async fn call(
    session: &SessionId,
    call: &Call,
    frames: Option<ArrayBuffer>,
) -> Result<SessionView, ApiError> {
    let body = match call {
        Call::Consent(answer) => serde_json::to_string(answer).ok().map(JsValue::from),
        Call::Send(_) => frames.map(JsValue::from),
        Call::See | Call::BeginRun(_) | Call::Retry | Call::Cancel => None,
    };
    let answer = send(call.method(), &call.path(session), call.media_type().zip(body)).await?;
    answer.content()
}

/// The session's documents.
pub(crate) async fn documents(session: &SessionId) -> Result<Vec<SignedDocument>, ApiError> {
    send("GET", &documents_path(session), None).await?.content()
}

struct Answer {
    status: u16,
    ok: bool,
    body: String,
}

impl Answer {
    fn content<T: serde::de::DeserializeOwned>(&self) -> Result<T, ApiError> {
        if self.ok {
            serde_json::from_str(&self.body).map_err(|_| ApiError::Unexpected { status: self.status })
        } else {
            Err(ApiError::read(self.status, &self.body))
        }
    }
}

async fn send(method: &str, path: &str, body: Option<(&str, JsValue)>) -> Result<Answer, ApiError> {
    let offline = |_: JsValue| ApiError::Offline;
    let init = RequestInit::new();
    init.set_method(method);
    init.set_credentials(RequestCredentials::SameOrigin);
    init.set_cache(RequestCache::NoStore);
    if let Some((media_type, body)) = body {
        let headers = web_sys::Headers::new().map_err(offline)?;
        headers.set("content-type", media_type).map_err(offline)?;
        init.set_headers(&headers);
        init.set_body(&body);
    }
    let promise = leptos::prelude::window().fetch_with_str_and_init(path, &init);
    let response: Response = JsFuture::from(promise)
        .await
        .and_then(JsCast::dyn_into)
        .map_err(offline)?;
    let text = JsFuture::from(response.text().map_err(offline)?)
        .await
        .map_err(offline)?;
    Ok(Answer {
        status: response.status(),
        ok: response.ok(),
        body: text.as_string().unwrap_or_default(),
    })
}
