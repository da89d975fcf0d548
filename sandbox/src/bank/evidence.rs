//! The session's documents as the bank checks them: signed by a key that the authority certifies (BNK-10, BNK-14), about this
//! session and for this bank. Consents are signed by the issuer's own key.

use base64ct::{Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use openidconnect::core::CoreJsonWebKeySet;
use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{
    COMPARISON_TYPE, CONSENT_TYPE, ComparisonDocument, ConsentRecord, DocumentKind, LIVENESS_TYPE, LivenessDocument,
    SignedDocument,
};
use tanu_protocol::identity::Customer;
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::UnverifiedJws;

use crate::authority::Authority;

/// The most bytes of one document: a run's frames and room.
pub(super) const MOST_DOCUMENT_BYTES: usize = 16 * 1024 * 1024;

/// The issuer's public keys, by key id.
#[derive(Clone, Debug, Default)]
pub(super) struct IssuerKeys(Vec<(String, VerifyingKey)>);

/// The content of a document.
#[derive(Clone, PartialEq)]
pub(super) enum Content {
    Consent(ConsentRecord),
    Liveness(LivenessDocument),
    Comparison(ComparisonDocument),
}

/// Why a document does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fault {
    /// Its hash is another one than was said.
    Hash,
    /// It can't be read.
    Unreadable,
    /// Its key is not certified, or not the issuer's.
    Untrusted,
    /// Its signature does not fit.
    Signature,
    /// It belongs to another transaction, session or bank.
    Foreign,
}

/// Checks documents for one bank.
#[derive(Clone, Debug)]
pub(super) struct EvidenceChecker {
    authority: Authority,
    client_id: String,
}

/// A key of the JWK set, as far as it is needed here.
#[derive(Deserialize)]
struct PublicKey {
    kid: String,
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl IssuerKeys {
    /// The P-256 keys of a set; others can't sign consents.
    pub(super) fn of(set: &CoreJsonWebKeySet) -> Self {
        let keys = set
            .keys()
            .iter()
            .filter_map(|key| serde_json::to_value(key).ok())
            .filter_map(|key| serde_json::from_value::<PublicKey>(key).ok())
            .filter_map(|key| Some((key.kid.clone(), key.verifying_key()?)))
            .collect();
        Self(keys)
    }

    fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.0.iter().find_map(|(known, key)| (known == kid).then_some(key))
    }
}

impl PublicKey {
    fn verifying_key(&self) -> Option<VerifyingKey> {
        if self.kty != "EC" || self.crv.as_deref() != Some("P-256") {
            return None;
        }
        // Uncompressed point (SEC 1, section 2.3.3): 4, then both coordinates.
        let mut point = vec![4];
        for coordinate in [&self.x, &self.y] {
            point.extend(Base64UrlUnpadded::decode_vec(coordinate.as_deref()?).ok()?);
        }
        VerifyingKey::from_sec1_bytes(&point).ok()
    }
}

impl EvidenceChecker {
    /// Documents certified by `authority` and made for the client `client_id`.
    pub(super) const fn new(authority: Authority, client_id: String) -> Self {
        Self { authority, client_id }
    }

    /// Checks one document of `transaction` and gives its content.
    pub(super) fn check(
        &self,
        document: &SignedDocument,
        transaction: &TransactionHash,
        issuer: &IssuerKeys,
        now: Timestamp,
    ) -> Result<Content, Fault> {
        if Sha256Digest::of(document.jws.as_bytes()) != document.reference.sha256 {
            return Err(Fault::Hash);
        }
        let jws = UnverifiedJws::parse(&document.jws, MOST_DOCUMENT_BYTES).map_err(|_| Fault::Unreadable)?;
        let key = match (document.reference.kind, &jws.header().x5c) {
            (DocumentKind::Consent, None) => *issuer.find(&jws.header().kid).ok_or(Fault::Untrusted)?,
            (_, Some(chain)) => self.authority.signing_key(chain, now).map_err(|_| Fault::Untrusted)?,
            (_, None) => return Err(Fault::Untrusted),
        };
        let content = match document.reference.kind {
            DocumentKind::Consent => jws.verify(&key, CONSENT_TYPE).map(Content::Consent),
            DocumentKind::Liveness => jws.verify(&key, LIVENESS_TYPE).map(Content::Liveness),
            DocumentKind::Comparison => jws.verify(&key, COMPARISON_TYPE).map(Content::Comparison),
        }
        .map_err(|_| Fault::Signature)?;
        if content.transaction() == transaction && content.customer().client_id == self.client_id {
            Ok(content)
        } else {
            Err(Fault::Foreign)
        }
    }
}

impl Content {
    /// The content of a document that was checked when it was stored.
    pub(super) fn of_checked(document: &SignedDocument) -> Option<Self> {
        let payload = payload(document)?;
        match document.reference.kind {
            DocumentKind::Consent => serde_json::from_slice(&payload).ok().map(Self::Consent),
            DocumentKind::Liveness => serde_json::from_slice(&payload).ok().map(Self::Liveness),
            DocumentKind::Comparison => serde_json::from_slice(&payload).ok().map(Self::Comparison),
        }
    }

    /// The transaction that it belongs to.
    pub(super) const fn transaction(&self) -> &TransactionHash {
        match self {
            Self::Consent(consent) => &consent.transaction,
            Self::Liveness(liveness) => &liveness.transaction,
            Self::Comparison(comparison) => &comparison.transaction,
        }
    }

    /// Whom it is about, where that was known.
    pub(super) const fn person(&self) -> Option<&Iin> {
        match self {
            Self::Consent(consent) => consent.person.as_ref(),
            Self::Liveness(liveness) => liveness.person.as_ref(),
            Self::Comparison(comparison) => Some(&comparison.person),
        }
    }

    const fn customer(&self) -> &Customer {
        match self {
            Self::Consent(consent) => &consent.customer,
            Self::Liveness(liveness) => &liveness.customer,
            Self::Comparison(comparison) => &comparison.customer,
        }
    }

    /// The pictures inside, in order.
    pub(super) fn images(&self) -> Vec<&[u8]> {
        match self {
            Self::Consent(_) => Vec::new(),
            Self::Liveness(liveness) => liveness
                .steps
                .iter()
                .flat_map(|step| &step.images)
                .map(|image| image.jpeg.as_slice())
                .collect(),
            Self::Comparison(comparison) => vec![&comparison.current_image.jpeg],
        }
    }
}

/// The JSON inside a document, without any check.
pub(super) fn payload(document: &SignedDocument) -> Option<Vec<u8>> {
    Base64UrlUnpadded::decode_vec(document.jws.split('.').nth(1)?).ok()
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Consent(_) => "Consent(…)",
            Self::Liveness(_) => "Liveness(…)",
            Self::Comparison(_) => "Comparison(…)",
        })
    }
}

#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
