//! The session API: each call answers with the session as it then stands.

use jiff::Timestamp;
use tanu_law::nbs::consent::InvalidAnswer;
use tanu_law::nbs::session::{InvalidTransition, Place, Session, Task};
use tanu_liveness::plan::{PlanPolicy, select};
use tanu_protocol::capture::{ClientReportedCamera, InvalidCapture, StepCapture};
use tanu_protocol::challenge::{IssuedStep, StepIndex};
use tanu_protocol::evidence::CONSENT_TYPE;
use tanu_protocol::matcher::StepSubmission;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::{ConsentAnswer, SessionView};

use super::{Desk, Host, Stored};
use crate::budget::Purse;
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::reply::Reply;

/// What frames that arrived are.
enum Arrival {
    /// The first for their step; the session with their receipt.
    First(Box<Session>),
    /// Those that were received before and wait for the matcher.
    ToJudge,
    /// Of a step that takes none any more.
    Again,
}

impl<H: Host> Desk<'_, H> {
    pub(super) async fn see(&self, stored: &mut Stored) -> Result<Reply, ProblemCode> {
        // Where the matcher can't do what is due, the view says that the session waits.
        match self.settle(stored).await {
            Ok(()) | Err(ProblemCode::TryLater) => Ok(self.view(stored)),
            Err(code) => Err(code),
        }
    }

    /// NBS-4: the answer becomes a signed record before anything else happens. The same answer again changes nothing; the page in
    /// which another one was given is told that it does not count.
    pub(super) async fn consent(&self, stored: &mut Stored, answer: &ConsentAnswer) -> Result<Reply, ProblemCode> {
        let given = stored.session.consent();
        if given.is_some_and(|agreed| agreed != answer.agreed) {
            return Err(ProblemCode::SessionState);
        }
        let now = self.host.now();
        let session = &stored.session;
        let record = session
            .request()
            .answered(answer, session.id(), session.transaction(), now)
            .map_err(|error| match error {
                InvalidAnswer::PersonMissing => ProblemCode::IinMissing,
                InvalidAnswer::AnotherPerson => ProblemCode::IinInvalid,
            })?;
        if given.is_some() {
            // A refusal is one, whoever's IIN stood there.
            let same = record.template == stored.template && record.person.as_ref() == session.person();
            return if same || !record.agreed {
                self.settled(stored).await
            } else {
                Err(ProblemCode::Conflict)
            };
        }
        let jws = self
            .keys
            .signing
            .sign(CONSENT_TYPE, &record)
            .map_err(|_| ProblemCode::Internal)?;
        let session = session.clone().answered(&record, jws, now).map_err(refusal)?;
        let mut answered = stored.clone();
        answered.template = record.template;
        self.keep(&mut answered, session).await?;
        *stored = answered;
        self.settled(stored).await
    }

    /// BNK-8a: the plan is drawn anew for each run.
    pub(super) async fn begin(&self, stored: &mut Stored, run: u8) -> Result<Reply, ProblemCode> {
        self.settle(stored).await?;
        if stored.session.has_begun(run) {
            return Ok(self.view(stored));
        }
        let plan = select(PlanPolicy::default(), self.host.random()?).map_err(|_| ProblemCode::Internal)?;
        let (session, now) = (stored.session.clone(), self.host.now());
        let session = session.begin_run(run, plan, self.nonce()?, now).map_err(refusal)?;
        self.keep(stored, session).await?;
        Ok(self.view(stored))
    }

    /// Time and head of the first receipt are stored before the matcher sees the frames: the same frames again are a retry
    /// and never late, other frames for the same step are refused. What counts is when they had arrived, not when their turn came.
    pub(super) async fn frames(
        &self,
        stored: &mut Stored,
        index: StepIndex,
        capture: Vec<u8>,
        arrived_at: Timestamp,
    ) -> Result<Reply, ProblemCode> {
        if let Err(exhausted) = self.host.left(Purse::RefusedFrames) {
            return Ok(exhausted.into());
        }
        stored.session = stored.session.clone().at(arrived_at);
        let open = match self.arrived(stored, index, &capture, arrived_at) {
            Ok(Arrival::ToJudge) => None,
            Ok(Arrival::First(session)) => {
                let open = stored.session.clone();
                self.keep(stored, *session).await?;
                Some(open)
            }
            Ok(Arrival::Again) => return self.settled(stored).await,
            Err(refused) => {
                // Whoever has nothing left is told so the next time.
                let _ = self.host.spend(Purse::RefusedFrames);
                return Err(refused);
            }
        };
        self.judge(stored, capture, open).await?;
        Ok(self.view(stored))
    }

    /// What frames that have arrived whole are to their session.
    fn arrived(
        &self,
        stored: &Stored,
        index: StepIndex,
        capture: &[u8],
        arrived_at: Timestamp,
    ) -> Result<Arrival, ProblemCode> {
        let decode = |issued: &IssuedStep| {
            StepCapture::decode(capture, &issued.transaction, &issued.nonce).map_err(capture_problem)
        };
        match stored.session.place(index) {
            Place::Ahead => Err(ProblemCode::SessionState),
            Place::Past => Ok(Arrival::Again),
            Place::Received(head) => {
                let (again, arrival) = match stored.session.task() {
                    Some(Task::Judge { issued, .. }) if issued.index == index => {
                        (decode(&issued)?.head, Arrival::ToJudge)
                    }
                    // What it was judged by is gone; which frames it were is known by their head.
                    _ => {
                        let again: StepCapture =
                            ciborium::from_reader(capture).map_err(|_| ProblemCode::CaptureMalformed)?;
                        (again.head, Arrival::Again)
                    }
                };
                if again == head {
                    Ok(arrival)
                } else {
                    Err(ProblemCode::Conflict)
                }
            }
            Place::Open(issued) => {
                // All that the matcher would look at before it looks at pictures: what it refuses must not count as received.
                let decoded = StepSubmission::opened(capture, issued, arrived_at).map_err(capture_problem)?;
                if decoded.camera == ClientReportedCamera::Virtual && !self.config.virtual_cameras {
                    return Err(ProblemCode::CameraVirtual);
                }
                let session = stored.session.clone();
                let session = session.received(index, decoded.head, arrived_at).map_err(refusal)?;
                Ok(Arrival::First(Box::new(session)))
            }
        }
    }

    /// Goes on where a service could not. Frames that wait for the matcher are not here: a page that still has them sends
    /// them again; this call says that nobody has them any more.
    pub(super) async fn retry(&self, stored: &mut Stored) -> Result<Reply, ProblemCode> {
        self.settle(stored).await?;
        if let Some(Task::Judge { .. }) = stored.session.task() {
            let session = stored.session.clone();
            let mut without = stored.clone();
            without.session = session.frames_lost(self.host.now()).map_err(refusal)?;
            // Stored only when the matcher has answered: until then the frames may still come.
            if let Some(session) = self.one_task(&without).await? {
                self.keep(stored, session).await?;
            }
        }
        self.settled(stored).await
    }

    pub(super) async fn cancel(&self, stored: &mut Stored) -> Result<Reply, ProblemCode> {
        // One that has ended, or is about to, stays as it is.
        if let Ok(session) = stored.session.clone().cancelled(self.host.now()) {
            self.keep(stored, session).await?;
        }
        self.settled(stored).await
    }

    pub(super) async fn documents(&self, stored: &Stored) -> Result<Reply, ProblemCode> {
        match self.host.ask(&MatcherCall::documents(stored.session.id())).await {
            Ok(body) => Ok(Reply::typed(200, "application/json", body)),
            // The matcher hears of a session when its question has been answered.
            Err(MatcherFailure::Refused(ProblemCode::NotFound | ProblemCode::SessionUnknown)) => {
                Ok(Reply::typed(200, "application/json", b"[]".to_vec()))
            }
            Err(failure) => Err(self.unable("matcher.documents", failure)),
        }
    }

    async fn settled(&self, stored: &mut Stored) -> Result<Reply, ProblemCode> {
        self.settle(stored).await?;
        Ok(self.view(stored))
    }

    pub(super) fn view(&self, stored: &Stored) -> Reply {
        let now = self.host.now();
        let session = &stored.session;
        Reply::json(
            200,
            &SessionView {
                id: session.id(),
                transaction: session.transaction(),
                request: session.request().view(),
                now,
                expires_at: session.expires_at(),
                language: stored.authorization.language,
                state: session.view(now),
                virtual_cameras: self.config.virtual_cameras,
                documents: session.documents().to_vec(),
            },
        )
    }
}

const fn refusal(error: InvalidTransition) -> ProblemCode {
    match error {
        InvalidTransition::Elsewhere => ProblemCode::SessionState,
        InvalidTransition::NoConsent => ProblemCode::ConsentMissing,
        InvalidTransition::ForeignRecord => ProblemCode::Internal,
    }
}

const fn capture_problem(invalid: InvalidCapture) -> ProblemCode {
    match invalid {
        InvalidCapture::TooLarge => ProblemCode::TooLarge,
        InvalidCapture::Malformed | InvalidCapture::FrameCount | InvalidCapture::FrameSize => {
            ProblemCode::CaptureMalformed
        }
        InvalidCapture::WrongNonce => ProblemCode::CaptureNonce,
        InvalidCapture::Order | InvalidCapture::Duplicate | InvalidCapture::BrokenChain => ProblemCode::CaptureBroken,
    }
}
