//! Errors as OAuth clients understand them (RFC 6749, section 5.2; RFC 9126, section 2.3).

use serde::Serialize;

use crate::reply::Reply;

/// Why the identity provider did not do what a relying party asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What, as OAuth names it.
    pub error: OauthError,
    /// Why, for whoever mends the relying party's code. Never repeats what was sent.
    pub why: &'static str,
}

/// A failure as OAuth clients read it.
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct FailureBody {
    /// What, as OAuth names it.
    error: OauthError,
    /// Why, for whoever mends the relying party's code. Never repeats what was sent.
    error_description: &'static str,
}

/// OAuth's names for errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OauthError {
    /// Something is missing, repeated or malformed.
    InvalidRequest,
    /// The client did not prove who it is.
    InvalidClient,
    /// The code is wrong, used, too old, or another client's.
    InvalidGrant,
    /// The grant type is not offered.
    UnsupportedGrantType,
    /// The response type is not offered.
    UnsupportedResponseType,
    /// The scope lacks `openid`.
    InvalidScope,
    /// The access token is wrong or too old.
    InvalidToken,
    /// The citizen would have to do something, and `prompt=none` forbids it.
    InteractionRequired,
    /// Request objects are not offered.
    RequestNotSupported,
    /// The citizen refused or broke off, or the result is negative.
    AccessDenied,
    /// Later.
    TemporarilyUnavailable,
}

impl OauthError {
    /// The error's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::InvalidGrant => "invalid_grant",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::InvalidScope => "invalid_scope",
            Self::InvalidToken => "invalid_token",
            Self::InteractionRequired => "interaction_required",
            Self::RequestNotSupported => "request_not_supported",
            Self::AccessDenied => "access_denied",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
        }
    }
}

impl Failure {
    /// A failure with its reason.
    #[must_use]
    pub const fn new(error: OauthError, why: &'static str) -> Self {
        Self { error, why }
    }

    /// As JSON, the way token endpoint, PAR endpoint and userinfo answer.
    #[must_use]
    pub fn reply(self) -> Reply {
        let body = FailureBody {
            error: self.error,
            error_description: self.why,
        };
        match self.error {
            OauthError::InvalidClient => {
                Reply::json(401, &body).with("www-authenticate", r#"Basic realm="tanu""#.into())
            }
            OauthError::InvalidToken => {
                Reply::json(401, &body).with("www-authenticate", r#"Bearer error="invalid_token""#.into())
            }
            OauthError::TemporarilyUnavailable => Reply::json(503, &body).with("retry-after", "5".into()),
            _ => Reply::json(400, &body),
        }
    }
}
