//! Compact JSON Web Signatures (RFC 7515) with ES256 (RFC 7518), and the JSON Web Keys (RFC 7517) that check them.
//!
//! One algorithm, so nothing can be negotiated: a header that names another one, or an extension that must be understood
//! (`crit`), is refused. The media type (`typ`) is always set and always checked, so that a token made for one purpose can't
//! serve another. Signatures are deterministic (RFC 6979): signing needs no randomness.

use base64ct::{Base64UrlUnpadded, Encoding};
use p256::ecdsa::signature::{Signer, Verifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::digest::Sha256Digest;

const ALGORITHM: &str = "ES256";

/// Why a signed text was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJws {
    /// Longer than the caller's cap.
    #[error("the signed text is too long")]
    TooLong,
    /// Not three parts of base64url, or not JSON inside.
    #[error("not a compact JWS")]
    Malformed,
    /// Another algorithm than ES256, or an extension that must be understood.
    #[error("the algorithm or an extension is not supported")]
    Unsupported,
    /// Made for another purpose.
    #[error("the type of the signed text is another one")]
    Type,
    /// The signature is not this key's over this text.
    #[error("the signature does not fit")]
    Signature,
    /// Properly signed, but the content is not of the expected shape.
    #[error("the signed content has another shape")]
    Content,
}

/// The protected header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `ES256`.
    pub alg: String,
    /// Media type without `application/`.
    pub typ: String,
    /// Thumbprint (RFC 7638) of the signing key.
    pub kid: String,
    /// Certificates of the key, leaf first, each as base64 DER.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5c: Option<Vec<String>>,
    /// Extensions that must be understood: none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    crit: Option<Vec<String>>,
}

/// A public P-256 key as JSON Web Key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Jwk {
    /// `EC`.
    pub kty: String,
    /// `P-256`.
    pub crv: String,
    /// x coordinate, base64url.
    pub x: String,
    /// y coordinate, base64url.
    pub y: String,
    /// Thumbprint (RFC 7638).
    pub kid: String,
    /// `sig`.
    #[serde(rename = "use")]
    pub usage: String,
    /// `ES256`.
    pub alg: String,
}

/// A JSON Web Key Set (RFC 7517, section 5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct JwkSet {
    /// The keys.
    pub keys: Vec<Jwk>,
}

impl Jwk {
    /// The public key as JSON Web Key.
    #[must_use]
    pub fn of(key: &VerifyingKey) -> Self {
        let point = key.to_sec1_point(false);
        let coordinate = |bytes: Option<&p256::FieldBytes>| {
            Base64UrlUnpadded::encode_string(bytes.map(AsRef::as_ref).unwrap_or_default())
        };
        let (x, y) = (coordinate(point.x()), coordinate(point.y()));
        // RFC 7638: the required members in lexicographic order, without white space.
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        let kid = Sha256Digest::of(canonical.as_bytes()).to_string();
        Self {
            kty: "EC".into(),
            crv: "P-256".into(),
            x,
            y,
            kid,
            usage: "sig".into(),
            alg: ALGORITHM.into(),
        }
    }
}

/// Signs with one key under one key id.
#[derive(Clone)]
pub struct JwsSigner {
    key: SigningKey,
    kid: String,
    x5c: Option<Vec<String>>,
}

impl JwsSigner {
    /// A signer whose key id is the key's thumbprint.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let kid = Jwk::of(key.verifying_key()).kid;
        Self { key, kid, x5c: None }
    }

    /// Adds the key's certificates to every header, leaf first, each as DER.
    #[must_use]
    pub fn with_certificates(mut self, chain: &[Vec<u8>]) -> Self {
        self.x5c = Some(chain.iter().map(|der| base64ct::Base64::encode_string(der)).collect());
        self
    }

    /// The key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> Jwk {
        Jwk::of(self.key.verifying_key())
    }

    /// Signs `content` as compact JWS of type `typ`.
    ///
    /// # Errors
    /// [`InvalidJws::Content`] where `content` can't be written as JSON.
    pub fn sign<T: Serialize>(&self, typ: &str, content: &T) -> Result<String, InvalidJws> {
        let header = Header {
            alg: ALGORITHM.into(),
            typ: typ.into(),
            kid: self.kid.clone(),
            x5c: self.x5c.clone(),
            crit: None,
        };
        let header = serde_json::to_vec(&header).map_err(|_| InvalidJws::Content)?;
        let content = serde_json::to_vec(content).map_err(|_| InvalidJws::Content)?;
        let mut text = Base64UrlUnpadded::encode_string(&header);
        text.push('.');
        text.push_str(&Base64UrlUnpadded::encode_string(&content));
        let signature: Signature = self.key.sign(text.as_bytes());
        text.push('.');
        text.push_str(&Base64UrlUnpadded::encode_string(&signature.to_bytes()));
        Ok(text)
    }
}

impl std::fmt::Debug for JwsSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JwsSigner")
            .field("kid", &self.kid)
            .finish_non_exhaustive()
    }
}

/// A compact JWS whose signature has not been checked.
#[derive(Clone, Debug)]
pub struct UnverifiedJws<'a> {
    header: Header,
    signed: &'a str,
    content: Vec<u8>,
    signature: Signature,
}

impl<'a> UnverifiedJws<'a> {
    /// Takes a compact JWS of at most `cap` bytes apart.
    ///
    /// # Errors
    /// [`InvalidJws::TooLong`], [`InvalidJws::Malformed`] or [`InvalidJws::Unsupported`].
    pub fn parse(text: &'a str, cap: usize) -> Result<Self, InvalidJws> {
        if text.len() > cap {
            return Err(InvalidJws::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(InvalidJws::Malformed)?;
        let (header, content) = signed.split_once('.').ok_or(InvalidJws::Malformed)?;
        let decode = |part: &str| Base64UrlUnpadded::decode_vec(part).map_err(|_| InvalidJws::Malformed);
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| InvalidJws::Malformed)?;
        if header.alg != ALGORITHM || header.crit.is_some() {
            return Err(InvalidJws::Unsupported);
        }
        let signature = Signature::from_slice(&decode(signature)?).map_err(|_| InvalidJws::Malformed)?;
        Ok(Self {
            header,
            signed,
            content: decode(content)?,
            signature,
        })
    }

    /// The header, as whoever wrote it says.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Checks type and signature, and gives the content.
    ///
    /// # Errors
    /// [`InvalidJws::Type`], [`InvalidJws::Signature`] or [`InvalidJws::Content`].
    pub fn verify<T: DeserializeOwned>(&self, key: &VerifyingKey, typ: &str) -> Result<T, InvalidJws> {
        if self.header.typ != typ {
            return Err(InvalidJws::Type);
        }
        key.verify(self.signed.as_bytes(), &self.signature)
            .map_err(|_| InvalidJws::Signature)?;
        serde_json::from_slice(&self.content).map_err(|_| InvalidJws::Content)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn signer(seed: u8) -> JwsSigner {
        JwsSigner::new(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    fn verify(text: &str, signer: &JwsSigner, typ: &str) -> Result<String, InvalidJws> {
        UnverifiedJws::parse(text, 4096)?.verify(signer.key.verifying_key(), typ)
    }

    #[test]
    fn what_was_signed_is_what_is_read() {
        let text = signer(1).sign("test+jwt", &"hello").unwrap();
        assert_eq!(verify(&text, &signer(1), "test+jwt").unwrap(), "hello");
    }

    #[test]
    fn another_key_another_type_and_a_long_text_are_refused() {
        let text = signer(1).sign("test+jwt", &"hello").unwrap();
        assert_eq!(verify(&text, &signer(2), "test+jwt"), Err(InvalidJws::Signature));
        assert_eq!(verify(&text, &signer(1), "other+jwt"), Err(InvalidJws::Type));
        assert_eq!(UnverifiedJws::parse(&text, 10).unwrap_err(), InvalidJws::TooLong);
    }

    #[test]
    fn algorithm_none_and_critical_extensions_are_refused() {
        for header in [
            r#"{"alg":"none","typ":"test+jwt","kid":"k"}"#,
            r#"{"alg":"HS256","typ":"test+jwt","kid":"k"}"#,
            r#"{"alg":"ES256","typ":"test+jwt","kid":"k","crit":["b64"]}"#,
        ] {
            let encoded = Base64UrlUnpadded::encode_string(header.as_bytes());
            let text = format!("{encoded}.e30.{}", Base64UrlUnpadded::encode_string(&[1; 64]));
            assert_eq!(
                UnverifiedJws::parse(&text, 4096).unwrap_err(),
                InvalidJws::Unsupported,
                "{header}"
            );
        }
    }

    #[test]
    fn thumbprint_is_that_of_rfc_7638_over_the_required_members() {
        let jwk = signer(1).public_key();
        assert_eq!(jwk.kid.len(), 43);
        assert_eq!(jwk.kid, signer(1).kid());
        assert_ne!(jwk.kid, signer(2).kid());
    }

    proptest! {
        #[test]
        fn no_changed_byte_passes(place in 0usize..150, by in 1u8..255) {
            let signer = signer(1);
            let mut bytes = signer.sign("test+jwt", &"hello").unwrap().into_bytes();
            let place = place % bytes.len();
            bytes[place] = bytes[place].wrapping_add(by);
            if let Ok(text) = String::from_utf8(bytes) {
                prop_assert!(verify(&text, &signer, "test+jwt").is_err());
            }
        }
    }
}
