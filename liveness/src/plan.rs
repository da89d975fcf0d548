//! The choice of commands (BNK-8a).
//!
//! A plan is drawn uniformly from all plans that [`PlanPolicy`] allows, so its entropy is the logarithm of their number. The
//! allowed plans have no command right after itself and ask for at least
//!
//! * one movement of a part of the face ([`Command::Blink`], [`Command::OpenMouth`]), which a rigid picture or mask can't do;
//! * one movement of the head ([`Command::TurnLeft`], [`Command::TurnRight`], [`Command::LookUp`], [`Command::LookDown`]),
//!   which a flat picture can't do.
//!
//! Randomness is an argument: the edge draws it from its cryptographic source.

use serde::{Deserialize, Serialize};
use tanu_protocol::challenge::{Command, FEWEST_COMMANDS, InvalidPlan, Plan};

/// How many random bytes [`select`] consumes.
pub const RANDOM_BYTES: usize = 8;

/// Which plans are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PlanPolicy {
    length: u8,
}

impl PlanPolicy {
    /// Plans of this many commands.
    ///
    /// # Errors
    /// [`InvalidPlan`] for fewer than three (BNK-8a) or more than [`Plan::MOST`].
    pub fn new(length: u8) -> Result<Self, InvalidPlan> {
        match usize::from(length) {
            ..FEWEST_COMMANDS => Err(InvalidPlan::TooShort),
            FEWEST_COMMANDS..=Plan::MOST => Ok(Self { length }),
            _ => Err(InvalidPlan::TooLong),
        }
    }

    /// Number of commands in a plan: at least three.
    #[must_use]
    pub const fn length(self) -> u8 {
        self.length
    }

    /// Number of plans that are allowed.
    #[must_use]
    pub fn plans(self) -> u64 {
        completions(Prefix::EMPTY, self.length)
    }

    /// Entropy of a plan in bits: the chance to guess it is 2 to the power of minus this.
    #[must_use]
    pub fn entropy_bits(self) -> f64 {
        let plans = self.plans() as f64;
        plans.log2()
    }
}

impl Default for PlanPolicy {
    /// Four commands: one more than the law asks for makes guessing a plan seven times less likely.
    fn default() -> Self {
        Self { length: 4 }
    }
}

impl TryFrom<u8> for PlanPolicy {
    type Error = InvalidPlan;

    fn try_from(length: u8) -> Result<Self, Self::Error> {
        Self::new(length)
    }
}

impl From<PlanPolicy> for u8 {
    fn from(policy: PlanPolicy) -> Self {
        policy.length
    }
}

/// Chooses the plan of one run from fresh bytes of a cryptographic random source (BNK-8a).
///
/// The bytes are scaled to the number of allowed plans; no plan's probability differs from another's by more than
/// 2<sup>-42</sup> of itself.
///
/// # Errors
/// None for any bytes, as a property test holds; the type says that the commands went through [`Plan::new`].
pub fn select(policy: PlanPolicy, random: [u8; RANDOM_BYTES]) -> Result<Plan, InvalidPlan> {
    let scaled = (u128::from(u64::from_be_bytes(random)) * u128::from(policy.plans())) >> 64;
    let mut rank = u64::try_from(scaled).unwrap_or(u64::MAX);
    let mut prefix = Prefix::EMPTY;
    let mut commands = Vec::with_capacity(policy.length.into());
    for left in (0..policy.length).rev() {
        for command in Command::ALL {
            let Some(longer) = prefix.with(command) else {
                continue;
            };
            let plans = completions(longer, left);
            if rank < plans {
                commands.push(command);
                prefix = longer;
                break;
            }
            rank -= plans;
        }
    }
    Plan::new(commands)
}

/// What the commands so far mean for those that may follow.
#[derive(Clone, Copy)]
struct Prefix {
    last: Option<Command>,
    face_moved: bool,
    head_moved: bool,
}

impl Prefix {
    const EMPTY: Self = Self {
        last: None,
        face_moved: false,
        head_moved: false,
    };

    /// The prefix with one more command, if that one may follow.
    fn with(self, command: Command) -> Option<Self> {
        (self.last != Some(command)).then_some(Self {
            last: Some(command),
            face_moved: self.face_moved || moves_face(command),
            head_moved: self.head_moved || moves_head(command),
        })
    }
}

fn moves_face(command: Command) -> bool {
    matches!(command, Command::Blink | Command::OpenMouth)
}

fn moves_head(command: Command) -> bool {
    use Command::{LookDown, LookUp, TurnLeft, TurnRight};
    matches!(command, TurnLeft | TurnRight | LookUp | LookDown)
}

/// In how many ways a prefix can be completed by `left` more commands to an allowed plan: all sequences without repetition,
/// less those that lack the face, less those that lack the head, plus those that lack both.
fn completions(prefix: Prefix, left: u8) -> u64 {
    let face_may_lack = !prefix.face_moved;
    let head_may_lack = !prefix.head_moved;
    let lacking = |face: bool, head: bool| {
        sequences(prefix.last, left, |command| {
            !(face && moves_face(command) || head && moves_head(command))
        })
    };
    let unwanted = u64::from(face_may_lack) * lacking(true, false) + u64::from(head_may_lack) * lacking(false, true);
    lacking(false, false) + u64::from(face_may_lack && head_may_lack) * lacking(true, true) - unwanted
}

/// Number of sequences of `length` commands out of the `allowed`, none right after itself, the first not right after `last`.
fn sequences(last: Option<Command>, length: u8, allowed: impl Fn(Command) -> bool) -> u64 {
    let choices = Command::ALL.into_iter().filter(|command| allowed(*command)).count() as u64;
    let Some(rest) = length.checked_sub(1) else { return 1 };
    let first = choices - u64::from(last.is_some_and(allowed));
    first * (choices - 1).pow(rest.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bnk_8a_policies_of_fewer_than_three_commands_can_not_be_made() {
        for length in 0..3 {
            assert_eq!(PlanPolicy::new(length), Err(InvalidPlan::TooShort));
            assert!(serde_json::from_str::<PlanPolicy>(&length.to_string()).is_err());
        }
        assert_eq!(PlanPolicy::new(9), Err(InvalidPlan::TooLong));
    }

    /// Counted by hand for three commands: 7·6·6 = 252 without repetition; minus 5·4·4 = 80 without the face, minus
    /// 3·2·2 = 12 without the head, plus the 0 plans of one command alone that lack both.
    #[test]
    fn the_number_of_plans_is_known() {
        let plans = |length| PlanPolicy::new(length).unwrap().plans();
        assert_eq!([plans(3), plans(4)], [160, 1168]);
    }

    #[test]
    fn a_default_plan_has_ten_bits() {
        assert!(PlanPolicy::default().entropy_bits() > 10.0);
    }

    /// Every plan of three commands, from evenly spaced random numbers: each comes equally often, to one draw.
    #[test]
    fn every_plan_is_equally_likely() {
        let policy = PlanPolicy::new(3).unwrap();
        let draws = 16_000u64;
        let mut seen: HashMap<Vec<Command>, u64> = HashMap::new();
        for draw in 0..draws {
            let random = (u64::MAX / draws * draw + 1).to_be_bytes();
            *seen.entry(select(policy, random).unwrap().into()).or_default() += 1;
        }
        assert_eq!(seen.len() as u64, policy.plans());
        assert!(seen.values().all(|times| times.abs_diff(draws / policy.plans()) <= 1));
    }

    proptest! {
        #[test]
        fn bnk_8a_any_random_bytes_make_a_plan_that_asks_for_face_and_head(length in 3u8..=8, random: [u8; RANDOM_BYTES]) {
            let plan = select(PlanPolicy::new(length).unwrap(), random).unwrap();
            prop_assert_eq!(plan.commands().len(), usize::from(length));
            let has = |some: &[Command]| plan.commands().iter().any(|command| some.contains(command));
            prop_assert!(has(&[Command::Blink, Command::OpenMouth]));
            prop_assert!(has(&[Command::TurnLeft, Command::TurnRight, Command::LookUp, Command::LookDown]));
        }

        #[test]
        fn every_command_can_come_first(first in prop::sample::select(Command::ALL.to_vec()), seed: u64) {
            let policy = PlanPolicy::default();
            // A walk through the random numbers by an odd step meets every part of their range.
            let found = (0..200u64).any(|n| {
                let random = seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                select(policy, random.to_be_bytes()).unwrap().commands()[0] == first
            });
            prop_assert!(found);
        }
    }
}
