//! What every request must fulfil before it is looked at: an encrypted connection (BNK-15), and for requests that change a
//! session, that they come from our own pages.

use tanu_protocol::problem::ProblemCode;
use url::{Host, Url};

/// The headers that say where a request comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Provenance<'a> {
    /// `Origin`.
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`.
    pub fetch_site: Option<&'a str>,
}

/// Refuses what did not come over https, unless it never left the machine (BNK-15). The name of the host is what the client says
/// it is; where the pages are reached over https (`only_https`), no name makes up for its lack.
///
/// # Errors
/// [`ProblemCode::InsecureTransport`].
pub fn transport(url: &Url, only_https: bool) -> Result<(), ProblemCode> {
    let local = url.host().is_some_and(|host| is_loopback(&host));
    if url.scheme() == "https" || local && !only_https {
        Ok(())
    } else {
        Err(ProblemCode::InsecureTransport)
    }
}

/// Refuses a request that another site made a browser send. A client that is no browser sends neither header; it holds no
/// citizen's cookie either.
///
/// # Errors
/// [`ProblemCode::CrossSite`].
pub fn same_site(url: &Url, provenance: Provenance<'_>) -> Result<(), ProblemCode> {
    let ours = match (provenance.origin, provenance.fetch_site) {
        (Some(origin), _) => origin == url.origin().ascii_serialization(),
        (None, Some(site)) => site == "same-origin" || site == "none",
        (None, None) => true,
    };
    if ours { Ok(()) } else { Err(ProblemCode::CrossSite) }
}

/// Refuses a body of another media type; parameters such as `charset` do not matter.
///
/// # Errors
/// [`ProblemCode::UnsupportedType`].
pub fn media_type(header: Option<&str>, expected: &str) -> Result<(), ProblemCode> {
    let essence = header.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    if essence.eq_ignore_ascii_case(expected) {
        Ok(())
    } else {
        Err(ProblemCode::UnsupportedType)
    }
}

/// Whether a host is this machine itself.
#[must_use]
pub fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn bnk_15_plain_http_is_for_loopback_alone() {
        for allowed in [
            "https://id.example.kz/",
            "http://localhost:8787/",
            "http://tanu.localhost/",
            "http://127.0.0.1/",
            "http://[::1]:8787/",
        ] {
            assert_eq!(transport(&url(allowed), false), Ok(()), "{allowed}");
            let encrypted = allowed.starts_with("https:");
            assert_eq!(transport(&url(allowed), true).is_ok(), encrypted, "{allowed}");
        }
        for refused in [
            "http://id.example.kz/",
            "http://10.0.0.1/",
            "http://localhost.example.kz/",
        ] {
            assert_eq!(
                transport(&url(refused), false),
                Err(ProblemCode::InsecureTransport),
                "{refused}"
            );
        }
    }

    #[test]
    fn requests_of_other_sites_are_refused() {
        let here = url("http://localhost:8787/api/session/x/cancel");
        let check = |origin, fetch_site| same_site(&here, Provenance { origin, fetch_site });
        assert_eq!(check(Some("http://localhost:8787"), Some("same-origin")), Ok(()));
        assert_eq!(check(None, Some("same-origin")), Ok(()));
        assert_eq!(check(None, None), Ok(()));
        for (origin, site) in [
            (Some("http://localhost:8789"), Some("same-site")),
            (Some("https://evil.example"), None),
            (Some("null"), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
        ] {
            assert_eq!(check(origin, site), Err(ProblemCode::CrossSite), "{origin:?} {site:?}");
        }
    }

    #[test]
    fn media_types_are_compared_without_parameters() {
        assert_eq!(
            media_type(Some("Application/JSON; charset=utf-8"), "application/json"),
            Ok(())
        );
        for other in [None, Some("text/plain"), Some("application/json2"), Some("")] {
            assert_eq!(
                media_type(other, "application/json"),
                Err(ProblemCode::UnsupportedType),
                "{other:?}"
            );
        }
    }
}
