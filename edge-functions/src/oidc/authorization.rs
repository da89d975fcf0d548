//! What a relying party asks for when it sends a citizen: read from a pushed request, or from the front channel.

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Serialize};
use tanu_law::nbs::consent::Request;
use tanu_protocol::iin::Iin;
use tanu_protocol::language::Language;

use crate::config::Client;
use crate::oidc::failure::{Failure, OauthError};
use crate::oidc::form::Form;

/// An authorization request that was accepted.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorization {
    /// Who asks.
    pub client_id: String,
    /// Where the citizen goes back to: one of the client's registered addresses.
    pub redirect_uri: String,
    /// Handed back as it came.
    pub state: Option<String>,
    /// Goes into the ID token.
    pub nonce: Option<String>,
    /// SHA-256 of the PKCE verifier, base64url (RFC 7636, section 4.2).
    pub code_challenge: String,
    /// The language that the relying party proposes for the pages.
    #[serde(default)]
    pub language: Option<Language>,
    /// What the citizen is asked.
    pub request: Request,
}

/// Whether a request came from the relying party's server, or through the citizen's browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Pushed over an authenticated connection.
    Back,
    /// In the browser's address, which is kept in histories and logs.
    Front,
}

/// The address to go back to, if it is one of the client's, letter for letter. Nobody is sent anywhere else, so errors are
/// only redirected when this is known.
///
/// # Errors
/// `invalid_request`.
pub fn redirect_uri<'c>(client: &'c Client, form: &Form) -> Result<&'c str, Failure> {
    let given = form.required("redirect_uri", "redirect_uri is missing")?;
    client
        .redirect_uris
        .iter()
        .find(|known| *known == given)
        .map(String::as_str)
        .ok_or(Failure::new(
            OauthError::InvalidRequest,
            "redirect_uri is not registered for this client",
        ))
}

/// Reads an authorization request (OpenID Connect Core 1.0, section 3.1.2.1; RFC 7636).
///
/// # Errors
/// A [`Failure`] with OAuth's name for what is wrong.
pub fn read(client: &Client, form: &Form, channel: Channel) -> Result<Authorization, Failure> {
    let invalid = |why| Failure::new(OauthError::InvalidRequest, why);
    let redirect_uri = redirect_uri(client, form)?.to_owned();
    if form.get("request").is_some() || form.get("registration").is_some() {
        return Err(Failure::new(
            OauthError::RequestNotSupported,
            "request objects and dynamic registration are not offered",
        ));
    }
    if form.required("response_type", "response_type is missing")? != "code" {
        return Err(Failure::new(
            OauthError::UnsupportedResponseType,
            "response_type must be code",
        ));
    }
    if form.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(invalid("response_mode must be query"));
    }
    let scope = form.get("scope").unwrap_or_default();
    if !scope.split(' ').any(|part| part == "openid") {
        return Err(Failure::new(OauthError::InvalidScope, "scope must contain openid"));
    }
    if form
        .get("prompt")
        .is_some_and(|prompt| prompt.split(' ').any(|part| part == "none"))
    {
        return Err(Failure::new(
            OauthError::InteractionRequired,
            "authentication by face needs the citizen",
        ));
    }
    if form.get("code_challenge_method") != Some("S256") {
        return Err(invalid("PKCE is required: code_challenge_method must be S256"));
    }
    let code_challenge = form.required("code_challenge", "PKCE is required: code_challenge is missing")?;
    if Base64UrlUnpadded::decode_vec(code_challenge).map(|bytes| bytes.len()) != Ok(32) {
        return Err(invalid("code_challenge is not a SHA-256 in base64url"));
    }
    Ok(Authorization {
        client_id: client.customer.client_id.clone(),
        redirect_uri,
        state: form.get("state").map(str::to_owned),
        nonce: form.get("nonce").map(str::to_owned),
        code_challenge: code_challenge.to_owned(),
        language: language(form),
        request: Request {
            customer: client.customer.clone(),
            purpose: client.purpose.clone(),
            data: client.data.clone(),
            retention_days: client.retention_days,
            user_agreement: client.user_agreement.clone(),
            privacy_policy: client.privacy_policy.clone(),
            person: person(form, channel)?,
        },
    })
}

/// The first of the proposed languages that is ours. A language that isn't is no error (OpenID Connect Core 1.0, section
/// 3.1.2.1).
fn language(form: &Form) -> Option<Language> {
    form.get("ui_locales")?.split(' ').find_map(Language::from_tag)
}

fn person(form: &Form, channel: Channel) -> Result<Option<Iin>, Failure> {
    match (form.get("login_hint"), channel) {
        (None, _) => Ok(None),
        (Some(_), Channel::Front) => Err(Failure::new(
            OauthError::InvalidRequest,
            "login_hint carries an IIN, and no IIN may stand in an address: push the request to the PAR endpoint",
        )),
        (Some(hint), Channel::Back) => hint.parse().map(Some).map_err(|_| {
            Failure::new(
                OauthError::InvalidRequest,
                "login_hint is no IIN: 12 digits, the last a check digit",
            )
        }),
    }
}

/// The IIN stays out of debug output; so do state and nonce, which are the relying party's secrets.
impl std::fmt::Debug for Authorization {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authorization")
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::valid;

    /// SHA-256 of [`VERIFIER`], base64url.
    pub(crate) const CHALLENGE: &str = "BmQPfphfkBl-Xt_mTRGPP28dzTg-_OUe_yFH4-kbV5s";
    /// A PKCE verifier (RFC 7636, section 4.1).
    pub(crate) const VERIFIER: &str = "verifierverifierverifierverifierverifierverifier";
    const VALID: &str = "response_type=code&client_id=bank&redirect_uri=http%3A%2F%2Flocalhost%3A8789%2Fcallback&scope=openid\
                         &state=s&nonce=n&code_challenge_method=S256";

    fn read_with(extra: &str, channel: Channel) -> Result<Authorization, Failure> {
        let config = Config::parse(&valid().to_string()).unwrap();
        let form = Form::parse(format!("{VALID}&code_challenge={CHALLENGE}{extra}").as_bytes())?;
        read(config.client("bank").unwrap(), &form, channel)
    }

    pub(crate) fn authorization(iin: Option<&str>) -> Authorization {
        let hint = iin.map(|iin| format!("&login_hint={iin}")).unwrap_or_default();
        read_with(&hint, Channel::Back).unwrap()
    }

    fn changed(from: &str, to: &str) -> Result<Authorization, Failure> {
        let config = Config::parse(&valid().to_string()).unwrap();
        let text = format!("{VALID}&code_challenge={CHALLENGE}");
        assert!(text.contains(from));
        let form = Form::parse(text.replace(from, to).as_bytes()).unwrap();
        read(config.client("bank").unwrap(), &form, Channel::Front)
    }

    #[test]
    fn a_valid_request_is_read_whole() {
        let authorization = read_with("", Channel::Front).unwrap();
        assert_eq!(authorization.state.as_deref(), Some("s"));
        assert_eq!(authorization.nonce.as_deref(), Some("n"));
        assert!(authorization.request.person.is_none());
    }

    #[test]
    fn an_iin_is_taken_from_the_server_and_never_from_an_address() {
        let pushed = read_with("&login_hint=880229100014", Channel::Back).unwrap();
        assert_eq!(pushed.request.person, Some("880229100014".parse().unwrap()));
        assert!(!format!("{pushed:?}").contains("880229100014"));
        let front = read_with("&login_hint=880229100014", Channel::Front).unwrap_err();
        assert_eq!(front.error, OauthError::InvalidRequest);
        assert!(front.why.contains("no IIN may stand in an address"));
        assert!(read_with("&login_hint=880229100015", Channel::Back).is_err());
    }

    #[test]
    fn the_first_proposed_language_that_is_ours_is_taken_and_others_are_no_error() {
        for (proposed, language) in [
            ("", None),
            ("&ui_locales=de", None),
            ("&ui_locales=de-AT+ru-KZ+kk", Some(Language::Ru)),
            ("&ui_locales=en", Some(Language::En)),
        ] {
            let authorization = read_with(proposed, Channel::Front).unwrap();
            assert_eq!(authorization.language, language, "{proposed}");
        }
    }

    #[test]
    fn what_is_not_offered_is_refused_by_its_name() {
        for (from, to, error) in [
            (
                "response_type=code",
                "response_type=token",
                OauthError::UnsupportedResponseType,
            ),
            ("response_type=code", "", OauthError::InvalidRequest),
            ("scope=openid", "scope=profile", OauthError::InvalidScope),
            ("method=S256", "method=plain", OauthError::InvalidRequest),
            ("&code_challenge_method=S256", "", OauthError::InvalidRequest),
            ("code_challenge=B", "code_challenge=", OauthError::InvalidRequest),
            ("state=s", "prompt=none", OauthError::InteractionRequired),
            ("state=s", "request=a.b.c", OauthError::RequestNotSupported),
            ("state=s", "response_mode=fragment", OauthError::InvalidRequest),
            ("callback", "callback/", OauthError::InvalidRequest),
            ("callback", "callback%3Fa=b", OauthError::InvalidRequest),
        ] {
            assert_eq!(changed(from, to).unwrap_err().error, error, "{from} → {to}");
        }
    }
}
