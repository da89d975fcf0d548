//! Schemas of texts and bytes that are plain strings in Rust, and of our newtypes.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::capture::{MEDIA_TYPE, MOST_CAPTURE_BYTES, MOST_FRAME_BYTES};

/// A compact JWS (RFC 7515, section 7.1).
pub struct CompactJws;
/// Bytes as standard base64 text (RFC 4648, section 4).
pub struct Base64;
/// The bytes of a JPEG in CBOR.
pub struct Jpeg;
/// The bytes of an encoded [`StepCapture`](crate::capture::StepCapture) in CBOR.
pub struct EncodedCapture;

/// Any JSON object.
pub struct Anything;

/// Gives a newtype that is written as text its schema: its description, and the pattern of what it reads.
macro_rules! text {
    ($name:ident, $description:expr, $pattern:expr) => {
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": $description.trim(),
                    "pattern": $pattern,
                })
            }
        }
    };
}
pub(crate) use text;

text!(
    CompactJws,
    "A compact JWS (RFC 7515, section 7.1), signed with ES256.",
    r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
);

impl JsonSchema for Base64 {
    fn schema_name() -> Cow<'static, str> {
        "Base64".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "contentEncoding": "base64"})
    }
}

impl JsonSchema for Jpeg {
    fn schema_name() -> Cow<'static, str> {
        "Jpeg".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"contentMediaType": "image/jpeg", "minLength": 1, "maxLength": MOST_FRAME_BYTES})
    }
}

impl JsonSchema for EncodedCapture {
    fn schema_name() -> Cow<'static, str> {
        "EncodedCapture".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"contentMediaType": MEDIA_TYPE, "maxLength": MOST_CAPTURE_BYTES})
    }
}

impl JsonSchema for Anything {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "object"})
    }
}
