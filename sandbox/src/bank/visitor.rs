//! Who looks at a page: the language chosen, the browser's cookie, the page's address.

use std::convert::Infallible;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRef, FromRequestParts, OriginalUri, Path, Query};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64ct::{Base64UrlUnpadded, Encoding};
use serde::Deserialize;
use tanu_protocol::language::Language;

use super::callback;
use super::guard::Guard;
use super::texts::Text;
use crate::host::random::{self, NoRandomness};

/// The browser's own cookie. Over https its name begins with `__Host-`, so that neither another host nor a page without TLS
/// can plant one (RFC 6265bis, 4.1.3.2).
const SESSION: [&str; 2] = ["bank-session", "__Host-bank-session"];
const LANGUAGE: &str = "bank-language";
/// The page of the form for a test citizen.
pub(super) const FORM: &str = "/citizens/new";
/// A year, in seconds.
const LANGUAGE_AGE: u32 = 31_536_000;

/// Who looks.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    /// The language of the page: the one chosen, else Kazakh.
    pub(super) language: Language,
    /// Path and query of the page to come back to from a choice of language.
    pub(super) page: String,
    /// The browser's own cookie, where it has one.
    pub(super) browser: Option<BrowserId>,
}

/// Tells one browser from another: 32 random bytes in a cookie that scripts can't read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct BrowserId(String);

impl Visitor {
    /// A text in the visitor's language.
    pub(super) const fn say(&self, text: Text) -> &'static str {
        text.get(self.language)
    }
}

impl BrowserId {
    /// A new one.
    pub(super) fn random() -> Result<Self, NoRandomness> {
        Ok(Self(Base64UrlUnpadded::encode_string(&random::bytes::<32>()?)))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let whole = Base64UrlUnpadded::decode(text, &mut bytes).is_ok_and(|decoded| decoded.len() == 32);
        whole.then(|| Self(text.to_owned()))
    }

    /// The cookie's value, to be stored beside what belongs to this browser.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The header that sets the cookie. `Lax`, because the browser comes back from Tanu by a link.
    pub(super) fn cookie(&self, guard: &Guard) -> Option<HeaderValue> {
        let secure = if guard.is_secure() { "; Secure" } else { "" };
        let name = session_name(guard);
        HeaderValue::from_str(&format!("{name}={}; Path=/; HttpOnly; SameSite=Lax{secure}", self.0)).ok()
    }
}

impl std::fmt::Debug for BrowserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserId(…)")
    }
}

fn session_name(guard: &Guard) -> &'static str {
    SESSION[usize::from(guard.is_secure())]
}

impl<S> FromRequestParts<S> for Visitor
where
    S: Send + Sync,
    Guard: FromRef<S>,
{
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map_or(&parts.uri, |original| &original.0);
        Ok(Self {
            language: cookie(&parts.headers, LANGUAGE)
                .and_then(Language::from_tag)
                .unwrap_or_default(),
            page: page(&parts.method, uri).to_owned(),
            browser: cookie(&parts.headers, session_name(&Guard::from_ref(state))).and_then(BrowserId::parse),
        })
    }
}

/// The page of a request: a form's answer has its form's page, and the answer from Tanu can't be asked for again.
fn page<'a>(method: &Method, uri: &'a Uri) -> &'a str {
    match uri.path() {
        path if path == "/citizens" || path.starts_with("/citizens/language/") => FORM,
        "/callback" | callback::CONCLUDE => "/",
        _ if method == Method::GET => uri.path_and_query().map_or("/", |path| path.as_str()),
        _ => "/",
    }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// Where to go after a language was chosen.
#[derive(Debug, Deserialize)]
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

/// Sets the language and goes back to the page.
pub(super) async fn choose_language(Path(tag): Path<String>, next: Result<Query<Next>, QueryRejection>) -> Response {
    let next = next.map(|Query(Next { next })| next).unwrap_or_default();
    in_language(&tag, own_path(&next))
}

/// Leads to a path of this site, in the language of this tag from now on.
pub(super) fn in_language(tag: &str, path: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    if let Some(language) = Language::from_tag(tag) {
        let cookie = format!(
            "{LANGUAGE}={}; Path=/; Max-Age={LANGUAGE_AGE}; SameSite=Lax",
            language.tag()
        );
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

/// The path, where it is one of this site; else the home page. `//host` and `/\host` lead elsewhere in browsers.
fn own_path(next: &str) -> &str {
    let own = next.starts_with('/')
        && !next.starts_with("//")
        && next.bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'\\');
    if own { next } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn language_links_lead_nowhere_else() {
        for own in ["/", "/results/a?b=c", "/citizens/new"] {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/a\r\nb",
            "a",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
    }

    #[test]
    fn a_choice_of_language_leads_to_a_page_that_can_be_opened() {
        let at = |method, address: &'static str| page(&method, &Uri::from_static(address)).to_owned();
        assert_eq!(at(Method::GET, "/results/a?b=c"), "/results/a?b=c");
        assert_eq!(at(Method::POST, "/citizens"), "/citizens/new");
        assert_eq!(at(Method::POST, "/citizens/language/ru"), "/citizens/new");
        assert_eq!(at(Method::POST, "/sign-in"), "/");
        assert_eq!(at(Method::GET, "/callback?code=secret"), "/");
        assert_eq!(at(Method::GET, "/callback/conclude?code=secret"), "/");
    }

    #[test]
    fn cookies_are_found_by_their_whole_name() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("x-bank-language=en; bank-language=ru"),
        );
        assert_eq!(cookie(&headers, LANGUAGE), Some("ru"));
        assert_eq!(cookie(&headers, SESSION[0]), None);
    }

    #[test]
    fn browser_cookie_is_hidden_from_scripts_and_debug_output() {
        let browser = BrowserId::random().unwrap();
        for (origin, expected) in [
            (
                "http://localhost:8789",
                format!("bank-session={}; Path=/; HttpOnly; SameSite=Lax", browser.0),
            ),
            (
                "https://bank.example",
                format!(
                    "__Host-bank-session={}; Path=/; HttpOnly; SameSite=Lax; Secure",
                    browser.0
                ),
            ),
        ] {
            assert_eq!(browser.cookie(&Guard::at(origin)).unwrap(), expected);
        }
        assert_eq!(BrowserId::parse(browser.as_str()), Some(browser.clone()));
        assert_eq!(format!("{browser:?}"), "BrowserId(…)");
        assert_eq!(BrowserId::parse("short"), None);
    }
}
