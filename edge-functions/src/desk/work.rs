//! What must be done at the matcher before a session can go on.

use serde::de::DeserializeOwned;
use tanu_law::nbs::session::{InvalidTransition, Session, Task};
use tanu_protocol::digest::Nonce;
use tanu_protocol::matcher::{SessionEnded, StepSubmission, StepVerdict};
use tanu_protocol::problem::ProblemCode;

use super::{Desk, Host, Stored};
use crate::budget::Purse;
use crate::matcher::{MatcherCall, MatcherFailure};

impl<H: Host> Desk<'_, H> {
    /// Lets time pass and does what is due, storing after each task, until the session waits for the citizen, for frames, or
    /// has ended.
    ///
    /// # Errors
    /// [`ProblemCode::TryLater`] where the matcher can't do it now: the session stays as it is stored.
    pub(super) async fn settle(&self, stored: &mut Stored) -> Result<(), ProblemCode> {
        let session = stored.session.clone().at(self.host.now());
        if session != stored.session {
            self.keep(stored, session).await?;
        }
        self.break_off(stored).await?;
        while let Some(session) = self.one_task(stored).await? {
            self.keep(stored, session).await?;
            self.break_off(stored).await?;
        }
        Ok(())
    }

    /// Breaks the session off where the citizen has asked for that while it was being worked on: nothing new is begun then.
    async fn break_off(&self, stored: &mut Stored) -> Result<(), ProblemCode> {
        if self.host.broken_off()
            && let Ok(session) = stored.session.clone().cancelled(self.host.now())
        {
            self.keep(stored, session).await?;
        }
        Ok(())
    }

    /// Does the task that is due; gives the session after it, or none where there is none that can be done here.
    pub(super) async fn one_task(&self, stored: &Stored) -> Result<Option<Session>, ProblemCode> {
        let Some(task) = stored.session.task() else {
            return Ok(None);
        };
        let Some(call) = MatcherCall::of_task(self.session, &task) else {
            return Ok(None);
        };
        let answer = self.host.ask(&call).await;
        let session = stored.session.clone();
        let now = self.host.now();
        let next = match (task, answer) {
            (Task::Open(_), Ok(_)) => session.opened(now),
            (Task::Conclude { .. }, Ok(body)) => session.concluded(self.read(&body)?, now),
            // The run is on record already, or goes on.
            (
                Task::Conclude { .. },
                Err(MatcherFailure::Refused(ProblemCode::Conflict | ProblemCode::SessionState)),
            ) => session.not_concluded(self.nonce()?, now),
            // Whatever is wrong with the run, the session's end is put on record.
            (Task::Conclude { request, .. }, Err(MatcherFailure::Refused(code))) if request.ended.is_some() => {
                self.host.note("matcher.task", code.as_str());
                session.not_concluded(self.nonce()?, now)
            }
            (Task::Compare, Ok(body)) => session.compared(self.read(&body)?, now),
            // The matcher has ended the session: it waited for longer than a face is kept.
            (Task::Compare, Err(MatcherFailure::Refused(code @ ProblemCode::SessionState))) => {
                self.host.note("matcher.task", code.as_str());
                session.not_compared(now)
            }
            (Task::End(_), Ok(body)) => {
                let ended: SessionEnded = self.read(&body)?;
                session.recorded(&ended, now)
            }
            (Task::Judge { .. }, _) => return Ok(None),
            (_, Err(failure)) => return Err(self.unable("matcher.task", failure)),
        };
        next.map(Some).map_err(|error| self.unexpected(error))
    }

    /// Has the frames of the step judged that has just been received, and does what follows. `open` is the session before these frames
    /// were received, where they were the first: that is where it stands again if the matcher finds out that they are damaged.
    ///
    /// # Errors
    /// [`ProblemCode::TryLater`], or the reason why the matcher will not judge these frames: the step is to be repeated then, where its
    /// deadline has not passed. With any other reason, or where the step can't be opened again, the run is concluded.
    pub(super) async fn judge(
        &self,
        stored: &mut Stored,
        capture: Vec<u8>,
        open: Option<Session>,
    ) -> Result<(), ProblemCode> {
        self.break_off(stored).await?;
        let Some(Task::Judge {
            issued,
            plan,
            received_at,
        }) = stored.session.task()
        else {
            return self.settle(stored).await;
        };
        let submission = StepSubmission {
            issued,
            plan,
            received_at,
            capture,
        };
        let answer = match MatcherCall::judge(&submission) {
            Ok(call) => self.host.ask(&call).await,
            Err(failure) => Err(failure),
        };
        let (session, now) = (stored.session.clone(), self.host.now());
        let (next, result) = match answer {
            Ok(body) => {
                let verdict: StepVerdict = self.read(&body)?;
                (session.judged(&verdict, self.nonce()?, now), Ok(()))
            }
            Err(MatcherFailure::Refused(code)) => {
                self.host.note("matcher.judge", code.as_str());
                let damaged = matches!(code, ProblemCode::CaptureMalformed | ProblemCode::CaptureBroken);
                if damaged {
                    // Whoever has nothing left is told so the next time.
                    let _ = self.host.spend(Purse::RefusedFrames);
                }
                match open.filter(|_| damaged).map(|open| open.at(now)) {
                    Some(open) if open.task().is_none() => (Ok(open), Err(code)),
                    Some(over) => (Ok(over), Err(ProblemCode::SessionState)),
                    None if damaged => (session.frames_lost(now), Err(ProblemCode::SessionState)),
                    None => (session.frames_lost(now), Err(code)),
                }
            }
            Err(failure) => return Err(self.unable("matcher.judge", failure)),
        };
        let next = next.map_err(|error| self.unexpected(error))?;
        self.keep(stored, next).await?;
        self.settle(stored).await.and(result)
    }

    pub(super) fn nonce(&self) -> Result<Nonce, ProblemCode> {
        Ok(Nonce::from_bytes(self.host.random()?))
    }

    /// Reads the matcher's answer. One that can't be read is no answer.
    pub(super) fn read<T: DeserializeOwned>(&self, body: &[u8]) -> Result<T, ProblemCode> {
        serde_json::from_slice(body).map_err(|_| self.unable("matcher.unreadable", MatcherFailure::Unavailable))
    }

    pub(super) fn unable(&self, event: &str, failure: MatcherFailure) -> ProblemCode {
        let code = match failure {
            MatcherFailure::Unavailable => ProblemCode::TryLater,
            MatcherFailure::Refused(code) => code,
        };
        self.host.note(event, code.as_str());
        ProblemCode::TryLater
    }

    /// A transition that our own order of calls rules out.
    fn unexpected(&self, error: InvalidTransition) -> ProblemCode {
        self.host.note(
            "session.transition",
            match error {
                InvalidTransition::Elsewhere => "elsewhere",
                InvalidTransition::NoConsent => "no_consent",
                InvalidTransition::ForeignRecord => "foreign_record",
            },
        );
        ProblemCode::TryLater
    }
}
