//! What holds for every page of the bank: one origin, no foreign forms, strict headers.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use url::Url;

use super::BankFailure;
use super::failure::Failure;
use super::visitor::Visitor;
use crate::config::Config;

/// What requests are held against.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    origin: String,
    authority: String,
    policy: HeaderValue,
}

impl Guard {
    pub(super) fn new(config: &Config) -> Result<Self, BankFailure> {
        let origin = config.bank_origin.origin().ascii_serialization();
        let authority = authority(&config.bank_origin).ok_or(BankFailure::Address)?;
        // The sign-in form is answered with a redirect to Tanu, which browsers hold against `form-action` too.
        let policy = format!(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; media-src 'self' blob:; \
             form-action 'self' {}; base-uri 'none'; frame-ancestors 'none'",
            config.issuer.origin().ascii_serialization()
        );
        Ok(Self {
            origin,
            authority,
            policy: HeaderValue::from_str(&policy).map_err(|_| BankFailure::Address)?,
        })
    }

    #[cfg(test)]
    pub(super) fn at(origin: &str) -> Self {
        let url: Url = origin.parse().unwrap();
        Self {
            origin: url.origin().ascii_serialization(),
            authority: authority(&url).unwrap(),
            policy: HeaderValue::from_static("default-src 'none'"),
        }
    }

    /// Whether the bank is reached over https, so that its cookies must be too.
    pub(super) fn is_secure(&self) -> bool {
        self.origin.starts_with("https:")
    }

    /// A form that another site's page sent. Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`; a page that had its
    /// name point at this machine (DNS rebinding) shows by `Host`.
    fn is_foreign(&self, headers: &HeaderMap) -> bool {
        if self.is_elsewhere(headers) {
            return true;
        }
        match (headers.get("sec-fetch-site"), headers.get(header::ORIGIN)) {
            (Some(site), _) => site != "same-origin",
            (None, Some(origin)) => origin != self.origin.as_str(),
            (None, None) => false,
        }
    }

    /// Where the page is under the bank's own origin, for a request that came under another name: cookies belong to names.
    fn moved(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        self.is_elsewhere(headers).then(|| {
            let path = uri.path_and_query().map_or("/", |path| path.as_str());
            format!("{}{path}", self.origin)
        })
    }

    /// Whether the request names another host than the bank's.
    fn is_elsewhere(&self, headers: &HeaderMap) -> bool {
        headers
            .get(header::HOST)
            .is_some_and(|host| host != self.authority.as_str())
    }
}

/// Refuses foreign forms, leads to the bank's own origin, and adds the headers.
pub(super) async fn guard(State(guard): State<Guard>, visitor: Visitor, request: Request, next: Next) -> Response {
    let mut response = if request.method() == Method::POST {
        if guard.is_foreign(request.headers()) {
            Failure::Foreign.page(&visitor).into_response()
        } else {
            next.run(request).await
        }
    } else if let Some(address) = guard.moved(request.uri(), request.headers()) {
        Redirect::temporary(&address).into_response()
    } else {
        next.run(request).await
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, guard.policy.clone());
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(self), microphone=(), geolocation=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if guard.is_secure() {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn authority(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
