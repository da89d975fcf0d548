//! What was asked against what was seen: the challenge plan, the measurement of each command, the verdict.
//!
//! Pure: numbers in, judgement out. In scope: choosing commands ([`plan`]), judging the frames of one step against its command
//! ([`measure`]), judging a run ([`verdict`]), and telling the citizen what to do ([`guidance`]). Out of scope: pixels
//! (`tanu-vision`), IO, the clock, and the source of randomness, which is a port.
//!
//! The browser runs [`measure`] to guide; the matcher runs the same code on the same frames to decide.

pub mod guidance;
