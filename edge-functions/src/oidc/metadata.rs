//! What the provider offers (OpenID Connect Discovery 1.0; RFC 8414; RFC 9126; RFC 9207): nothing that is not enforced.

use serde_json::{Value, json};
use tanu_protocol::jws::Jwk;

use crate::oidc::token::ACR;

/// The metadata document.
#[must_use]
pub fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oidc/authorize"),
        "pushed_authorization_request_endpoint": format!("{issuer}/oidc/par"),
        "require_pushed_authorization_requests": false,
        "token_endpoint": format!("{issuer}/oidc/token"),
        "userinfo_endpoint": format!("{issuer}/oidc/userinfo"),
        "jwks_uri": format!("{issuer}/oidc/jwks"),
        "scopes_supported": ["openid"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "nonce", "auth_time", "acr", "amr", "at_hash", "txn"],
        "acr_values_supported": [ACR],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": ["kk", "ru", "en"],
    })
}

/// The key set.
#[must_use]
pub fn jwks(key: &Jwk) -> Value {
    json!({"keys": [key]})
}
