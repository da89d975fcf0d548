//! The legal texts as pure code: rules and state machines, each citing its clause. No IO, no clock, no randomness.
//!
//! One module a text. What a citizen's session needs is in: [`bnk`] (the runs of the liveness check) and [`nbs`] (consent,
//! the session, its outcome). The other texts, and the clauses of these two that are about connecting relying parties and
//! about a customer's own criteria, are not in yet: `docs/requirements.md` lists them as open.

pub mod bnk;
pub mod nbs;
