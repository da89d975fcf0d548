//! NBS: the national biometric authentication system, how it works and how to connect to it (order 225/НҚ, 30 April 2026).
//!
//! In: consent before anything biometric (NBS-4), the citizen's [`session`] and its outcome for the initiator (NBS-10). Not
//! in yet: connecting an initiator (NBS-12 to NBS-17), withdrawal and destruction (NBS-11).

pub mod consent;
pub mod outcome;
pub mod session;
