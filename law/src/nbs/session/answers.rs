//! The transitions that follow when a [`Task`](super::Task) has been done.

use jiff::Timestamp;
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::digest::Nonce;
use tanu_protocol::matcher::{ComparisonVerdict, RunVerdict, SessionEnded, StepVerdict};

use super::{Agreed, Closing, InvalidTransition, Session, State, close};
use crate::bnk::RunNumber;
use crate::bnk::run::AfterStep;
use crate::nbs::outcome::{BrokenOff, Outcome, compared};

impl Session {
    /// The matcher knows the session and the citizen's answer.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where that is not awaited.
    pub fn opened(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.step_on(now, |state, _| match state {
            State::Opening { agreed } => Some(State::Ready {
                agreed,
                run: RunNumber::FIRST,
                mismatches: Vec::new(),
            }),
            State::Closing(closing) if !closing.opened => Some(State::Closing(Closing {
                opened: true,
                ..closing
            })),
            _ => None,
        })
    }

    /// The verdict over the step whose frames arrived. Passed: the next step is shown with `nonce`, or the run concluded.
    /// Failed: the run is concluded (BNK-8b: a mismatch with any command repeats the check).
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where no verdict over a step is awaited.
    pub fn judged(self, verdict: &StepVerdict, nonce: Nonce, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.step_on(now, |state, session| match state {
            State::Judging { agreed, run, .. } if !verdict.mismatches.is_empty() => Some(State::Failing {
                agreed,
                run: run.broken(),
            }),
            State::Judging { agreed, run, .. } => Some(match run.step_passed(session.issue(nonce)) {
                AfterStep::Open(run) => State::Challenged { agreed, run },
                AfterStep::Answered(run) => State::Concluding { agreed, run },
            }),
            _ => None,
        })
    }

    /// The verdict over a run, with document 1 stored. Passed: the comparison may be made. Failed: the next run is due, or
    /// the result is negative (BNK-8b).
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where no verdict over a run is awaited.
    pub fn concluded(self, verdict: RunVerdict, now: Timestamp) -> Result<Self, InvalidTransition> {
        let document = verdict.document.clone();
        let mut session = self.step_on(now, |state, session| match state {
            State::Concluding { agreed, run } => {
                let number = run.number();
                Some(match run.concluded(verdict) {
                    Ok(live) => State::Verified { agreed, live },
                    Err(mismatches) => next_run(agreed, number, mismatches, session.seen_at),
                })
            }
            State::Lost { agreed, run } => {
                let number = run.number();
                let mismatches = verdict.mismatches.clone();
                let live = run.last_step_passed().and_then(|run| run.concluded(verdict).ok());
                Some(match live {
                    Some(live) => State::Verified { agreed, live },
                    None => next_run(agreed, number, mismatches, session.seen_at),
                })
            }
            State::Failing { agreed, run } => Some(next_run(agreed, run.number, verdict.mismatches, session.seen_at)),
            State::Closing(closing) if closing.opened && closing.run.is_some() => {
                Some(State::Closing(Closing { run: None, ..closing }))
            }
            _ => None,
        })?;
        session.add_document(&document);
        Ok(session)
    }

    /// The matcher will not conclude a run as asked. Where the frames were lost: their step was judged passed, so the next
    /// one is shown with `nonce`. Where the session breaks off: the run had been concluded already, so it is on record.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where neither is so.
    pub fn not_concluded(self, nonce: Nonce, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.step_on(now, |state, session| match state {
            State::Lost { agreed, run } => match run.step_passed(session.issue(nonce)) {
                AfterStep::Open(run) => Some(State::Challenged { agreed, run }),
                AfterStep::Answered(_) => None,
            },
            State::Closing(closing) if closing.opened && closing.run.is_some() => {
                Some(State::Closing(Closing { run: None, ..closing }))
            }
            _ => None,
        })
    }

    /// The outcome of the comparison, with document 2 stored.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where no comparison is awaited.
    pub fn compared(self, verdict: ComparisonVerdict, now: Timestamp) -> Result<Self, InvalidTransition> {
        let document = verdict.document.clone();
        let mut session = self.step_on(now, |state, session| match state {
            State::Verified { live, .. } => Some(State::Ended {
                outcome: compared(live, verdict),
                at: session.seen_at,
            }),
            _ => None,
        })?;
        session.add_document(&document);
        Ok(session)
    }

    /// The matcher will not compare: it has ended a session that waited for longer than a face may be kept, so its time has run out
    /// (NBS-11).
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where no comparison is awaited.
    pub fn not_compared(self, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.step_on(now, |state, session| match state {
            state @ State::Verified { .. } => Some(State::Closing(close(state, &session.request, BrokenOff::Expired))),
            _ => None,
        })
    }

    /// A session that came to no comparison is on record: with the ending that it was to have, or with the one that it had already.
    ///
    /// # Errors
    /// [`InvalidTransition::Elsewhere`] where that is not awaited.
    pub fn recorded(self, ended: &SessionEnded, now: Timestamp) -> Result<Self, InvalidTransition> {
        let mut session = self.step_on(now, |state, session| match state {
            State::Closing(Closing {
                why,
                opened: true,
                run: None,
                ..
            }) => Some(State::Ended {
                outcome: Outcome::BrokenOff {
                    why: BrokenOff::of(ended.ending).unwrap_or(why),
                },
                at: session.seen_at,
            }),
            _ => None,
        })?;
        for document in &ended.documents {
            session.add_document(document);
        }
        Ok(session)
    }

    /// Takes the session on where `next` knows how. Time passes without [`Session::at`]: what was done elsewhere in time is
    /// not undone by an expiry or a deadline that came meanwhile; the next look at the clock sees to them.
    fn step_on(
        mut self,
        now: Timestamp,
        next: impl FnOnce(State, &Self) -> Option<State>,
    ) -> Result<Self, InvalidTransition> {
        self.seen_at = self.seen_at.max(now);
        self.state = next(self.state.clone(), &self).ok_or(InvalidTransition::Elsewhere)?;
        self.note_reached();
        Ok(self)
    }
}

fn next_run(agreed: Agreed, failed: RunNumber, mismatches: Vec<Mismatch>, at: Timestamp) -> State {
    match failed.next() {
        Some(run) => State::Ready {
            agreed,
            run,
            mismatches,
        },
        None => State::Ended {
            outcome: Outcome::NotLive,
            at,
        },
    }
}
