//! What must be done elsewhere before a session can go on.

use jiff::Timestamp;
use tanu_protocol::challenge::{IssuedStep, Plan};
use tanu_protocol::iin::Iin;
use tanu_protocol::matcher::{ConcludeRun, EndSession, OpenSession};

use super::{Closing, Session, State};

/// What the session waits for. Each is safe to do again: the matcher's answer to the same request is the same.
#[derive(Clone, Debug, PartialEq)]
pub enum Task {
    /// Tell the matcher of the session and the citizen's answer; then [`Session::opened`].
    Open(OpenSession),
    /// Have the frames of a step judged, which only whoever took them has; then [`Session::judged`].
    Judge {
        /// The step.
        issued: IssuedStep,
        /// The commands that were chosen for its run.
        plan: Plan,
        /// When its frames arrived.
        received_at: Timestamp,
    },
    /// Have a run concluded; then [`Session::concluded`].
    Conclude {
        /// The run, from 0.
        run: u8,
        /// The request.
        request: ConcludeRun,
    },
    /// Have the comparison made; then [`Session::compared`], or [`Session::not_compared`].
    Compare,
    /// Have the end of a session recorded that comes to no comparison; then [`Session::recorded`].
    End(EndSession),
}

impl Session {
    /// What the session waits for, where it does not wait for the citizen.
    #[must_use]
    pub fn task(&self) -> Option<Task> {
        match &self.state {
            State::AwaitingConsent | State::Ready { .. } | State::Challenged { .. } | State::Ended { .. } => None,
            State::Opening { agreed } => Some(self.open(Some(agreed.person.clone()), Some(agreed.jws.clone()))),
            State::Judging { run, received_at, .. } => run.step().map(|step| Task::Judge {
                issued: step.clone(),
                plan: run.plan().clone(),
                received_at: *received_at,
            }),
            State::Concluding { run, .. } => Some(Task::Conclude {
                run: run.number().get(),
                request: ConcludeRun {
                    issued: run.steps().to_vec(),
                    plan: run.plan().clone(),
                    ended: None,
                },
            }),
            State::Lost { run, .. } => Some(Task::Conclude {
                run: run.number().get(),
                request: ConcludeRun {
                    issued: run.steps().to_vec(),
                    plan: run.plan().clone(),
                    ended: None,
                },
            }),
            State::Failing { run, .. } => Some(Task::Conclude {
                run: run.number.get(),
                request: ConcludeRun {
                    issued: run.issued.clone(),
                    plan: run.plan.clone(),
                    ended: None,
                },
            }),
            State::Verified { .. } => Some(Task::Compare),
            State::Closing(closing) => Some(self.close_task(closing)),
        }
    }

    fn close_task(&self, closing: &Closing) -> Task {
        let ending = closing.why.ending();
        match &closing.run {
            _ if !closing.opened => self.open(closing.person.clone(), closing.consent.clone()),
            Some(run) => Task::Conclude {
                run: run.number.get(),
                request: ConcludeRun {
                    issued: run.issued.clone(),
                    plan: run.plan.clone(),
                    ended: Some(ending),
                },
            },
            None => Task::End(EndSession { ending }),
        }
    }

    fn open(&self, person: Option<Iin>, consent: Option<String>) -> Task {
        Task::Open(OpenSession {
            session: self.id,
            transaction: self.transaction,
            person,
            customer: self.request.customer.clone(),
            consent,
        })
    }
}
