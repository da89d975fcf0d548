//! What a citizen is asked to do (BNK-8a), and why an answer was not accepted.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::digest::{Nonce, SessionId, TransactionHash};

/// The fewest commands that a plan may have (BNK-8a).
pub const FEWEST_COMMANDS: usize = 3;

/// A command that causes a change that can be seen in the frame (BNK-8a). Directions are the person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Turn the head to the person's left, and back.
    TurnLeft,
    /// Turn the head to the person's right, and back.
    TurnRight,
    /// Look up with the head, and back.
    LookUp,
    /// Look down with the head, and back.
    LookDown,
    /// Close both eyes and open them.
    Blink,
    /// Open the mouth and close it.
    OpenMouth,
    /// Bring the face nearer to the camera.
    ComeCloser,
}

impl Command {
    /// All commands.
    pub const ALL: [Self; 7] = [
        Self::TurnLeft,
        Self::TurnRight,
        Self::LookUp,
        Self::LookDown,
        Self::Blink,
        Self::OpenMouth,
        Self::ComeCloser,
    ];
}

/// The commands of one run: at least three (BNK-8a), none right after itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(try_from = "Vec<Command>", into = "Vec<Command>")]
pub struct Plan(#[cfg_attr(feature = "openapi", schemars(length(min = 3, max = 8)))] Vec<Command>);

/// Why a list of commands is no plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPlan {
    /// Fewer than three (BNK-8a).
    #[error("a plan has at least three commands (BNK-8a)")]
    TooShort,
    /// More than [`Plan::MOST`].
    #[error("a plan has at most {} commands", Plan::MOST)]
    TooLong,
    /// The same command twice in a row: the second can't be told from the first going on.
    #[error("a command may not follow itself")]
    Repetition,
}

impl Plan {
    /// The most commands that a plan may have.
    pub const MOST: usize = 8;

    /// Takes commands in the order in which they will be shown.
    ///
    /// # Errors
    /// [`InvalidPlan`] for fewer than three, more than [`Plan::MOST`], or a command right after itself.
    pub fn new(commands: Vec<Command>) -> Result<Self, InvalidPlan> {
        if commands.len() < FEWEST_COMMANDS {
            Err(InvalidPlan::TooShort)
        } else if commands.len() > Self::MOST {
            Err(InvalidPlan::TooLong)
        } else if commands.windows(2).any(|pair| pair[0] == pair[1]) {
            Err(InvalidPlan::Repetition)
        } else {
            Ok(Self(commands))
        }
    }

    /// The commands, in order.
    #[must_use]
    pub fn commands(&self) -> &[Command] {
        &self.0
    }

    /// Whether a step is this plan's: its command stands at the step's place, and their number is the step's.
    #[must_use]
    pub fn has(&self, step: &IssuedStep) -> bool {
        usize::from(step.of) == self.0.len() && self.0.get(usize::from(step.index.step)) == Some(&step.command)
    }
}

impl TryFrom<Vec<Command>> for Plan {
    type Error = InvalidPlan;

    fn try_from(commands: Vec<Command>) -> Result<Self, Self::Error> {
        Self::new(commands)
    }
}

impl From<Plan> for Vec<Command> {
    fn from(plan: Plan) -> Self {
        plan.0
    }
}

/// Which step of which run: both count from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct StepIndex {
    /// The run: 0 for the first, 1 to 3 for the repeats (BNK-8b).
    pub run: u8,
    /// The step within the run.
    pub step: u8,
}

/// One step as the edge issued it: what the frames of the step are judged against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub struct IssuedStep {
    /// The session.
    pub session: SessionId,
    /// The session's transaction.
    pub transaction: TransactionHash,
    /// Which step.
    pub index: StepIndex,
    /// Number of steps in the run.
    pub of: u8,
    /// What was asked.
    pub command: Command,
    /// What the capture must start from.
    pub nonce: Nonce,
    /// When the edge showed it.
    pub issued_at: Timestamp,
    /// When the frames must have arrived.
    pub deadline: Timestamp,
}

/// Why a step or a run did not pass: what the citizen is told, and what document 1 records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mismatch {
    /// Too few usable frames to judge.
    TooFewFrames,
    /// No face for too long.
    NoFace,
    /// More than one face.
    SeveralFaces,
    /// The face left the picture, or was too small or too large to measure.
    OutOfPlace,
    /// Too dark to measure.
    TooDark,
    /// Too bright to measure.
    TooBright,
    /// Too blurred to measure.
    Blurred,
    /// What was asked was not seen.
    NotPerformed,
    /// It was begun, but not far enough.
    TooLittle,
    /// Something else was done: the other direction, or another command.
    OtherMovement,
    /// It was seen sooner than a person can react to the command.
    TooEarly,
    /// The head did not come back.
    NotReturned,
    /// Nothing moved: a static picture.
    Static,
    /// The face jumped between two frames, as when a picture or a person is exchanged.
    Discontinuous,
    /// Not the same person in all frames.
    AnotherPerson,
    /// The passive score takes it for a picture, a screen or a mask.
    PresentationAttack,
    /// The frames came after the deadline, or none came.
    Late,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_8a_plans_of_fewer_than_three_commands_can_not_be_made() {
        for commands in [vec![], vec![Command::Blink], vec![Command::Blink, Command::LookUp]] {
            assert_eq!(Plan::new(commands), Err(InvalidPlan::TooShort));
        }
        assert!(serde_json::from_str::<Plan>(r#"["blink","look_up"]"#).is_err());
        assert!(serde_json::from_str::<Plan>(r#"["blink","look_up","blink"]"#).is_ok());
    }

    #[test]
    fn a_command_never_follows_itself() {
        let commands = vec![Command::Blink, Command::LookUp, Command::LookUp];
        assert_eq!(Plan::new(commands), Err(InvalidPlan::Repetition));
    }
}
