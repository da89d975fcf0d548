//! The edge's keys, read from text bindings at the first request.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::{Jwk, JwsSigner};

/// Random bytes of a session's id: two of a trillion sessions meet with a probability of less than one half.
pub const SESSION_RANDOM: usize = 10;
/// Bytes that mark a session's id as ours: a guess hits with a probability of 2⁻⁴⁸, and gains an answer of *unknown* at that.
const SESSION_MARK: usize = SessionId::LENGTH - SESSION_RANDOM;

/// All keys of the edge.
pub struct Keys {
    /// Signs tokens and consents.
    pub signing: JwsSigner,
    /// Signs requests to the matcher.
    pub channel: JwsSigner,
    /// Checks the matcher's answers.
    pub matcher: VerifyingKey,
    /// Makes the identifiers of subjects and marks those of sessions. 32 bytes and as many zeros, as HMAC itself fills a key up
    /// to its block.
    subject: [u8; 64],
}

/// Which key can't be used.
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
    /// [`InvalidKey`] for the first that can't be read, or that serves a second purpose: who holds the matcher's key must not
    /// be able to sign as the edge, nor a token pass for a request.
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
        let keys = Self {
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
        };
        let own = [keys.signing.kid(), keys.channel.kid()];
        if own[0] == own[1] {
            return Err(InvalidKey {
                binding: "EDGE_CHANNEL_KEY",
                expected: "a key of its own: it is EDGE_SIGNING_KEY",
            });
        }
        if own.contains(&Jwk::of(&keys.matcher).kid.as_str()) {
            return Err(InvalidKey {
                binding: "MATCHER_CHANNEL_KEY",
                expected: "the matcher's: it is a key of the edge",
            });
        }
        Ok(keys)
    }

    /// A session's id of fresh random bytes, marked as ours. Whoever asks for a session of another id is told that there is none
    /// without any object being woken for it: one that never was would be made by the asking, and kept.
    #[must_use]
    pub fn session_id(&self, random: [u8; SESSION_RANDOM]) -> SessionId {
        let mut id = [0; SessionId::LENGTH];
        id[..SESSION_RANDOM].copy_from_slice(&random);
        id[SESSION_RANDOM..].copy_from_slice(&self.session_mark(&random));
        SessionId::from_bytes(id)
    }

    /// Whether a session's id is one that [`Keys::session_id`] made.
    #[must_use]
    pub fn made(&self, session: &SessionId) -> bool {
        let (random, mark) = session.as_bytes().split_at(SESSION_RANDOM);
        mark.ct_eq(&self.session_mark(random)).into()
    }

    fn session_mark(&self, random: &[u8]) -> [u8; SESSION_MARK] {
        let mac = self.mac("tanu/session-id/1", &[random]);
        std::array::from_fn(|place| mac[place])
    }

    /// Different purposes never share a code: each has a domain of its own.
    fn mac(&self, domain: &str, parts: &[&[u8]]) -> [u8; 32] {
        let content = Sha256Digest::of_parts(domain, parts);
        let mac = Hmac::<Sha256>::new(&self.subject.into()).chain_update(content.as_bytes());
        mac.finalize().into_bytes().into()
    }

    /// The subject identifier of a citizen at one relying party: another relying party gets another one, so that they can't
    /// join their records by it (OpenID Connect Core 1.0, section 8.1).
    #[must_use]
    pub fn subject(&self, client: &str, person: &Iin) -> Sha256Digest {
        Sha256Digest::from_bytes(self.mac("tanu/subject/1", &[client.as_bytes(), person.expose().as_bytes()]))
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
    fn bnk_15_a_key_that_serves_a_second_purpose_is_refused() {
        let key = |seed| SigningKey::from_slice(&[seed; 32]).unwrap();
        let pem = |seed| key(seed).to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let public = |seed: u8| key(seed).verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
        let subject = Base64::encode_string(&[4; 32]);
        for (signing, channel, matcher, binding) in [
            (1, 1, 3, "EDGE_CHANNEL_KEY"),
            (1, 2, 1, "MATCHER_CHANNEL_KEY"),
            (1, 2, 2, "MATCHER_CHANNEL_KEY"),
        ] {
            let error = Keys::parse(&pem(signing), &pem(channel), &public(matcher), &subject).unwrap_err();
            assert_eq!(error.binding, binding);
        }
    }

    #[test]
    fn an_id_that_was_not_made_here_is_told_from_one_that_was() {
        let keys = keys();
        let made = keys.session_id([9; SESSION_RANDOM]);
        assert!(keys.made(&made));
        for place in 0..SessionId::LENGTH {
            let mut other = *made.as_bytes();
            other[place] ^= 1;
            assert!(!keys.made(&SessionId::from_bytes(other)), "byte {place}");
        }
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
