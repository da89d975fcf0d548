//! What was asked against what was seen: the challenge plan, the measurement of each command, the verdict.
//!
//! Pure: numbers in, judgement out. In scope: choosing commands ([`plan`]), judging the frames of one step against its command
//! ([`measure`]), judging a run ([`verdict`]), the numbers they judge by ([`policy`]), and what to tell the citizen
//! ([`guidance`]). Out of scope: pixels (`tanu-vision`), IO, the clock, and the source of randomness.
//!
//! The browser runs [`measure`] to guide; the matcher runs the same code on the same frames to decide.

pub mod guidance;
pub mod measure;
pub mod plan;
pub mod policy;
pub mod verdict;
