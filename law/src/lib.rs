//! The legal texts as pure code: rules and state machines, each citing its clause. No IO, no clock, no randomness.
