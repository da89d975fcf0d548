//! The wire contract of Tanu: identifiers, challenges, captures, evidence, problems. No IO, no clock, no randomness.

pub mod observation;
