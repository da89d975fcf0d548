//! What an instance says of itself.

use serde::Serialize;

use crate::reply::Reply;

/// How long caches may keep what is the same for everybody.
pub const SHARED: &str = "public, max-age=300";

/// The OpenAPI document as the build found it; a test holds it to the code.
const DOCUMENT: &[u8] = include_bytes!("../../docs/openapi/edge.json");

/// Whether this instance serves.
#[derive(Clone, Copy, Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct Health {
    /// `ok`.
    status: &'static str,
}

/// It serves.
#[must_use]
pub fn health() -> Reply {
    Reply::json(200, &Health { status: "ok" })
}

/// The OpenAPI document.
#[must_use]
pub fn description() -> Reply {
    let mut reply = Reply::typed(200, "application/json", DOCUMENT.to_vec());
    reply.headers.retain(|(name, _)| *name != "cache-control");
    reply.with("cache-control", SHARED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_may_be_kept_for_a_while() {
        let reply = description();
        let caching: Vec<_> = reply
            .headers
            .iter()
            .filter(|(name, _)| *name == "cache-control")
            .collect();
        assert_eq!(caching, [&("cache-control", SHARED.to_owned())]);
        let document: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        assert_eq!(document["openapi"], "3.1.1");
    }
}
