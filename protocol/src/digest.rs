//! Fixed-length byte strings, written as unpadded base64url (RFC 4648, section 5).

use std::fmt;
use std::str::FromStr;

use base64ct::{Base64UrlUnpadded, Encoding};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use sha2::{Digest, Sha256};

/// The text is not unpadded base64url of the length that the type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not {expected} bytes in unpadded base64url")]
pub struct MalformedBytes {
    /// Length in bytes that the type has.
    pub expected: usize,
}

macro_rules! byte_string {
    ($(#[doc = $doc:literal])* $name:ident, $length:literal, debug = $debug:ident) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; $length]);

        impl $name {
            /// Length in bytes.
            pub const LENGTH: usize = $length;

            /// Takes the bytes as they are.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; $length]) -> Self {
                Self(bytes)
            }

            /// The bytes.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; $length] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&Base64UrlUnpadded::encode_string(&self.0))
            }
        }

        byte_string!(@debug $name, $debug);

        #[cfg(feature = "openapi")]
        crate::openapi::schema::text!(
            $name,
            concat!($($doc,)* " ", stringify!($length), " bytes in unpadded base64url."),
            format!("^[A-Za-z0-9_-]{{{}}}$", ($length * 8_usize).div_ceil(6))
        );

        impl FromStr for $name {
            type Err = MalformedBytes;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let mut bytes = [0; $length];
                match Base64UrlUnpadded::decode(text, &mut bytes) {
                    Ok(decoded) if decoded.len() == $length => Ok(Self(bytes)),
                    _ => Err(MalformedBytes { expected: $length }),
                }
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    };
    (@debug $name:ident, shown) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    };
    (@debug $name:ident, hidden) => {
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

byte_string! {
    /// A SHA-256 digest.
    Sha256Digest, 32, debug = shown
}

impl Sha256Digest {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest of several strings of bytes, each preceded by its length, so that no two lists give the same digest by
    /// moving bytes from one string to its neighbour.
    #[must_use]
    pub fn of_parts(domain: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new();
        for part in std::iter::once(&domain.as_bytes()).chain(parts) {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }
}

byte_string! {
    /// Names one session of a citizen. Random, so that it can't be guessed; it opens nothing by itself.
    SessionId, 16, debug = shown
}

byte_string! {
    /// Names a relying party's request until a browser brings it (RFC 9126, section 2.2). It stands in an address, which may be sent
    /// on: nobody can tell from it which session will answer.
    RequestReference, 16, debug = hidden
}

byte_string! {
    /// Binds a step's frames to the step: random, made when the step is shown, accepted once.
    Nonce, 32, debug = hidden
}

byte_string! {
    /// Binds every artefact of one session together: session, challenge, capture, verdict, comparison, consent, code, token
    /// and evidence carry it, and nothing that carries another one is accepted.
    TransactionHash, 32, debug = shown
}

impl TransactionHash {
    /// The hash over what was asked: the session, who asks (client), the request's own parameters, and 32 random bytes.
    #[must_use]
    pub fn of_request(session: &SessionId, client: &str, request: &[u8], random: &[u8; 32]) -> Self {
        let digest = Sha256Digest::of_parts(
            "tanu/transaction/1",
            &[session.as_bytes(), client.as_bytes(), request, random],
        );
        Self(*digest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_form_round_trips(bytes: [u8; 32]) {
            let digest = Sha256Digest::from_bytes(bytes);
            prop_assert_eq!(digest.to_string().parse(), Ok(digest));
        }
    }

    #[test]
    fn wrong_lengths_and_alphabets_are_refused() {
        let valid = SessionId::from_bytes([7; 16]).to_string();
        for text in ["", &valid[1..], &format!("{valid}A"), "++++++++++++++++++++++", "!!"] {
            assert_eq!(
                text.parse::<SessionId>(),
                Err(MalformedBytes { expected: 16 }),
                "{text}"
            );
        }
    }

    #[test]
    fn parts_can_not_lend_bytes_to_each_other() {
        assert_ne!(
            Sha256Digest::of_parts("d", &[b"ab", b"c"]),
            Sha256Digest::of_parts("d", &[b"a", b"bc"])
        );
    }

    #[test]
    fn nonce_stays_out_of_debug_output() {
        assert_eq!(format!("{:?}", Nonce::from_bytes([1; 32])), "Nonce(…)");
    }
}
