//! NBS: the national biometric authentication system, how it works and how to connect to it (order 225/НҚ, 30 April 2026).
//!
//! In: consent before anything biometric (NBS-4), the citizen's [`session`] and its outcome for the initiator (NBS-10).
//! Withdrawal and destruction (NBS-11) are the matcher's, where the data are. Not in yet: connecting an initiator (NBS-12 to NBS-17).

pub mod consent;
pub mod outcome;
pub mod session;
