//! The provider's EDS (BNK-10, BNK-14): its key signs as long as its certificate is in force.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use tanu_protocol::jws::{InvalidJws, JwsSigner};

/// How long before its end a certificate is to be replaced: longer than it takes to get one, and less than the month before which the
/// test environment renews its own.
const NOTICE: SignedDuration = SignedDuration::from_hours(28 * 24);

/// Why something was not signed.
#[derive(Debug, thiserror::Error)]
pub enum Unsigned {
    /// What is signed now would not count.
    #[error(
        "the provider's certificate expired at {not_after}: nothing is signed, and no outcome recorded, until the matcher is started \
         with a new one (BNK-10)"
    )]
    Expired {
        /// When it expired.
        not_after: Timestamp,
    },
    /// It can't be written.
    #[error("a document can't be signed: {0}")]
    Content(#[from] InvalidJws),
}

/// A key with the time until which its certificate is in force.
#[derive(Clone)]
pub struct Eds {
    signer: JwsSigner,
    not_after: Timestamp,
}

impl Eds {
    /// The key of `signer`, whose certificate is in force up to and with `not_after`.
    #[must_use]
    pub const fn new(signer: JwsSigner, not_after: Timestamp) -> Self {
        Self { signer, not_after }
    }

    /// Signs `content` as compact JWS of type `typ`.
    ///
    /// # Errors
    /// [`Unsigned`].
    pub fn sign<T: Serialize>(&self, typ: &str, content: &T, now: Timestamp) -> Result<String, Unsigned> {
        self.check(now)?;
        Ok(self.signer.sign(typ, content)?)
    }

    /// Whether something can be signed now.
    ///
    /// # Errors
    /// [`Unsigned::Expired`].
    pub fn check(&self, now: Timestamp) -> Result<(), Unsigned> {
        if now > self.not_after {
            return Err(Unsigned::Expired {
                not_after: self.not_after,
            });
        }
        Ok(())
    }

    /// When the certificate ends, where that is so soon that it has to be replaced now.
    #[must_use]
    pub fn ends_soon(&self, now: Timestamp) -> Option<Timestamp> {
        (self.not_after.duration_since(now) < NOTICE).then_some(self.not_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::service::testing::key;

    const NOT_AFTER: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn eds() -> Eds {
        Eds::new(JwsSigner::new(key(3)), NOT_AFTER)
    }

    #[test]
    fn bnk_10_nothing_is_signed_behind_the_end_of_the_certificate() {
        assert!(eds().sign("test", &1, NOT_AFTER).is_ok());
        let refusal = eds()
            .sign("test", &1, NOT_AFTER + SignedDuration::from_secs(1))
            .unwrap_err();
        assert!(
            refusal.to_string().contains("expired at 2027-01-15T08:00:00Z"),
            "{refusal}"
        );
    }

    #[test]
    fn the_end_of_the_certificate_is_noticed_four_weeks_ahead() {
        assert_eq!(eds().ends_soon(NOT_AFTER - NOTICE), None);
        let day = SignedDuration::from_hours(24);
        assert_eq!(eds().ends_soon(NOT_AFTER - NOTICE + day), Some(NOT_AFTER));
        assert_eq!(eds().ends_soon(NOT_AFTER + day), Some(NOT_AFTER));
    }
}
