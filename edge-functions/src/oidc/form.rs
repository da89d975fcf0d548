//! Parameters of a query or a form body, each at most once (RFC 6749, section 3.1).

use std::collections::BTreeMap;

use crate::oidc::failure::{Failure, OauthError};

/// The most bytes of a query or form body.
pub const MOST_BYTES: usize = 16 * 1024;
/// The most bytes of one parameter's value.
pub const MOST_VALUE_BYTES: usize = 2048;

/// Parameters by name.
#[derive(Clone, Default)]
pub struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded` text. A parameter without a value counts as left out.
    ///
    /// # Errors
    /// A repeated parameter, or one that is too long.
    pub fn parse(text: &[u8]) -> Result<Self, Failure> {
        let invalid = |why| Failure::new(OauthError::InvalidRequest, why);
        if text.len() > MOST_BYTES {
            return Err(invalid("the parameters are too long"));
        }
        let mut form = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(text) {
            if value.len() > MOST_VALUE_BYTES {
                return Err(invalid("a parameter is too long"));
            }
            if !value.is_empty() && form.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(invalid("a parameter is repeated"));
            }
        }
        Ok(Self(form))
    }

    /// A parameter's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// `invalid_request` with `why`.
    pub fn required(&self, name: &str, why: &'static str) -> Result<&str, Failure> {
        self.get(name).ok_or(Failure::new(OauthError::InvalidRequest, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_left_out() {
        let form = Form::parse(b"a=1%202&b=&c=+3").unwrap();
        assert_eq!(form.get("a"), Some("1 2"));
        assert_eq!(form.get("b"), None);
        assert_eq!(form.get("c"), Some(" 3"));
    }

    #[test]
    fn repeated_and_oversized_parameters_are_refused() {
        assert!(Form::parse(b"a=1&a=2").is_err());
        assert!(Form::parse(format!("a={}", "x".repeat(MOST_VALUE_BYTES + 1)).as_bytes()).is_err());
        assert!(Form::parse(&vec![b'a'; MOST_BYTES + 1]).is_err());
    }
}
