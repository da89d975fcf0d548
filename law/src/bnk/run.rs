//! One run of the liveness check (BNK-8a): its plan is shown step by step, and it is passed only when every step was
//! answered, passed on its own, and the run as a whole was judged passed.
//!
//! `OpenRun` → (`OpenRun` for the next step)* → `AnsweredRun` → [`PassedRun`]; or, when a step fails, → `UnfinishedRun`.
//! No value of a later kind exists without the earlier ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_protocol::challenge::{Command, IssuedStep, Mismatch, Plan, StepIndex};
use tanu_protocol::digest::{Nonce, SessionId, TransactionHash};
use tanu_protocol::evidence::DocumentRef;
use tanu_protocol::matcher::RunVerdict;

use crate::bnk::RunNumber;

/// What is needed to show a step: whose it is, the fresh nonce, and its time.
#[derive(Clone, Copy, Debug)]
pub struct Issue {
    /// The session.
    pub session: SessionId,
    /// Its transaction.
    pub transaction: TransactionHash,
    /// Fresh random bytes.
    pub nonce: Nonce,
    /// Now.
    pub issued_at: Timestamp,
    /// When the frames must have arrived.
    pub deadline: Timestamp,
}

/// A run of which one step is shown and unanswered.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct OpenRun(Parts);

/// A run whose every step was answered and passed on its own.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct AnsweredRun(Parts);

/// A run that came to no full answer: a step failed, came late, or the session broke off.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct UnfinishedRun {
    /// Which run.
    pub number: RunNumber,
    /// The commands that were chosen.
    pub plan: Plan,
    /// The steps that were shown.
    pub issued: Vec<IssuedStep>,
}

/// A run that passed, with document 1 (BNK-9) stored. It can be made in one way: [`AnsweredRun::concluded`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct PassedRun {
    run: AnsweredRun,
    document: DocumentRef,
}

/// What follows when the open step has passed.
#[derive(Clone, PartialEq)]
pub enum AfterStep {
    /// The next step is shown.
    Open(OpenRun),
    /// It was the last.
    Answered(AnsweredRun),
}

/// A stored run that no sequence of steps can have led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the steps are not those of the plan (BNK-8a)")]
pub struct NotOfThePlan;

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Parts {
    number: RunNumber,
    plan: Plan,
    issued: Vec<IssuedStep>,
}

impl OpenRun {
    /// Begins a run by showing the plan's first step.
    #[must_use]
    pub fn begin(number: RunNumber, plan: Plan, issue: Issue) -> Self {
        let mut parts = Parts {
            number,
            plan,
            issued: Vec::new(),
        };
        parts.show_next(issue);
        Self(parts)
    }

    /// The step that is shown.
    #[must_use]
    pub fn step(&self) -> Option<&IssuedStep> {
        self.0.issued.last()
    }

    /// Which run.
    #[must_use]
    pub const fn number(&self) -> RunNumber {
        self.0.number
    }

    /// The shown step has passed: shows the next one, if there is one.
    #[must_use]
    pub fn step_passed(mut self, issue: Issue) -> AfterStep {
        if self.0.show_next(issue) {
            AfterStep::Open(self)
        } else {
            AfterStep::Answered(AnsweredRun(self.0))
        }
    }

    /// The run as answered, if the shown step is its last one and has passed.
    #[must_use]
    pub fn last_step_passed(self) -> Option<AnsweredRun> {
        (self.0.issued.len() == self.0.plan.commands().len()).then_some(AnsweredRun(self.0))
    }

    /// The steps that were shown, in order.
    #[must_use]
    pub fn steps(&self) -> &[IssuedStep] {
        &self.0.issued
    }

    /// The commands that were chosen.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.0.plan
    }

    /// The run goes no further.
    #[must_use]
    pub fn broken(self) -> UnfinishedRun {
        self.0.unfinished()
    }
}

impl AnsweredRun {
    /// Which run.
    #[must_use]
    pub const fn number(&self) -> RunNumber {
        self.0.number
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[IssuedStep] {
        &self.0.issued
    }

    /// The commands that were chosen: those of the steps.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.0.plan
    }

    /// Takes the verdict over the run as a whole.
    ///
    /// # Errors
    /// Where the run is not passed: why.
    pub fn concluded(self, verdict: RunVerdict) -> Result<PassedRun, Vec<Mismatch>> {
        if verdict.passed && verdict.mismatches.is_empty() {
            Ok(PassedRun {
                run: self,
                document: verdict.document,
            })
        } else {
            Err(verdict.mismatches)
        }
    }

    /// The session breaks off before the verdict.
    #[must_use]
    pub fn broken(self) -> UnfinishedRun {
        self.0.unfinished()
    }
}

impl PassedRun {
    /// The run.
    #[must_use]
    pub const fn run(&self) -> &AnsweredRun {
        &self.run
    }

    /// Document 1.
    #[must_use]
    pub const fn document(&self) -> &DocumentRef {
        &self.document
    }
}

impl Parts {
    /// Shows the first step that was not shown yet; says whether there was one.
    fn show_next(&mut self, issue: Issue) -> bool {
        let place = self.issued.len();
        let Some(command) = self.plan.commands().get(place).copied() else {
            return false;
        };
        let step = self.step(place, command, issue);
        self.issued.push(step);
        true
    }

    fn step(&self, place: usize, command: Command, issue: Issue) -> IssuedStep {
        IssuedStep {
            session: issue.session,
            transaction: issue.transaction,
            index: StepIndex {
                run: self.number.get(),
                step: count(place),
            },
            of: count(self.plan.commands().len()),
            command,
            nonce: issue.nonce,
            issued_at: issue.issued_at,
            deadline: issue.deadline,
        }
    }

    fn follows_plan(&self) -> bool {
        self.issued.len() <= self.plan.commands().len()
            && self
                .issued
                .iter()
                .zip(self.plan.commands())
                .zip(0u8..)
                .all(|((step, command), place)| {
                    step.command == *command && step.index.run == self.number.get() && step.index.step == place
                })
    }

    fn unfinished(self) -> UnfinishedRun {
        UnfinishedRun {
            number: self.number,
            plan: self.plan,
            issued: self.issued,
        }
    }
}

/// A count within a plan: at most [`Plan::MOST`].
fn count(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

impl TryFrom<Parts> for OpenRun {
    type Error = NotOfThePlan;

    fn try_from(parts: Parts) -> Result<Self, NotOfThePlan> {
        if parts.follows_plan() && !parts.issued.is_empty() {
            Ok(Self(parts))
        } else {
            Err(NotOfThePlan)
        }
    }
}

impl TryFrom<Parts> for AnsweredRun {
    type Error = NotOfThePlan;

    fn try_from(parts: Parts) -> Result<Self, NotOfThePlan> {
        if parts.follows_plan() && parts.issued.len() == parts.plan.commands().len() {
            Ok(Self(parts))
        } else {
            Err(NotOfThePlan)
        }
    }
}

impl From<OpenRun> for Parts {
    fn from(run: OpenRun) -> Self {
        run.0
    }
}

impl From<AnsweredRun> for Parts {
    fn from(run: AnsweredRun) -> Self {
        run.0
    }
}

#[cfg(test)]
mod tests {
    use tanu_protocol::digest::Sha256Digest;
    use tanu_protocol::evidence::DocumentKind;

    use super::*;

    const ISSUE: Issue = Issue {
        session: SessionId::from_bytes([1; 16]),
        transaction: TransactionHash::from_bytes([2; 32]),
        nonce: Nonce::from_bytes([3; 32]),
        issued_at: Timestamp::UNIX_EPOCH,
        deadline: Timestamp::UNIX_EPOCH,
    };

    fn begun() -> OpenRun {
        let plan = Plan::new(vec![Command::Blink, Command::TurnLeft, Command::Blink]).unwrap();
        OpenRun::begin(RunNumber::FIRST, plan, ISSUE)
    }

    fn answered() -> AnsweredRun {
        let mut run = begun();
        loop {
            match run.step_passed(ISSUE) {
                AfterStep::Open(next) => run = next,
                AfterStep::Answered(run) => return run,
            }
        }
    }

    fn verdict(passed: bool, mismatches: Vec<Mismatch>) -> RunVerdict {
        RunVerdict {
            passed,
            mismatches,
            document: DocumentRef {
                kind: DocumentKind::Liveness,
                run: Some(0),
                sha256: Sha256Digest::of(b"1"),
                at: Timestamp::UNIX_EPOCH,
            },
        }
    }

    #[test]
    fn bnk_8a_a_run_is_answered_after_all_its_commands_in_order() {
        let steps: Vec<_> = answered()
            .steps()
            .iter()
            .map(|step| (step.index.step, step.command))
            .collect();
        assert_eq!(
            steps,
            [(0, Command::Blink), (1, Command::TurnLeft), (2, Command::Blink)]
        );
    }

    #[test]
    fn bnk_8a_every_mismatch_of_the_whole_run_fails_it_even_if_it_is_called_passed() {
        assert!(answered().concluded(verdict(true, vec![])).is_ok());
        for (passed, mismatches) in [(false, vec![]), (true, vec![Mismatch::AnotherPerson])] {
            assert_eq!(
                answered().concluded(verdict(passed, mismatches.clone())).err(),
                Some(mismatches)
            );
        }
    }

    #[test]
    fn bnk_8a_a_stored_run_with_other_steps_than_the_plan_is_refused() {
        let stored = serde_json::to_value(answered()).unwrap();
        assert!(serde_json::from_value::<AnsweredRun>(stored.clone()).is_ok());
        let mut shorter = stored.clone();
        shorter["issued"].as_array_mut().unwrap().pop();
        assert!(serde_json::from_value::<AnsweredRun>(shorter).is_err());
        let mut other = stored;
        other["issued"][1]["command"] = "open_mouth".into();
        assert!(serde_json::from_value::<AnsweredRun>(other).is_err());
    }
}
