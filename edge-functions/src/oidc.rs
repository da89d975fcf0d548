//! The identity provider: OpenID Connect's code flow with PKCE, and pushed authorization requests (RFC 9126) for what may not
//! travel in a browser's address.

pub mod authorization;
pub mod client;
pub mod code;
pub mod failure;
pub mod form;
pub mod metadata;
pub mod redirect;
pub mod token;
