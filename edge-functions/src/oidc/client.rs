//! How a relying party's server proves who it is: `client_secret_basic` or `client_secret_post` (RFC 6749, section 2.3.1).

use base64ct::{Base64, Encoding};
use subtle::ConstantTimeEq;
use tanu_protocol::digest::Sha256Digest;
use url::form_urlencoded;

use crate::config::{Client, Config};
use crate::oidc::failure::{Failure, OauthError};
use crate::oidc::form::Form;

/// Finds the client that sent a request, by its `Authorization` header or by its form.
///
/// # Errors
/// `invalid_client` where the secret is missing or wrong, `invalid_request` where both ways are used at once.
pub fn authenticate<'c>(config: &'c Config, header: Option<&str>, form: &Form) -> Result<&'c Client, Failure> {
    let posted = form.get("client_secret");
    let (id, secret) = match (header, posted) {
        (Some(_), Some(_)) => {
            return Err(Failure::new(
                OauthError::InvalidRequest,
                "use one way of client authentication",
            ));
        }
        (Some(header), None) => basic(header).ok_or(UNPROVEN)?,
        (None, Some(secret)) => (form.get("client_id").ok_or(UNPROVEN)?.to_owned(), secret.to_owned()),
        (None, None) => return Err(UNPROVEN),
    };
    if form.get("client_id").is_some_and(|named| named != id) {
        return Err(UNPROVEN);
    }
    let client = config.client(&id).ok_or(UNPROVEN)?;
    let given = Sha256Digest::of(secret.as_bytes());
    if bool::from(given.as_bytes().ct_eq(client.secret.as_bytes())) {
        Ok(client)
    } else {
        Err(UNPROVEN)
    }
}

const UNPROVEN: Failure = Failure::new(OauthError::InvalidClient, "client id or secret is missing or wrong");

/// Id and secret of a Basic header; each is form-encoded inside (RFC 6749, section 2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, credentials) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") || credentials.len() > 1024 {
        return None;
    }
    let text = String::from_utf8(Base64::decode_vec(credentials.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((decoded(id)?, decoded(secret)?))
}

fn decoded(text: &str) -> Option<String> {
    // As the value of a form's only parameter; a stray & or = would make it something else.
    if text.contains(['&', '=']) {
        return Some(text.to_owned());
    }
    form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::valid;

    fn config() -> Config {
        Config::parse(&valid().to_string()).unwrap()
    }

    fn by_header(credentials: &str) -> Result<String, Failure> {
        let header = format!("Basic {}", Base64::encode_string(credentials.as_bytes()));
        authenticate(&config(), Some(&header), &Form::default()).map(|client| client.customer.client_id.clone())
    }

    #[test]
    fn the_right_secret_is_taken_both_ways() {
        assert_eq!(by_header("bank:secret"), Ok("bank".into()));
        assert_eq!(by_header("bank:secre%74"), Ok("bank".into()));
        let form = Form::parse(b"client_id=bank&client_secret=secret").unwrap();
        assert!(authenticate(&config(), None, &form).is_ok());
    }

    #[test]
    fn wrong_missing_and_doubled_proofs_are_refused() {
        for credentials in ["bank:wrong", "bank:", "other:secret", "bank", ""] {
            assert_eq!(
                by_header(credentials).unwrap_err().error,
                OauthError::InvalidClient,
                "{credentials}"
            );
        }
        assert!(authenticate(&config(), None, &Form::default()).is_err());
        let form = Form::parse(b"client_id=bank&client_secret=secret").unwrap();
        let config = config();
        let both = authenticate(&config, Some("Basic YmFuazpzZWNyZXQ="), &form);
        assert_eq!(both.unwrap_err().error, OauthError::InvalidRequest);
        let other = Form::parse(b"client_id=other").unwrap();
        assert!(authenticate(&config, Some("Basic YmFuazpzZWNyZXQ="), &other).is_err());
    }
}
