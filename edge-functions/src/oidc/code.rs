//! Authorization codes and access tokens of one session: `<session>.<secret>`, so that the session is found by them; only the
//! secret's hash is stored. A code is good once, for a minute; its second use revokes what the first one gave (RFC 6749,
//! section 4.1.2).

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest};

use crate::oidc::failure::{Failure, OauthError};

/// How long a code is good, in seconds.
pub const CODE_SECONDS: i64 = 60;
/// How long an access token is good, in seconds.
pub const TOKEN_SECONDS: i64 = 300;

/// A code or an access token: a secret that names its session.
#[derive(Clone, PartialEq, Eq)]
pub struct Handle {
    session: SessionId,
    secret: Nonce,
}

/// What stands in exchange for a session's result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "grant", rename_all = "snake_case")]
pub enum Grant {
    /// No code was given yet.
    #[default]
    None,
    /// A code was given. A later one replaces it.
    Issued {
        /// Hash of the code's secret.
        code: Sha256Digest,
        /// When the code is no longer good.
        until: Timestamp,
    },
    /// The code was used.
    Redeemed {
        /// Hash of the code's secret.
        code: Sha256Digest,
        /// Hash of the access token's secret.
        token: Sha256Digest,
        /// When the access token is no longer good.
        until: Timestamp,
    },
    /// The code was used twice: nothing is good any more.
    Revoked,
}

impl Handle {
    /// A handle of fresh random bytes.
    #[must_use]
    pub const fn new(session: SessionId, random: [u8; 32]) -> Self {
        Self {
            session,
            secret: Nonce::from_bytes(random),
        }
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (session, secret) = text.split_once('.')?;
        Some(Self {
            session: session.parse().ok()?,
            secret: secret.parse().ok()?,
        })
    }

    /// The session.
    #[must_use]
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The text form, for the one who is to have it.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{}.{}", self.session, self.secret)
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> Sha256Digest {
        Sha256Digest::of_parts("tanu/handle/1", &[self.session.as_bytes(), self.secret.as_bytes()])
    }
}

impl Grant {
    /// Gives a code, in place of an unused earlier one.
    ///
    /// # Errors
    /// Where a code of this session was used already: the relying party has its answer.
    pub fn issue(&self, code: &Handle, now: Timestamp) -> Result<Self, AlreadyUsed> {
        match self {
            Self::None | Self::Issued { .. } => Ok(Self::Issued {
                code: code.hash(),
                until: later(now, CODE_SECONDS),
            }),
            Self::Redeemed { .. } | Self::Revoked => Err(AlreadyUsed),
        }
    }

    /// Takes a code, whose other conditions the caller has checked, in exchange for `token`. Gives the grant to store, and
    /// whether the exchange holds.
    pub fn redeem(self, code: &Sha256Digest, token: &Handle, now: Timestamp) -> (Self, Result<(), Failure>) {
        match self {
            Self::Issued { code: known, until } if same(&known, code) => {
                if now >= until {
                    // It gave nothing, so the citizen may come back with another one.
                    return (
                        Self::None,
                        Err(Failure::new(OauthError::InvalidGrant, "the code is too old")),
                    );
                }
                let redeemed = Self::Redeemed {
                    code: known,
                    token: token.hash(),
                    until: later(now, TOKEN_SECONDS),
                };
                (redeemed, Ok(()))
            }
            Self::Redeemed { code: known, .. } if same(&known, code) => (
                Self::Revoked,
                Err(Failure::new(OauthError::InvalidGrant, "the code was used before")),
            ),
            other => (other, Err(WRONG_CODE)),
        }
    }

    /// Whether an access token is good.
    #[must_use]
    pub fn admits(&self, token: &Sha256Digest, now: Timestamp) -> bool {
        matches!(self, Self::Redeemed { token: known, until, .. } if same(known, token) && now < *until)
    }

    /// Whether `code` is the one that is or was good here.
    #[must_use]
    pub fn knows(&self, code: &Sha256Digest) -> bool {
        matches!(self, Self::Issued { code: known, .. } | Self::Redeemed { code: known, .. } if same(known, code))
    }
}

/// A code of this session was used already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a code of this session was used already")]
pub struct AlreadyUsed;

/// The code is not one of ours, not this client's, or not for this address.
pub const WRONG_CODE: Failure = Failure::new(
    OauthError::InvalidGrant,
    "the code, its client, its address or its verifier is wrong",
);

/// Whether a PKCE verifier belongs to a challenge (RFC 7636, section 4.6).
#[must_use]
pub fn verifier_fits(verifier: &str, challenge: &str) -> bool {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"-._~".contains(&c);
    let well_formed = (43..=128).contains(&verifier.len()) && verifier.bytes().all(plain);
    let computed = Base64UrlUnpadded::encode_string(Sha256Digest::of(verifier.as_bytes()).as_bytes());
    well_formed && bool::from(computed.as_bytes().ct_eq(challenge.as_bytes()))
}

fn same(one: &Sha256Digest, other: &Sha256Digest) -> bool {
    one.as_bytes().ct_eq(other.as_bytes()).into()
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Handle(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::authorization::tests::{CHALLENGE, VERIFIER};

    const NOW: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn handle(random: u8) -> Handle {
        Handle::new(SessionId::from_bytes([1; 16]), [random; 32])
    }

    fn issued() -> Grant {
        Grant::None.issue(&handle(1), NOW).unwrap()
    }

    #[test]
    fn a_handle_survives_its_text_and_stays_out_of_debug_output() {
        assert_eq!(Handle::parse(&handle(1).expose()), Some(handle(1)));
        assert!(!format!("{:?}", handle(1)).contains(&handle(1).expose()));
        for text in [
            "",
            ".",
            "a.b",
            &handle(1).expose()[1..],
            &format!("{}x", handle(1).expose()),
        ] {
            assert_eq!(Handle::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_code_is_good_once_and_its_second_use_revokes_the_token() {
        let (grant, first) = issued().redeem(&handle(1).hash(), &handle(2), NOW);
        assert_eq!(first, Ok(()));
        assert!(grant.admits(&handle(2).hash(), NOW));
        let (grant, second) = grant.redeem(&handle(1).hash(), &handle(3), NOW);
        assert_eq!(second.unwrap_err().error, OauthError::InvalidGrant);
        assert_eq!(grant, Grant::Revoked);
        assert!(!grant.admits(&handle(2).hash(), NOW));
        assert_eq!(grant.issue(&handle(4), NOW), Err(AlreadyUsed));
    }

    #[test]
    fn a_wrong_code_changes_nothing() {
        let (grant, result) = issued().redeem(&handle(9).hash(), &handle(2), NOW);
        assert!(result.is_err());
        assert_eq!(grant, issued());
    }

    #[test]
    fn codes_and_tokens_have_their_time() {
        let after = |seconds| NOW + SignedDuration::from_secs(seconds);
        let (grant, late) = issued().redeem(&handle(1).hash(), &handle(2), after(CODE_SECONDS));
        assert_eq!(late.unwrap_err().error, OauthError::InvalidGrant);
        assert!(!grant.knows(&handle(1).hash()), "a code that was too old is good again");
        assert!(
            grant.issue(&handle(3), after(CODE_SECONDS)).is_ok(),
            "the citizen has no way on"
        );
        let (grant, result) = issued().redeem(&handle(1).hash(), &handle(2), after(CODE_SECONDS - 1));
        assert_eq!(result, Ok(()));
        assert!(grant.admits(&handle(2).hash(), after(CODE_SECONDS + TOKEN_SECONDS - 2)));
        assert!(!grant.admits(&handle(2).hash(), after(CODE_SECONDS + TOKEN_SECONDS)));
    }

    #[test]
    fn a_later_code_replaces_an_unused_one() {
        let grant = issued().issue(&handle(2), NOW).unwrap();
        assert!(!grant.knows(&handle(1).hash()) && grant.knows(&handle(2).hash()));
    }

    #[test]
    fn only_the_verifier_of_the_challenge_fits() {
        assert!(verifier_fits(VERIFIER, CHALLENGE));
        assert!(!verifier_fits(&VERIFIER.replace('v', "w"), CHALLENGE));
        assert!(!verifier_fits("", CHALLENGE));
        assert!(!verifier_fits(CHALLENGE, CHALLENGE));
    }
}
