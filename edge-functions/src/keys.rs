//! The edge's keys, read from text bindings at the first request.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use tanu_protocol::digest::{RequestReference, SessionId, Sha256Digest};
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::{Jwk, JwsSigner};

/// Random bytes of an identifier: two of a trillion requests meet with a probability of less than one half.
pub const RANDOM: usize = 10;
/// Bytes of an identifier; the last ones mark it as ours: a guess hits with a probability of 2⁻⁴⁸, and gains an answer of *unknown*
/// at that.
const LENGTH: usize = 16;

/// What is marked, so that none is taken for the other.
#[derive(Clone, Copy)]
enum Marked {
    Request,
    Session,
}

impl Marked {
    const fn domain(self) -> &'static str {
        match self {
            Self::Request => "tanu/request-reference/1",
            Self::Session => "tanu/session-id/1",
        }
    }
}

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

    /// A request's reference of fresh random bytes, marked as ours.
    #[must_use]
    pub fn request_reference(&self, random: [u8; RANDOM]) -> RequestReference {
        RequestReference::from_bytes(self.mark(Marked::Request, random))
    }

    /// The session that answers the request of that reference; none where the reference is not ours. Only the edge can tell it:
    /// whoever pushed a request, and had somebody else bring it, knows nothing by which to ask for what became of it.
    #[must_use]
    pub fn session_of(&self, reference: &RequestReference) -> Option<SessionId> {
        self.is_marked(Marked::Request, reference.as_bytes()).then(|| {
            let mac = self.mac("tanu/session-of-request/1", &[reference.as_bytes()]);
            let random = std::array::from_fn(|place| mac[place]);
            SessionId::from_bytes(self.mark(Marked::Session, random))
        })
    }

    /// Whether a session's id is one that [`Keys::session_of`] gave. Whoever asks for a session of another id is told that there is
    /// none without any object being woken for it: one that never was would be made by the asking, and kept.
    #[must_use]
    pub fn made(&self, session: &SessionId) -> bool {
        self.is_marked(Marked::Session, session.as_bytes())
    }

    fn mark(&self, what: Marked, random: [u8; RANDOM]) -> [u8; LENGTH] {
        let mac = self.mac(what.domain(), &[&random]);
        std::array::from_fn(|place| random.get(place).copied().unwrap_or_else(|| mac[place - RANDOM]))
    }

    fn is_marked(&self, what: Marked, identifier: &[u8; LENGTH]) -> bool {
        let random = std::array::from_fn(|place| identifier[place]);
        self.mark(what, random).ct_eq(identifier).into()
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
        let reference = keys.request_reference([9; RANDOM]);
        let session = keys.session_of(&reference).unwrap();
        assert!(keys.made(&session));
        for place in 0..LENGTH {
            let other = |mut bytes: [u8; LENGTH]| {
                bytes[place] ^= 1;
                bytes
            };
            let another = SessionId::from_bytes(other(*session.as_bytes()));
            assert!(!keys.made(&another), "byte {place}");
            let another = RequestReference::from_bytes(other(*reference.as_bytes()));
            assert_eq!(keys.session_of(&another), None, "byte {place}");
        }
    }

    #[test]
    fn neither_a_session_nor_a_request_passes_for_the_other() {
        let keys = keys();
        let reference = keys.request_reference([9; RANDOM]);
        let session = keys.session_of(&reference).unwrap();
        assert_ne!(session.as_bytes()[..RANDOM], reference.as_bytes()[..RANDOM]);
        assert!(!keys.made(&SessionId::from_bytes(*reference.as_bytes())));
        assert_eq!(
            keys.session_of(&RequestReference::from_bytes(*session.as_bytes())),
            None
        );
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
