//! Numbers four at a time, as the registers of WebAssembly hold them.

use wide::f32x4;

/// Numbers in a register.
pub(super) const LANES: usize = 4;

/// A register of every so many numbers, from the one at `first` on.
#[inline(always)]
pub(super) fn every<const STRIDE: usize>(values: &[f32], first: usize) -> f32x4 {
    let at = |lane: usize| values[first + STRIDE * lane];
    f32x4::new([at(0), at(1), at(2), at(3)])
}
