//! The ID token (OpenID Connect Core 1.0, section 2) and the token endpoint's answer.

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use serde::Serialize;
use tanu_protocol::digest::{Sha256Digest, TransactionHash};
use tanu_protocol::jws::{InvalidJws, JwsSigner};

use crate::oidc::code::{Handle, TOKEN_SECONDS};
use crate::reply::Reply;

/// The one way of authentication: face checked for liveness and compared one to one (BNK-6, NBS-7, NBS-9).
pub const ACR: &str = "urn:tanu:acr:face";

const ID_TOKEN_SECONDS: i64 = 300;

/// What is said of a citizen who passed.
#[derive(Clone, Debug)]
pub struct Identity<'a> {
    /// Who says it.
    pub issuer: &'a str,
    /// To whom.
    pub client: &'a str,
    /// The citizen, as this relying party knows them.
    pub subject: Sha256Digest,
    /// The relying party's own value.
    pub nonce: Option<&'a str>,
    /// When the citizen was identified.
    pub authenticated_at: Timestamp,
    /// The session's transaction.
    pub transaction: TransactionHash,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: Sha256Digest,
    aud: &'a str,
    exp: i64,
    iat: i64,
    auth_time: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'static str,
    amr: [&'static str; 1],
    at_hash: String,
    txn: TransactionHash,
}

/// What a code is exchanged for (OpenID Connect Core 1.0, section 3.1.3.3).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Tokens {
    /// Opens the userinfo endpoint.
    access_token: String,
    /// `Bearer`.
    token_type: &'static str,
    /// Seconds for which the access token is good.
    expires_in: i64,
    /// `openid`.
    scope: &'static str,
    /// Who was identified, how and when.
    #[cfg_attr(feature = "openapi", schemars(with = "tanu_protocol::openapi::schema::CompactJws"))]
    id_token: String,
}

/// The token endpoint's answer.
///
/// # Errors
/// [`InvalidJws`] where the ID token can't be written.
pub fn answer(
    identity: &Identity<'_>,
    access_token: &Handle,
    signer: &JwsSigner,
    now: Timestamp,
) -> Result<Reply, InvalidJws> {
    let access_token = access_token.expose();
    let half = &Sha256Digest::of(access_token.as_bytes()).as_bytes()[..16].to_vec();
    let claims = Claims {
        iss: identity.issuer,
        sub: identity.subject,
        aud: identity.client,
        exp: now.as_second() + ID_TOKEN_SECONDS,
        iat: now.as_second(),
        auth_time: identity.authenticated_at.as_second(),
        nonce: identity.nonce,
        acr: ACR,
        amr: ["face"],
        at_hash: Base64UrlUnpadded::encode_string(half),
        txn: identity.transaction,
    };
    Ok(Reply::json(
        200,
        &Tokens {
            id_token: signer.sign("JWT", &claims)?,
            access_token,
            token_type: "Bearer",
            expires_in: TOKEN_SECONDS,
            scope: "openid",
        },
    ))
}

#[cfg(test)]
mod tests {
    use tanu_protocol::digest::SessionId;
    use tanu_protocol::jws::UnverifiedJws;

    use super::*;
    use crate::keys::tests::keys;

    #[test]
    fn the_id_token_says_who_when_how_and_in_which_transaction() {
        let now = Timestamp::constant(1_800_000_000, 0);
        let transaction = TransactionHash::from_bytes([5; 32]);
        let identity = Identity {
            issuer: "https://id.example.kz",
            client: "bank",
            subject: Sha256Digest::of(b"subject"),
            nonce: Some("n"),
            authenticated_at: now,
            transaction,
        };
        let keys = keys();
        let token = Handle::new(SessionId::from_bytes([1; 16]), [2; 32]);
        let reply = answer(&identity, &token, &keys.signing, now).unwrap();
        let body: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(body["token_type"], "Bearer");
        let jws = UnverifiedJws::parse(body["id_token"].as_str().unwrap(), 4096).unwrap();
        assert_eq!(jws.header().kid, keys.signing.kid());
        let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
        let claims: serde_json::Value = jws.verify(key.verifying_key(), "JWT").unwrap();
        assert_eq!(claims["aud"], "bank");
        assert_eq!(claims["amr"], serde_json::json!(["face"]));
        assert_eq!(claims["txn"], transaction.to_string());
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 300);
    }
}
