//! How often something may be done: budgets that are spent by doing it, and grow back with time.
//!
//! Whose budget, is chosen so that nobody can keep a citizen or a relying party from a session by emptying it. Many citizens share one address behind their
//! operator, so none is counted by address. What begins a session is counted for the relying party in whose name it is begun,
//! apart for requests that it pushed itself and for those that anybody's browser may bring; what is asked of a session is
//! counted there, apart for the browser that holds its key and for its relying party. Only reading the public register has one budget
//! for everybody: whoever empties it keeps others from reading, for as long as they go on.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How much may be done: so much at once, and so much a minute from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// At once, from 1 to 100,000.
    pub burst: u32,
    /// A minute, from 1 to 100,000.
    pub per_minute: u32,
}

/// What was spent of an allowance: the moment at which it will be whole again (the generic cell rate algorithm of ITU-T I.371).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent(Timestamp);

/// Nothing is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many: nothing is left for {retry_after} s")]
pub struct Exhausted {
    /// Seconds until there is something again, at least 1.
    pub retry_after: u32,
}

/// The budgets of one session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SessionBudget {
    browser: Spent,
    relying_party: Spent,
    refused_frames: Spent,
}

/// Which budget of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purse {
    /// Calls of its browser.
    Browser,
    /// Calls of its relying party.
    RelyingParty,
    /// Frames that were not what was asked for: each is large, and read and hashed before that is known.
    RefusedFrames,
}

/// The allowances of every session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionAllowances {
    /// For its browser.
    pub browser: Allowance,
    /// For its relying party.
    pub relying_party: Allowance,
    /// For frames that are refused.
    pub refused_frames: Allowance,
}

impl Default for SessionAllowances {
    /// A citizen who passes at once makes a dozen calls, one who repeats every run some forty in as many as fifteen minutes; a
    /// page that is reloaded adds one. A browser of ours seals frames properly, so that refused ones are accidents.
    fn default() -> Self {
        Self {
            browser: Allowance::new(120, 120),
            relying_party: Allowance::new(20, 20),
            refused_frames: Allowance::new(20, 6),
        }
    }
}

impl Allowance {
    /// The most that either number may be.
    pub const MOST: u32 = 100_000;

    /// An allowance.
    #[must_use]
    pub const fn new(burst: u32, per_minute: u32) -> Self {
        Self { burst, per_minute }
    }

    /// Whether both numbers are in range.
    #[must_use]
    pub fn is_valid(self) -> bool {
        let range = 1..=Self::MOST;
        range.contains(&self.burst) && range.contains(&self.per_minute)
    }

    /// What one costs, in microseconds until it has grown back.
    fn cost(self) -> i64 {
        60_000_000 / i64::from(self.per_minute.max(1))
    }

    /// What all at once cost.
    fn whole(self) -> i64 {
        self.cost() * i64::from(self.burst)
    }
}

impl Spent {
    /// Spends one.
    ///
    /// # Errors
    /// [`Exhausted`]: then nothing is spent.
    pub fn one(self, allowance: Allowance, now: Timestamp) -> Result<Self, Exhausted> {
        let whole = SignedDuration::from_micros(allowance.whole());
        let latest = now.checked_add(whole).unwrap_or(Timestamp::MAX);
        // More than all can't be spent: the clock was set back, and says nothing of what was spent before.
        let spent = if self.0 > latest { now } else { self.0.max(now) };
        let next = spent
            .checked_add(SignedDuration::from_micros(allowance.cost()))
            .unwrap_or(Timestamp::MAX);
        if next <= latest {
            return Ok(Self(next));
        }
        let wait = next.duration_since(latest).as_micros();
        Err(Exhausted {
            retry_after: u32::try_from((wait + 999_999) / 1_000_000).unwrap_or(u32::MAX).max(1),
        })
    }
}

impl SessionBudget {
    /// Spends one of a purse.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub fn spend(&mut self, of: Purse, allowances: &SessionAllowances, now: Timestamp) -> Result<(), Exhausted> {
        let (spent, allowance) = match of {
            Purse::Browser => (&mut self.browser, allowances.browser),
            Purse::RelyingParty => (&mut self.relying_party, allowances.relying_party),
            Purse::RefusedFrames => (&mut self.refused_frames, allowances.refused_frames),
        };
        *spent = spent.one(allowance, now)?;
        Ok(())
    }

    /// Whether there is something left in a purse.
    ///
    /// # Errors
    /// [`Exhausted`].
    pub fn left(mut self, of: Purse, allowances: &SessionAllowances, now: Timestamp) -> Result<(), Exhausted> {
        self.spend(of, allowances, now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

    fn at(millis: i64) -> Timestamp {
        START + SignedDuration::from_millis(millis)
    }

    #[test]
    fn so_many_at_once_and_then_as_they_grow_back() {
        let allowance = Allowance::new(3, 6);
        let mut spent = Spent::default();
        for _ in 0..3 {
            spent = spent.one(allowance, START).unwrap();
        }
        assert_eq!(spent.one(allowance, START), Err(Exhausted { retry_after: 10 }));
        assert_eq!(spent.one(allowance, at(9_500)), Err(Exhausted { retry_after: 1 }));
        let spent = spent.one(allowance, at(10_000)).unwrap();
        assert!(spent.one(allowance, at(10_000)).is_err());
        assert!(spent.one(allowance, at(20_000)).is_ok());
    }

    #[test]
    fn whoever_waits_as_long_as_told_is_let_in() {
        for per_minute in [1, 7, 60, 90_000] {
            let allowance = Allowance::new(2, per_minute);
            let spent = Spent::default()
                .one(allowance, START)
                .unwrap()
                .one(allowance, START)
                .unwrap();
            let Exhausted { retry_after } = spent.one(allowance, START).unwrap_err();
            assert!(
                spent.one(allowance, at(i64::from(retry_after) * 1000)).is_ok(),
                "{per_minute}"
            );
        }
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let allowance = Allowance::new(2, 60);
        let spent = Spent::default().one(allowance, at(86_400_000)).unwrap();
        let spent = spent.one(allowance, START).unwrap().one(allowance, START).unwrap();
        assert_eq!(spent.one(allowance, START), Err(Exhausted { retry_after: 1 }));
    }

    #[test]
    fn one_purse_does_not_pay_for_another() {
        let mut budget = SessionBudget::default();
        let allowances = SessionAllowances {
            relying_party: Allowance::new(1, 1),
            ..SessionAllowances::default()
        };
        assert!(budget.spend(Purse::RelyingParty, &allowances, START).is_ok());
        assert!(budget.spend(Purse::RelyingParty, &allowances, START).is_err());
        assert!(budget.spend(Purse::Browser, &allowances, START).is_ok());
        assert!(budget.spend(Purse::RefusedFrames, &allowances, START).is_ok());
    }

    proptest! {
        #[test]
        fn never_more_than_the_burst_and_what_grew_back(
            burst in 1u32..20, per_minute in 1u32..2000, waits in prop::collection::vec(0i64..3000, 1..200),
        ) {
            let allowance = Allowance::new(burst, per_minute);
            let (mut spent, mut now, mut taken) = (Spent::default(), 0, 0u64);
            for wait in waits {
                now += wait;
                if let Ok(next) = spent.one(allowance, at(now)) {
                    spent = next;
                    taken += 1;
                }
                let grown = u64::try_from(now * 1000 / allowance.cost()).unwrap();
                prop_assert!(taken <= u64::from(burst) + grown);
            }
        }
    }
}
