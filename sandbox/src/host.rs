//! What the host machine gives: the clock and the random source, each read in one place.

pub mod clock;
pub mod random;
