//! The edge's keys, read from text bindings at the first request.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use sha2::Sha256;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::JwsSigner;

/// All keys of the edge.
pub struct Keys {
    /// Signs tokens and consents.
    pub signing: JwsSigner,
    /// Signs requests to the matcher.
    pub channel: JwsSigner,
    /// Checks the matcher's answers.
    pub matcher: VerifyingKey,
    /// 32 bytes and as many zeros, as HMAC itself fills a key up to its block.
    subject: [u8; 64],
}

/// Which key can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{binding} is not {expected}")]
pub struct InvalidKey {
    /// The binding.
    pub binding: &'static str,
    /// What it should be.
    pub expected: &'static str,
}

impl Keys {
    /// Reads the keys: PKCS#8 PEM for those that sign, a public PEM for the matcher's, 32 bytes in base64 for subjects.
    ///
    /// # Errors
    /// [`InvalidKey`] for the first that can't be read.
    pub fn parse(signing: &str, channel: &str, matcher: &str, subject: &str) -> Result<Self, InvalidKey> {
        let signer = |binding, pem: &str| {
            SigningKey::from_pkcs8_pem(pem)
                .map(JwsSigner::new)
                .map_err(|_| InvalidKey {
                    binding,
                    expected: "a P-256 key as PKCS#8 PEM",
                })
        };
        let subject = Base64::decode_vec(subject.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(|key| {
                let mut block = [0; 64];
                block[..32].copy_from_slice(&key);
                block
            });
        Ok(Self {
            signing: signer("EDGE_SIGNING_KEY", signing)?,
            channel: signer("EDGE_CHANNEL_KEY", channel)?,
            matcher: VerifyingKey::from_public_key_pem(matcher).map_err(|_| InvalidKey {
                binding: "MATCHER_CHANNEL_KEY",
                expected: "a public P-256 key as PEM",
            })?,
            subject: subject.ok_or(InvalidKey {
                binding: "SUBJECT_KEY",
                expected: "32 bytes in base64",
            })?,
        })
    }

    /// The subject identifier of a citizen at one relying party: another relying party gets another one, so that they can't
    /// join their records by it (OpenID Connect Core 1.0, section 8.1).
    #[must_use]
    pub fn subject(&self, client: &str, person: &Iin) -> Sha256Digest {
        let content = Sha256Digest::of_parts("tanu/subject/1", &[client.as_bytes(), person.expose().as_bytes()]);
        let mac = Hmac::<Sha256>::new(&self.subject.into()).chain_update(content.as_bytes());
        Sha256Digest::from_bytes(mac.finalize().into_bytes().into())
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

    use super::*;

    pub(crate) fn keys() -> Keys {
        let key = |seed| SigningKey::from_slice(&[seed; 32]).unwrap();
        let pem = |seed| key(seed).to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let public = key(3).verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
        Keys::parse(&pem(1), &pem(2), &public, &Base64::encode_string(&[4; 32])).unwrap()
    }

    #[test]
    fn a_key_that_can_not_be_read_is_named_and_not_shown() {
        let error = Keys::parse("secret text", "", "", "").unwrap_err();
        assert_eq!(error.binding, "EDGE_SIGNING_KEY");
        assert!(!error.to_string().contains("secret text"));
    }

    #[test]
    fn subjects_differ_between_relying_parties_and_citizens() {
        let (keys, one, two): (_, Iin, Iin) =
            (keys(), "880229100014".parse().unwrap(), "991231200423".parse().unwrap());
        assert_eq!(keys.subject("bank", &one), keys.subject("bank", &one));
        assert_ne!(keys.subject("bank", &one), keys.subject("shop", &one));
        assert_ne!(keys.subject("bank", &one), keys.subject("bank", &two));
    }
}
