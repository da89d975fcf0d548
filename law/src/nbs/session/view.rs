//! The session as the citizen sees it.

use jiff::Timestamp;
use tanu_protocol::session::{StateView, StepView};

use super::{Session, State};

impl Session {
    /// Where the session stands at `now`. Whatever is done elsewhere shows as waiting: an outcome that is not on record yet
    /// can't be seen.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> StateView {
        match self.clone().at(now).state {
            State::AwaitingConsent => StateView::AwaitingConsent,
            State::Ready { run, mismatches, .. } => StateView::Ready {
                run: run.get(),
                repeats_left: run.repeats_left(),
                mismatches,
            },
            State::Challenged { run, .. } => run.step().map_or(StateView::Waiting, |step| StateView::Challenged {
                step: StepView {
                    run: step.index.run,
                    step: step.index.step,
                    of: step.of,
                    command: step.command,
                    nonce: step.nonce,
                    deadline: step.deadline,
                },
                repeats_left: run.number().repeats_left(),
            }),
            State::Ended { outcome, .. } => StateView::Ended {
                ending: outcome.ending(),
            },
            State::Opening { .. }
            | State::Judging { .. }
            | State::Lost { .. }
            | State::Concluding { .. }
            | State::Failing { .. }
            | State::Verified { .. }
            | State::Closing(_) => StateView::Waiting,
        }
    }
}
