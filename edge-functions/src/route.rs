//! Which address and method mean what.

use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::problem::ProblemCode;

use crate::reply::Reply;

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// Whether this instance serves.
    Health,
    /// The OpenAPI document.
    Description,
    /// A file of the web build, below `/assets/`.
    Asset(String),
    /// The one page of the web build, whatever it will show.
    Page,
    /// An endpoint of the identity provider.
    Oidc(Oidc),
    /// A call on a session by its browser.
    Session(SessionId, SessionCall),
    /// Back to the relying party.
    Return(SessionId),
    /// The result and the documents, for the relying party's server.
    Result(SessionId),
    /// The public register, by the matcher's path.
    Public(String),
    /// The keys of the evidence.
    EvidenceKeys,
}

/// An endpoint of the identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Oidc {
    /// Provider metadata.
    Discovery,
    /// Public keys.
    Jwks,
    /// Pushed authorization requests.
    Par,
    /// Where a browser begins.
    Authorize,
    /// Code for tokens.
    Token,
    /// Claims for an access token.
    UserInfo,
}

impl Route {
    /// Whether a GET here changes nothing, as a GET should (RFC 9110, section 9.2.1). Where OpenID Connect has it otherwise, a HEAD
    /// is refused: whoever only looks whether a link works must not use it up for the citizen.
    #[must_use]
    pub const fn is_safe(&self) -> bool {
        !matches!(self, Self::Oidc(Oidc::Authorize) | Self::Return(_))
    }
}

/// A call on a session, as `tanu_protocol::session` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionCall {
    /// See it.
    See,
    /// Agree or refuse.
    Consent,
    /// Begin a run.
    Begin {
        /// The run, from 0.
        run: u8,
    },
    /// Send a step's frames.
    Frames {
        /// The run, from 0.
        run: u8,
        /// The step, from 0.
        step: u8,
    },
    /// Try again what could not be done.
    Retry,
    /// Break off.
    Cancel,
    /// See the documents.
    Documents,
}

impl SessionCall {
    /// Whether it changes the session, and so must come from our own pages.
    #[must_use]
    pub const fn changes(self) -> bool {
        !matches!(self, Self::See | Self::Documents)
    }
}

/// An address of an API, and what is behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Served {
    /// The methods.
    pub methods: &'static [&'static str],
    /// The path; a part in braces is any one part.
    pub path: &'static str,
    /// What is there.
    pub endpoint: Endpoint,
}

/// What is behind an address of an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Whether this instance serves.
    Health,
    /// The description of all this.
    Description,
    /// An endpoint of the identity provider.
    Oidc(Oidc),
    /// Back to the relying party.
    Return,
    /// See a session.
    See,
    /// Agree or refuse.
    Consent,
    /// Begin a run.
    Begin,
    /// Send a step's frames.
    Frames,
    /// Try again what could not be done.
    Retry,
    /// Break off.
    Cancel,
    /// See a session's documents.
    Documents,
    /// The result, for the relying party's server.
    Result,
    /// The register's checkpoint.
    Checkpoint,
    /// Proof that an entry is in the register.
    Inclusion,
    /// Proof that a register goes on from an earlier one.
    Consistency,
    /// The keys of the evidence.
    EvidenceKeys,
}

/// Every address of an API: what is not here is a page, a file, or nothing. The OpenAPI document is made of it too.
pub const SERVED: [Served; 21] = {
    const GET: &[&str] = &["GET"];
    const POST: &[&str] = &["POST"];
    const PUT: &[&str] = &["PUT"];
    const BOTH: &[&str] = &["GET", "POST"];
    const fn at(path: &'static str, methods: &'static [&'static str], endpoint: Endpoint) -> Served {
        Served {
            methods,
            path,
            endpoint,
        }
    }
    [
        at("/healthz", GET, Endpoint::Health),
        at("/api/openapi.json", GET, Endpoint::Description),
        at(
            "/.well-known/openid-configuration",
            GET,
            Endpoint::Oidc(Oidc::Discovery),
        ),
        at("/oidc/jwks", GET, Endpoint::Oidc(Oidc::Jwks)),
        at("/oidc/par", POST, Endpoint::Oidc(Oidc::Par)),
        at("/oidc/authorize", BOTH, Endpoint::Oidc(Oidc::Authorize)),
        at("/oidc/token", POST, Endpoint::Oidc(Oidc::Token)),
        at("/oidc/userinfo", BOTH, Endpoint::Oidc(Oidc::UserInfo)),
        at("/return/{session}", GET, Endpoint::Return),
        at("/api/session/{session}", GET, Endpoint::See),
        at("/api/session/{session}/consent", POST, Endpoint::Consent),
        at("/api/session/{session}/run/{run}", POST, Endpoint::Begin),
        at("/api/session/{session}/run/{run}/step/{step}", PUT, Endpoint::Frames),
        at("/api/session/{session}/retry", POST, Endpoint::Retry),
        at("/api/session/{session}/cancel", POST, Endpoint::Cancel),
        at("/api/session/{session}/documents", GET, Endpoint::Documents),
        at("/api/results/{session}", GET, Endpoint::Result),
        at("/api/register/checkpoint", GET, Endpoint::Checkpoint),
        at("/api/register/inclusion", GET, Endpoint::Inclusion),
        at("/api/register/consistency", GET, Endpoint::Consistency),
        at("/api/evidence-keys", GET, Endpoint::EvidenceKeys),
    ]
};

/// Why a request asks for nothing that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unserved {
    /// There is nothing at its address.
    Address(ProblemCode),
    /// What is there takes other methods: these.
    Method(Vec<&'static str>),
}

impl From<ProblemCode> for Unserved {
    fn from(code: ProblemCode) -> Self {
        Self::Address(code)
    }
}

impl From<Unserved> for Reply {
    fn from(unserved: Unserved) -> Self {
        match unserved {
            Unserved::Address(code) => Self::problem(code),
            // RFC 9110, section 15.5.6.
            Unserved::Method(allowed) => Self::problem(ProblemCode::MethodNotAllowed).with("allow", allowed.join(", ")),
        }
    }
}

/// Finds what `method` on `path` (with `query`) asks for.
///
/// # Errors
/// [`Unserved`], with [`ProblemCode::NotFound`], [`ProblemCode::MalformedRequest`] or, for a malformed session id,
/// [`ProblemCode::SessionUnknown`].
pub fn route(method: &str, path: &str, query: &str) -> Result<Route, Unserved> {
    let on = |allowed: &'static [&'static str], route: Route| {
        // Answered as its GET; the host leaves the body away.
        let head = (allowed.contains(&"GET") && route.is_safe()).then_some("HEAD");
        let allowed: Vec<&str> = allowed.iter().copied().chain(head).collect();
        if allowed.contains(&method) {
            Ok(route)
        } else {
            Err(Unserved::Method(allowed))
        }
    };
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let found = SERVED
        .iter()
        .find_map(|served| Some((served, served.parts(&segments)?)));
    if let Some((served, parts)) = found {
        return on(served.methods, served.endpoint.route(&parts, query)?);
    }
    match segments.as_slice() {
        ["assets", ..] => on(&["GET"], Route::Asset(asset(path)?)),
        ["api" | "oidc" | ".well-known", ..] => Err(ProblemCode::NotFound.into()),
        _ => on(&["GET"], Route::Page),
    }
}

impl Served {
    /// What stands in the place of the parts in braces, where the path is this one.
    fn parts<'p>(&self, segments: &[&'p str]) -> Option<Vec<&'p str>> {
        let template = self.path.trim_start_matches('/').split('/');
        let mut parts = Vec::new();
        let mut given = segments.iter();
        for expected in template {
            match given.next() {
                Some(part) if expected.starts_with('{') => parts.push(*part),
                Some(part) if *part == expected => {}
                _ => return None,
            }
        }
        given.next().is_none().then_some(parts)
    }
}

impl Endpoint {
    fn route(self, parts: &[&str], query: &str) -> Result<Route, ProblemCode> {
        let number = |text: &str| text.parse::<u8>().map_err(|_| ProblemCode::NotFound);
        let call = |id: &str, call: SessionCall| Ok(Route::Session(session(id)?, call));
        match (self, parts) {
            (Self::Health, []) => Ok(Route::Health),
            (Self::Description, []) => Ok(Route::Description),
            (Self::Oidc(endpoint), []) => Ok(Route::Oidc(endpoint)),
            (Self::Return, [id]) => Ok(Route::Return(session(id)?)),
            (Self::See, [id]) => call(id, SessionCall::See),
            (Self::Consent, [id]) => call(id, SessionCall::Consent),
            (Self::Begin, [id, run]) => call(id, SessionCall::Begin { run: number(run)? }),
            (Self::Frames, [id, run, step]) => call(
                id,
                SessionCall::Frames {
                    run: number(run)?,
                    step: number(step)?,
                },
            ),
            (Self::Retry, [id]) => call(id, SessionCall::Retry),
            (Self::Cancel, [id]) => call(id, SessionCall::Cancel),
            (Self::Documents, [id]) => call(id, SessionCall::Documents),
            (Self::Result, [id]) => Ok(Route::Result(session(id)?)),
            (Self::Checkpoint, []) => Ok(Route::Public("/v1/register/checkpoint".into())),
            (Self::Inclusion, []) => Ok(Route::Public(inclusion(query)?)),
            (Self::Consistency, []) => Ok(Route::Public(consistency(query)?)),
            (Self::EvidenceKeys, []) => Ok(Route::EvidenceKeys),
            // A path of the table without the parts that its endpoint takes; a test rules it out.
            _ => Err(ProblemCode::NotFound),
        }
    }
}

fn session(id: &str) -> Result<SessionId, ProblemCode> {
    id.parse().map_err(|_| ProblemCode::SessionUnknown)
}

/// A file's path: names of plain characters, so that nothing leads out of the directory or to a listing.
fn asset(path: &str) -> Result<String, ProblemCode> {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
    };
    let has_extension = path.rsplit('/').next().is_some_and(|name| name.contains('.'));
    if path.len() <= 200 && path.split('/').skip(1).all(plain) && has_extension {
        Ok(path.to_owned())
    } else {
        Err(ProblemCode::NotFound)
    }
}

fn inclusion(query: &str) -> Result<String, ProblemCode> {
    let document: Sha256Digest = single(query, "document")?
        .parse()
        .map_err(|_| ProblemCode::MalformedRequest)?;
    Ok(format!("/v1/register/inclusion?document={document}"))
}

fn consistency(query: &str) -> Result<String, ProblemCode> {
    let from: u64 = single(query, "from")?
        .parse()
        .map_err(|_| ProblemCode::MalformedRequest)?;
    Ok(format!("/v1/register/consistency?from={from}"))
}

fn single<'q>(query: &'q str, name: &str) -> Result<&'q str, ProblemCode> {
    match query.split_once('=') {
        Some((known, value)) if known == name => Ok(value),
        _ => Err(ProblemCode::MalformedRequest),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "AQEBAQEBAQEBAQEBAQEBAQ";

    fn id() -> SessionId {
        SessionId::from_bytes([1; 16])
    }

    fn get(path: &str) -> Result<Route, Unserved> {
        route("GET", path, "")
    }

    const fn none<T>(code: ProblemCode) -> Result<T, Unserved> {
        Err(Unserved::Address(code))
    }

    fn is_other_method(result: &Result<Route, Unserved>) -> bool {
        matches!(result, Err(Unserved::Method(_)))
    }

    #[test]
    fn every_call_of_the_session_api_has_its_method_and_path() {
        for (method, path, call) in [
            ("GET", "", SessionCall::See),
            ("HEAD", "", SessionCall::See),
            ("POST", "/consent", SessionCall::Consent),
            ("POST", "/run/2", SessionCall::Begin { run: 2 }),
            ("PUT", "/run/1/step/3", SessionCall::Frames { run: 1, step: 3 }),
            ("POST", "/retry", SessionCall::Retry),
            ("POST", "/cancel", SessionCall::Cancel),
            ("GET", "/documents", SessionCall::Documents),
        ] {
            let path = format!("/api/session/{ID}{path}");
            assert_eq!(route(method, &path, ""), Ok(Route::Session(id(), call)), "{path}");
            assert!(is_other_method(&route("DELETE", &path, "")), "{path}");
        }
    }

    #[test]
    fn every_address_of_the_table_is_served_with_its_methods_and_no_other() {
        let query = format!("document={}", Sha256Digest::of(b"1"));
        for served in SERVED {
            let path = served
                .path
                .replace("{session}", ID)
                .replace("{run}", "1")
                .replace("{step}", "2");
            let query = if served.endpoint == Endpoint::Consistency {
                "from=1"
            } else {
                &query
            };
            for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
                let result = route(method, &path, query);
                if served.methods.contains(&method) {
                    let found = result.unwrap_or_else(|code| panic!("{method} {path}: {code:?}"));
                    assert!(!matches!(found, Route::Page | Route::Asset(_)), "{path}");
                } else {
                    assert!(is_other_method(&result), "{method} {path}");
                }
            }
            assert_eq!(
                SERVED.iter().filter(|other| other.path == served.path).count(),
                1,
                "{path}"
            );
        }
    }

    #[test]
    fn a_look_at_a_link_does_not_use_it_up() {
        for path in ["/", "/healthz", "/oidc/jwks", &format!("/api/session/{ID}")] {
            assert_eq!(route("HEAD", path, ""), get(path), "{path}");
        }
        for path in ["/oidc/authorize", &format!("/return/{ID}"), "/oidc/token"] {
            assert!(is_other_method(&route("HEAD", path, "")), "{path}");
        }
    }

    #[test]
    fn whoever_takes_a_wrong_method_is_told_the_right_ones() {
        for (path, allowed) in [
            ("/healthz", "GET, HEAD"),
            ("/oidc/token", "POST"),
            ("/oidc/authorize", "GET, POST"),
            ("/oidc/userinfo", "GET, POST, HEAD"),
            (&format!("/api/session/{ID}/run/0/step/0"), "PUT"),
            ("/problems", "GET, HEAD"),
        ] {
            let reply = Reply::from(route("DELETE", path, "").unwrap_err());
            assert_eq!((reply.status, reply.header("allow")), (405, Some(allowed)), "{path}");
        }
        let nothing = Reply::from(get("/api/other").unwrap_err());
        assert_eq!((nothing.status, nothing.header("allow")), (404, None));
    }

    #[test]
    fn pages_are_what_is_nothing_else() {
        for path in ["/", "/problems", &format!("/session/{ID}")] {
            assert_eq!(get(path), Ok(Route::Page), "{path}");
        }
        assert!(is_other_method(&route("POST", "/", "")));
        for path in [
            "/api",
            "/api/other",
            "/oidc",
            "/.well-known/other",
            "/api/session/x/y/z/a",
        ] {
            assert_eq!(get(path), none(ProblemCode::NotFound), "{path}");
        }
        assert_eq!(get("/api/session/short"), none(ProblemCode::SessionUnknown));
    }

    #[test]
    fn assets_are_files_of_plain_names() {
        assert_eq!(
            get("/assets/models/a-1.onnx"),
            Ok(Route::Asset("/assets/models/a-1.onnx".into()))
        );
        for path in [
            "/assets/",
            "/assets/models",
            "/assets/../keys.pem",
            "/assets//a.js",
            "/assets/%2e.js",
        ] {
            assert_eq!(get(path), none(ProblemCode::NotFound), "{path}");
        }
    }

    #[test]
    fn queries_of_the_register_are_rebuilt_from_what_was_understood() {
        let digest = Sha256Digest::of(b"1");
        assert_eq!(
            route("GET", "/api/register/inclusion", &format!("document={digest}")),
            Ok(Route::Public(format!("/v1/register/inclusion?document={digest}")))
        );
        for query in ["", "document=x", "other=1", "document=1&from=2"] {
            let result = route("GET", "/api/register/inclusion", query);
            assert_eq!(result, none(ProblemCode::MalformedRequest), "{query}");
        }
        assert_eq!(
            route("GET", "/api/register/consistency", "from=12"),
            Ok(Route::Public("/v1/register/consistency?from=12".into()))
        );
    }

    proptest! {
        #[test]
        fn no_asset_path_leads_out_of_the_directory(path in "/assets/[a-z./%\\\\]{0,30}") {
            if let Ok(Route::Asset(path)) = get(&path) {
                prop_assert!(!path.contains("..") || !path.split('/').any(|name| name == ".."));
            }
        }
    }
}
