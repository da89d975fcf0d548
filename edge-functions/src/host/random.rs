//! The one place that draws random bytes: from Web Crypto.

use super::log;
use crate::desk::HostFailure;

/// Fresh bytes of the runtime's cryptographic random source.
#[expect(clippy::disallowed_methods, reason = "the edge's random module")]
pub(super) fn bytes<const N: usize>() -> Result<[u8; N], HostFailure> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| log::failed(HostFailure::Random))?;
    Ok(bytes)
}
