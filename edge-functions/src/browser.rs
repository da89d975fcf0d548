//! The key that a browser holds: 32 random bytes in a cookie that scripts can't read. A session knows its hash, and answers
//! no browser that lacks the key.

use tanu_protocol::digest::{Nonce, Sha256Digest};

/// Name of the cookie. Over https the prefix keeps other hosts of the domain from setting one (RFC 6265bis, section 4.1.3.2): a
/// key that somebody else knows would open the session to them.
#[must_use]
pub const fn cookie_name(secure: bool) -> &'static str {
    if secure { "__Host-tanu-browser" } else { "tanu-browser" }
}

/// A browser's key. Never stored and never logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BrowserKey(Nonce);

impl BrowserKey {
    /// A key of fresh random bytes.
    #[must_use]
    pub const fn from_random(bytes: [u8; 32]) -> Self {
        Self(Nonce::from_bytes(bytes))
    }

    /// The key in a `Cookie` header, where there is one.
    #[must_use]
    pub fn from_cookies(header: Option<&str>, secure: bool) -> Option<Self> {
        header?
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == cookie_name(secure))
            .and_then(|(_, value)| value.parse().ok())
            .map(Self)
    }

    /// The `Set-Cookie` header that gives the key to a browser.
    #[must_use]
    pub fn set_cookie(&self, secure: bool) -> String {
        let name = cookie_name(secure);
        let secure = if secure { "; Secure" } else { "" };
        format!("{name}={}; Path=/; HttpOnly; SameSite=Lax{secure}", self.0)
    }

    /// What a session keeps of it.
    #[must_use]
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of_parts("tanu/browser/1", &[self.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_survives_the_cookie_and_stays_out_of_debug_output() {
        let key = BrowserKey::from_random([7; 32]);
        for (secure, attributes) in [
            (true, "; Path=/; HttpOnly; SameSite=Lax; Secure"),
            (false, "; Path=/; HttpOnly; SameSite=Lax"),
        ] {
            let cookie = key.set_cookie(secure);
            assert!(cookie.ends_with(attributes), "{cookie}");
            let sent = format!("a=b; {}; c=d", cookie.split(';').next().unwrap());
            assert_eq!(BrowserKey::from_cookies(Some(&sent), secure), Some(key));
            assert!(!format!("{key:?}").contains(cookie.split([';', '=']).nth(1).unwrap()));
        }
    }

    #[test]
    fn a_cookie_that_another_host_of_the_domain_could_set_is_no_key_over_https() {
        let cookie = BrowserKey::from_random([7; 32]).set_cookie(false);
        assert_eq!(BrowserKey::from_cookies(cookie.split(';').next(), true), None);
    }

    #[test]
    fn anything_else_is_no_key() {
        for header in [
            None,
            Some(""),
            Some("tanu-browser=short"),
            Some("tanu-browser"),
            Some("x=y"),
        ] {
            assert_eq!(BrowserKey::from_cookies(header, false), None);
        }
    }
}
