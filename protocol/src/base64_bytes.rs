//! Bytes as standard base64 text in JSON, for `#[serde(with = …)]`.

use base64ct::{Base64, Encoding};
use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

/// Writes base64.
///
/// # Errors
/// As the serializer.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&Base64::encode_string(bytes))
}

/// Reads base64.
///
/// # Errors
/// Where the text is not base64.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    Base64::decode_vec(&String::deserialize(deserializer)?).map_err(|_| D::Error::custom("not base64"))
}
