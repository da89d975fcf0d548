//! What OAuth clients send and read: parameters of forms and queries, and the provider's metadata.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::iin::Iin;

use crate::desk::REQUEST_URI;
use crate::oidc::form::MOST_VALUE_BYTES;
use crate::oidc::metadata::discovery;

/// An authorization request as a browser brings it: whole, or the name of a pushed one.
pub(super) struct AuthorizationForm;
/// An authorization request as a relying party's server pushes it.
pub(super) struct PushedForm;
/// A request for tokens.
pub(super) struct TokenForm;
/// The provider's metadata.
pub(super) struct Metadata;

impl JsonSchema for AuthorizationForm {
    fn schema_name() -> Cow<'static, str> {
        "AuthorizationRequest".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let whole = form(&request(generator), &REQUIRED);
        let pushed = form(
            &json!({
                "client_id": text("The relying party."),
                "request_uri": {"type": "string", "description": "The name of a pushed request.", "pattern": format!("^{REQUEST_URI}")},
            }),
            &["client_id", "request_uri"],
        );
        json_schema!({"description": "An authorization request, or the name of a pushed one.", "anyOf": [pushed, whole]})
    }
}

impl JsonSchema for PushedForm {
    fn schema_name() -> Cow<'static, str> {
        "PushedAuthorizationRequest".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = request(generator);
        properties["login_hint"] = json!({
            "$ref": generator.subschema_for::<Iin>().get("$ref"),
            "description": "Whose session it is. Without it the citizen says so.",
        });
        properties["client_secret"] = text("`client_secret_post`, where there is no `Authorization` header.");
        schema(form(&properties, &REQUIRED))
    }
}

impl JsonSchema for TokenForm {
    fn schema_name() -> Cow<'static, str> {
        "TokenRequest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let properties = json!({
            "grant_type": {"const": "authorization_code"},
            "code": text("What the redirect brought. Good once."),
            "redirect_uri": text("Where the code was sent, letter for letter."),
            "code_verifier": text("What `code_challenge` is the SHA-256 of (RFC 7636)."),
            "client_id": text("The relying party, with `client_secret_post`."),
            "client_secret": text("`client_secret_post`, where there is no `Authorization` header."),
        });
        schema(form(
            &properties,
            &["grant_type", "code", "redirect_uri", "code_verifier"],
        ))
    }
}

impl JsonSchema for Metadata {
    fn schema_name() -> Cow<'static, str> {
        "ProviderMetadata".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        const ISSUER: &str = "https://issuer";
        let own = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(ISSUER));
        let members = match discovery(ISSUER) {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        let required: Vec<String> = members.keys().cloned().collect();
        let properties: Map<String, Value> = members
            .into_iter()
            .map(|(name, value)| {
                let schema = if own(&value) {
                    json!({"type": "string", "format": "uri"})
                } else {
                    json!({"const": value})
                };
                (name, schema)
            })
            .collect();
        json_schema!({"type": "object", "required": required, "properties": properties})
    }
}

/// The parameters without which no whole request is accepted.
const REQUIRED: [&str; 6] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "code_challenge",
    "code_challenge_method",
];

fn request(generator: &mut SchemaGenerator) -> Value {
    json!({
        "client_id": text("The relying party."),
        "redirect_uri": text("Where the citizen goes back to: registered, letter for letter."),
        "response_type": {"const": "code"},
        "response_mode": {"const": "query"},
        "scope": {"type": "string", "description": "Contains `openid`.", "pattern": "(^| )openid( |$)"},
        "state": text("Handed back as it came."),
        "nonce": text("Goes into the ID token."),
        "code_challenge": {
            "$ref": generator.subschema_for::<Sha256Digest>().get("$ref"),
            "description": "SHA-256 of the PKCE verifier (RFC 7636).",
        },
        "code_challenge_method": {"const": "S256"},
        "prompt": {"type": "string", "description": "`none` is answered with `interaction_required`.", "not": {"pattern": "(^| )none( |$)"}},
        "ui_locales": text("Languages for the pages, the first that is ours counts."),
    })
}

fn text(description: &str) -> Value {
    json!({"type": "string", "description": description})
}

fn form(properties: &Value, required: &[&str]) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": {"type": "string"},
        "propertyNames": {"not": {"enum": ["request", "registration"]}},
        "x-most-bytes-of-a-value": MOST_VALUE_BYTES,
    })
}

fn schema(value: Value) -> Schema {
    match value {
        Value::Object(members) => members.into(),
        _ => Schema::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::valid;
    use crate::oidc::authorization::tests::CHALLENGE;
    use crate::oidc::authorization::{Channel, read};
    use crate::oidc::form::Form;

    const REQUEST: [(&str, &str); 6] = [
        ("client_id", "bank"),
        ("redirect_uri", "http://localhost:8789/callback"),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];

    fn accepted(without: &str) -> bool {
        let text: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(REQUEST.iter().filter(|(name, _)| *name != without))
            .finish();
        let config = Config::parse(&valid().to_string()).unwrap();
        let form = Form::parse(text.as_bytes()).unwrap();
        let client = config.client(form.get("client_id").unwrap_or_default());
        client.is_some_and(|client| read(client, &form, Channel::Back).is_ok())
    }

    #[test]
    fn a_request_needs_the_documented_parameters_and_no_other() {
        assert_eq!(REQUEST.map(|(name, _)| name), REQUIRED);
        assert!(accepted(""));
        for name in REQUIRED {
            assert!(!accepted(name), "{name}");
        }
    }

    #[test]
    fn the_metadata_name_no_issuer_but_the_one_that_serves() {
        let schema = Metadata::json_schema(&mut SchemaGenerator::default());
        assert_eq!(schema.pointer("/properties/issuer/format"), Some(&json!("uri")));
        assert_eq!(
            schema.pointer("/properties/scopes_supported/const"),
            Some(&json!(["openid"]))
        );
        assert!(!schema.as_value().to_string().contains("https://issuer"));
    }
}
