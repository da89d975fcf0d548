//! BNK: biometric identification by banks, organisations doing certain banking operations and microfinance organisations
//! (resolution 56, 16 August 2024).
//!
//! In: the runs of the liveness check (BNK-8a, BNK-8b). Not in yet: a customer's own criteria and decision (BNK-4, BNK-16,
//! BNK-17).

pub mod run;

use serde::{Deserialize, Serialize};

/// How often a failed liveness check is repeated before the result is negative (BNK-8b): so the fourth failed run ends it.
pub const REPEATS: u8 = 3;

/// Which run of the liveness check: 0 for the first, up to [`REPEATS`] for the last repeat (BNK-8b).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct RunNumber(u8);

/// There is no such run: BNK-8b allows one first run and [`REPEATS`] repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there are at most {} runs (BNK-8b)", REPEATS + 1)]
pub struct NoSuchRun;

impl RunNumber {
    /// The first run.
    pub const FIRST: Self = Self(0);

    /// The repeat that follows when this run fails; none after the last (BNK-8b).
    #[must_use]
    pub const fn next(self) -> Option<Self> {
        if self.0 < REPEATS { Some(Self(self.0 + 1)) } else { None }
    }

    /// Repeats that may still follow.
    #[must_use]
    pub const fn repeats_left(self) -> u8 {
        REPEATS - self.0
    }

    /// The number, from 0.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl TryFrom<u8> for RunNumber {
    type Error = NoSuchRun;

    fn try_from(number: u8) -> Result<Self, NoSuchRun> {
        if number <= REPEATS {
            Ok(Self(number))
        } else {
            Err(NoSuchRun)
        }
    }
}

impl From<RunNumber> for u8 {
    fn from(number: RunNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_8b_one_first_run_and_three_repeats_are_all() {
        let mut runs = vec![RunNumber::FIRST];
        while let Some(next) = runs.last().and_then(|run| run.next()) {
            runs.push(next);
        }
        assert_eq!(runs.len(), 4);
        let left: Vec<u8> = runs.iter().map(|run| run.repeats_left()).collect();
        assert_eq!(left, [3, 2, 1, 0]);
        assert!(serde_json::from_str::<RunNumber>("3").is_ok());
        assert!(serde_json::from_str::<RunNumber>("4").is_err());
    }
}
