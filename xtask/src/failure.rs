//! How a command ends when it cannot do what was asked.

use std::fmt;

/// What could not be done, why, and what the person at the keyboard can do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    what: String,
    why: String,
    remedy: String,
}

impl Failure {
    /// A failure: what could not be done, why, and the remedy. Each is a phrase without a full stop.
    pub(crate) fn new(what: impl Into<String>, why: impl fmt::Display, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            why: why.to_string(),
            remedy: remedy.into(),
        }
    }

    /// The same failure with one more remedy.
    pub(crate) fn or(self, remedy: &str) -> Self {
        Self {
            remedy: format!("{}; {remedy}", self.remedy),
            ..self
        }
    }

    /// What could not be done, in a phrase.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n  why:     {}\n  what to do: {}",
            self.what,
            self.why.replace('\n', "\n           "),
            self.remedy
        )
    }
}

/// The result of a step.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;
