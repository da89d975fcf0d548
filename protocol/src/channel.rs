//! The inner channel between edge, matcher and state database: requests and answers that prove who sent them.
//!
//! Each request carries a JWS that names sender, receiver, method, path and the body's hash, lives for
//! [`LIFETIME_SECONDS`], and is good once: the receiver remembers its id until it expires. Each answer carries a JWS that
//! names the request's id, the status and the body's hash. So both sides know each other whatever the transport is; TLS
//! comes on top wherever the channel leaves the machine (BNK-15).

use jiff::Timestamp;
use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};

use crate::digest::{Nonce, Sha256Digest};
use crate::jws::{InvalidJws, JwsSigner, UnverifiedJws};

/// Header of a request that carries its token.
pub const REQUEST_HEADER: &str = "tanu-request";
/// Header of an answer that carries its token.
pub const RESPONSE_HEADER: &str = "tanu-response";
/// How long a request's token is good, in seconds.
pub const LIFETIME_SECONDS: i64 = 60;
/// How far the receiver's clock may lag behind the sender's, in seconds.
pub const CLOCK_SKEW_SECONDS: i64 = 5;

const REQUEST_TYPE: &str = "tanu-request+jwt";
const RESPONSE_TYPE: &str = "tanu-response+jwt";
const CAP: usize = 2048;

/// A part that sends or receives on the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The edge functions.
    Edge,
    /// The matcher.
    Matcher,
    /// A state database.
    StateDatabase,
}

/// What a request's token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestClaims {
    /// Sender.
    pub iss: Party,
    /// Receiver.
    pub aud: Party,
    /// Made at.
    pub iat: Timestamp,
    /// Random id, good once.
    pub jti: Nonce,
    /// HTTP method, upper case.
    pub htm: String,
    /// Path and query.
    pub htu: String,
    /// Hash of the body.
    pub body: Sha256Digest,
}

/// What an answer's token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ResponseClaims {
    iss: Party,
    jti: Nonce,
    status: u16,
    body: Sha256Digest,
}

/// Why a message on the channel was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unauthenticated {
    /// The token is missing or its signature is not the expected sender's.
    #[error("the message is not signed by the expected party: {0}")]
    Signature(#[from] InvalidJws),
    /// Signed for another receiver, by another sender, or for another method, path or body.
    #[error("the message's token was made for another message")]
    AnotherMessage,
    /// Made too long ago, or in the future.
    #[error("the message's token is not in force")]
    Expired,
}

/// The message as both sides see it.
#[derive(Clone, Copy, Debug)]
pub struct RequestLine<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Body.
    pub body: &'a [u8],
}

/// The message as its sender signs it, where the body's digest is known already.
#[derive(Clone, Copy, Debug)]
pub struct DigestedLine<'a> {
    /// HTTP method, upper case.
    pub method: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// SHA-256 of the body.
    pub body: Sha256Digest,
}

impl<'a> From<RequestLine<'a>> for DigestedLine<'a> {
    fn from(line: RequestLine<'a>) -> Self {
        Self {
            method: line.method,
            path: line.path,
            body: Sha256Digest::of(line.body),
        }
    }
}

/// Signs a request from `sender` to `receiver`.
///
/// # Errors
/// [`InvalidJws`] where the token can't be written.
pub fn sign_request(
    signer: &JwsSigner,
    sender: Party,
    receiver: Party,
    request: RequestLine<'_>,
    id: Nonce,
    now: Timestamp,
) -> Result<String, InvalidJws> {
    sign_digested(signer, sender, receiver, request.into(), id, now)
}

/// Signs a request from `sender` to `receiver` whose body was hashed elsewhere. A wrong digest gives a token that no receiver
/// accepts.
///
/// # Errors
/// [`InvalidJws`] where the token can't be written.
pub fn sign_digested(
    signer: &JwsSigner,
    sender: Party,
    receiver: Party,
    request: DigestedLine<'_>,
    id: Nonce,
    now: Timestamp,
) -> Result<String, InvalidJws> {
    let claims = RequestClaims {
        iss: sender,
        aud: receiver,
        iat: now,
        jti: id,
        htm: request.method.into(),
        htu: request.path.into(),
        body: request.body,
    };
    signer.sign(REQUEST_TYPE, &claims)
}

/// Checks a request's token. The caller then refuses an id ([`RequestClaims::jti`]) that it has seen within the lifetime.
///
/// # Errors
/// [`Unauthenticated`].
pub fn verify_request(
    token: &str,
    key: &VerifyingKey,
    sender: Party,
    receiver: Party,
    request: RequestLine<'_>,
    now: Timestamp,
) -> Result<RequestClaims, Unauthenticated> {
    let claims: RequestClaims = UnverifiedJws::parse(token, CAP)?.verify(key, REQUEST_TYPE)?;
    let meant = claims.iss == sender
        && claims.aud == receiver
        && claims.htm == request.method
        && claims.htu == request.path
        && claims.body == Sha256Digest::of(request.body);
    if !meant {
        return Err(Unauthenticated::AnotherMessage);
    }
    let age = now.as_second() - claims.iat.as_second();
    if (-CLOCK_SKEW_SECONDS..=LIFETIME_SECONDS).contains(&age) {
        Ok(claims)
    } else {
        Err(Unauthenticated::Expired)
    }
}

/// Signs the answer of `responder` to the request `id`.
///
/// # Errors
/// [`InvalidJws`] where the token can't be written.
pub fn sign_response(
    signer: &JwsSigner,
    responder: Party,
    id: Nonce,
    status: u16,
    body: &[u8],
) -> Result<String, InvalidJws> {
    signer.sign(
        RESPONSE_TYPE,
        &ResponseClaims {
            iss: responder,
            jti: id,
            status,
            body: Sha256Digest::of(body),
        },
    )
}

/// Checks that an answer is `responder`'s to the request `id`.
///
/// # Errors
/// [`Unauthenticated`].
pub fn verify_response(
    token: &str,
    key: &VerifyingKey,
    responder: Party,
    id: Nonce,
    status: u16,
    body: &[u8],
) -> Result<(), Unauthenticated> {
    let claims: ResponseClaims = UnverifiedJws::parse(token, CAP)?.verify(key, RESPONSE_TYPE)?;
    let expected = ResponseClaims {
        iss: responder,
        jti: id,
        status,
        body: Sha256Digest::of(body),
    };
    if claims == expected {
        Ok(())
    } else {
        Err(Unauthenticated::AnotherMessage)
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use p256::ecdsa::SigningKey;

    use super::*;

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);
    const ID: Nonce = Nonce::from_bytes([5; 32]);
    const LINE: RequestLine<'static> = RequestLine {
        method: "POST",
        path: "/v1/session",
        body: b"{}",
    };

    fn key() -> SigningKey {
        SigningKey::from_slice(&[1; 32]).unwrap()
    }

    fn token() -> String {
        sign_request(&JwsSigner::new(key()), Party::Edge, Party::Matcher, LINE, ID, NOW).unwrap()
    }

    fn verify(line: RequestLine<'_>, receiver: Party, now: Timestamp) -> Result<RequestClaims, Unauthenticated> {
        verify_request(&token(), key().verifying_key(), Party::Edge, receiver, line, now)
    }

    #[test]
    fn a_request_is_good_for_its_own_line_body_and_receiver_only() {
        assert_eq!(verify(LINE, Party::Matcher, NOW).unwrap().jti, ID);
        let other = Err(Unauthenticated::AnotherMessage);
        assert_eq!(
            verify(RequestLine { method: "PUT", ..LINE }, Party::Matcher, NOW),
            other
        );
        assert_eq!(
            verify(
                RequestLine {
                    path: "/v1/sessions",
                    ..LINE
                },
                Party::Matcher,
                NOW
            ),
            other
        );
        assert_eq!(verify(RequestLine { body: b"{ }", ..LINE }, Party::Matcher, NOW), other);
        assert_eq!(verify(LINE, Party::StateDatabase, NOW), other);
    }

    #[test]
    fn a_request_is_good_for_a_minute() {
        let after = |seconds| NOW + SignedDuration::from_secs(seconds);
        assert!(verify(LINE, Party::Matcher, after(LIFETIME_SECONDS)).is_ok());
        assert_eq!(
            verify(LINE, Party::Matcher, after(LIFETIME_SECONDS + 1)),
            Err(Unauthenticated::Expired)
        );
        assert_eq!(
            verify(LINE, Party::Matcher, after(-CLOCK_SKEW_SECONDS - 1)),
            Err(Unauthenticated::Expired)
        );
    }

    #[test]
    fn an_answer_belongs_to_its_request_status_and_body() {
        let signer = JwsSigner::new(key());
        let token = sign_response(&signer, Party::Matcher, ID, 200, b"ok").unwrap();
        let check =
            |id, status, body: &[u8]| verify_response(&token, key().verifying_key(), Party::Matcher, id, status, body);
        assert_eq!(check(ID, 200, b"ok"), Ok(()));
        let other = Err(Unauthenticated::AnotherMessage);
        assert_eq!(check(Nonce::from_bytes([6; 32]), 200, b"ok"), other);
        assert_eq!(check(ID, 500, b"ok"), other);
        assert_eq!(check(ID, 200, b"no"), other);
    }

    #[test]
    fn a_request_token_is_no_answer() {
        let result = verify_response(&token(), key().verifying_key(), Party::Edge, ID, 200, b"{}");
        assert_eq!(result, Err(Unauthenticated::Signature(InvalidJws::Type)));
    }
}
