//! What is known of the people and organisations in a session.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::iin::Bin;
use crate::language::Localized;

/// The relying party, as the evidence names it: the law's initiator, and the customer where it is a bank (BNK-9, BNK-13).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct Customer {
    /// Its identifier as a client of the identity provider.
    pub client_id: String,
    /// Its name.
    pub name: Localized,
    /// Its business identification number.
    pub bin: Bin,
}

/// What kind of document proves a citizen's identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityDocumentKind {
    /// Identity card.
    IdentityCard,
    /// Passport.
    Passport,
}

/// Whether a document is in force, as the state database says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityDocumentStatus {
    /// In force.
    Valid,
    /// Reported lost or stolen.
    Lost,
    /// Withdrawn by the issuer.
    Revoked,
}

/// The identity document of a citizen (NBS-9), as the state database gives it. Its number is personal: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct IdentityDocument {
    /// Kind.
    pub kind: IdentityDocumentKind,
    /// Number.
    pub number: String,
    /// First day in force.
    pub issued_on: Date,
    /// Last day in force.
    pub valid_until: Date,
    /// Status.
    pub status: IdentityDocumentStatus,
}

/// Why an identity document does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OutOfForce {
    /// Its first day lies ahead.
    NotYetValid,
    /// Its last day has passed.
    Expired,
    /// Reported lost or stolen.
    Lost,
    /// Withdrawn by the issuer.
    Revoked,
}

impl std::fmt::Debug for IdentityDocument {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdentityDocument")
            .field("kind", &self.kind)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
