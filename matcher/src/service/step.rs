//! `PUT /v1/session/{id}/run/{r}/step/{k}`: judges the frames of one step (BNK-8a).

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::capture::{ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::{IssuedStep, StepIndex};
use tanu_protocol::channel::CLOCK_SKEW_SECONDS;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::matcher::{StepSubmission, StepVerdict};
use tanu_protocol::problem::ProblemCode;
use tanu_vision::{Examination, observe_step};

use super::{MOST_RUNS, Matcher, OpenedSession, from_cbor, to_cbor};
use crate::evidence::{Face, StepContent, anchor, clearest};
use crate::failure::{Failure, refused};
use crate::inference::Unexamined;
use crate::journal::{Event, Item, Process};
use crate::sealing::{Purpose, Sealed};
use crate::store::{StoreError, StoredStep};

impl Matcher {
    /// Judges a step. The same frames again give the same verdict.
    ///
    /// # Errors
    /// [`ProblemCode::ConsentMissing`] without an agreeing consent; [`ProblemCode::SessionState`] where the step is not the
    /// next one; [`ProblemCode::Conflict`] where other frames were judged; [`Failure::Capture`]; [`Failure`].
    pub fn judge_step(
        &self,
        id: &SessionId,
        index: StepIndex,
        submission: &StepSubmission,
    ) -> Result<StepVerdict, Failure> {
        let issued = &submission.issued;
        // (1) The step is of this session and transaction, and the next one.
        if issued.session != *id || issued.index != index {
            return refused(ProblemCode::MalformedRequest);
        }
        let session = self.session(id)?;
        let request = Sha256Digest::of_parts("tanu/step/1", &[issued.nonce.as_bytes(), &submission.capture]);
        let steps = self.store.steps(id)?;
        if let Some(judged) = steps.iter().find(|step| step.index == index) {
            return if judged.request == request {
                Ok(judged.verdict.clone())
            } else {
                refused(ProblemCode::Conflict)
            };
        }
        self.check_place(&session, submission, &steps)?;

        // (2) The frames are those of the step, in order, none altered, left out, doubled or exchanged.
        self.check_arrival(issued, submission.received_at)?;
        let capture = submission.open()?;
        if capture.camera == ClientReportedCamera::Virtual && !self.virtual_cameras {
            return refused(ProblemCode::CameraVirtual);
        }

        // (3) What each frame shows, and whether it is the person whom the session showed first.
        let pictures = capture
            .frames
            .iter()
            .map(|frame| (frame.jpeg.clone(), frame.time_us as f64 / 1000.0))
            .collect();
        let frames = u32::try_from(capture.frames.len()).unwrap_or(u32::MAX);
        let journal = self.journal(&session, self.host.now());
        let collected = journal.event(Process::Collection, Item::Frames, frames);
        let destroyed = journal.event(Process::Destruction, Item::Frames, frames);
        let examinations = match self.pool.examine_frames(pictures) {
            Err(failure) => {
                // Those that were not even looked at count as not collected.
                if failure == Unexamined::Failed {
                    self.note([collected, destroyed]);
                }
                return Err(failure.into());
            }
            Ok(examinations) => examinations,
        };
        let mut events = vec![collected, journal.event(Process::Use, Item::Frames, frames)];
        let judged = self
            .judge_examined(&session, submission, capture, &examinations, &steps, &mut events)
            .map(|(content, verdict)| StoredStep {
                session: *id,
                index,
                nonce: issued.nonce,
                request,
                frames,
                content: Some(content),
                verdict,
            });

        // (4) Verdict, sealed frames and journal are stored together.
        let stored = judged.and_then(|step| {
            let storage = journal.event(Process::Storage, Item::Frames, frames);
            let events: Vec<_> = events.iter().cloned().chain([storage]).collect();
            self.store.put_step(&step, &events)?;
            Ok(step.verdict)
        });
        if stored.is_err() {
            // Nothing is kept, but the frames were here and were examined.
            self.note(events.into_iter().chain([destroyed]));
        }
        match stored {
            // Another call with the same frames was faster.
            Err(Failure::Store(StoreError::Taken)) => self
                .store
                .steps(id)?
                .into_iter()
                .find(|step| step.index == index && step.request == request)
                .map(|step| step.verdict)
                .ok_or(Failure::Refused(ProblemCode::Conflict)),
            other => other,
        }
    }

    /// Judges a step whose frames have been examined: its sealed content, and the verdict. What of other faces it used goes into
    /// `events`.
    fn judge_examined(
        &self,
        session: &OpenedSession,
        submission: &StepSubmission,
        capture: StepCapture,
        examinations: &[Examination],
        steps: &[StoredStep],
        events: &mut Vec<Event>,
    ) -> Result<(Sealed, StepVerdict), Failure> {
        let index = submission.issued.index;
        let anchor = match self.lasting_anchor(session)? {
            Some(anchor) => {
                let journal = self.journal(session, self.host.now());
                events.push(journal.event(Process::Use, Item::Anchor, 1));
                Some(anchor)
            }
            None => self.anchor(session, index.run, steps)?.or_else(|| anchor(examinations)),
        };
        let content = judge(submission, capture, examinations, anchor, &self.policy);
        let verdict = StepVerdict {
            mismatches: content.report.mismatches.clone(),
        };
        let place = step_place(&session.stored.id, index);
        let sealed = session
            .key
            .seal(&*self.host, Purpose::Step, &[&place], &to_cbor(&content)?)?;
        Ok((sealed, verdict))
    }

    /// The contents of a run's steps, in order.
    pub(super) fn contents(
        &self,
        session: &OpenedSession,
        run: u8,
        steps: &[StoredStep],
    ) -> Result<Vec<StepContent>, Failure> {
        steps
            .iter()
            .filter(|step| step.index.run == run)
            .map(|step| {
                // Another call has concluded the run, or ended the session, since it was looked at.
                let sealed = step.content.as_ref().ok_or(StoreError::Changed)?;
                let place = step_place(&session.stored.id, step.index);
                from_cbor(&session.key.open(Purpose::Step, &[&place], sealed)?)
            })
            .collect()
    }

    fn check_place(
        &self,
        session: &OpenedSession,
        StepSubmission { issued, plan, .. }: &StepSubmission,
        steps: &[StoredStep],
    ) -> Result<(), Failure> {
        if issued.transaction != session.stored.transaction {
            return refused(ProblemCode::CaptureNonce);
        }
        if session.agreed().is_none() {
            return refused(ProblemCode::ConsentMissing);
        }
        if !plan.has(issued) {
            return refused(ProblemCode::MalformedRequest);
        }
        self.check_run(session, issued.index.run)?;
        let judged = steps.iter().filter(|step| step.index.run == issued.index.run).count();
        if judged == usize::from(issued.index.step) {
            Ok(())
        } else {
            refused(ProblemCode::SessionState)
        }
    }

    /// Whether a run may go on: the session has not ended, all runs before it failed, and it is none too many (BNK-8b).
    pub(super) fn check_run(&self, session: &OpenedSession, run: u8) -> Result<(), Failure> {
        let runs = self.store.runs(&session.stored.id)?;
        let open = session.stored.ended.is_none()
            && run < MOST_RUNS
            && usize::from(run) == runs.len()
            && runs.iter().all(|run| !run.verdict.passed);
        if open {
            Ok(())
        } else {
            refused(ProblemCode::SessionState)
        }
    }

    /// Checks the arrival, as the edge states it, against the server's clock.
    fn check_arrival(&self, issued: &IssuedStep, received_at: Timestamp) -> Result<(), Failure> {
        let ahead = received_at.duration_since(self.host.now());
        if received_at < issued.issued_at || ahead > SignedDuration::from_secs(CLOCK_SKEW_SECONDS) {
            return refused(ProblemCode::MalformedRequest);
        }
        Ok(())
    }

    /// The anchor of the run's earlier steps.
    fn anchor(&self, session: &OpenedSession, run: u8, steps: &[StoredStep]) -> Result<Option<Face>, Failure> {
        let contents = self.contents(session, run, steps)?;
        Ok(contents.iter().find_map(|step| step.anchor.clone()))
    }
}

fn judge(
    submission: &StepSubmission,
    capture: StepCapture,
    examinations: &[Examination],
    anchor: Option<Face>,
    policy: &tanu_liveness::policy::Policy,
) -> StepContent {
    let embedding = anchor.as_ref().and_then(Face::embedding);
    let observations = observe_step(examinations, embedding.as_ref());
    let report =
        tanu_liveness::measure::judge_step(submission.issued.command, &observations, submission.late(), policy);
    let clearest = clearest(&report, examinations);
    StepContent {
        issued: submission.issued.clone(),
        plan: submission.plan.clone(),
        received_at: submission.received_at,
        frames: capture.frames,
        head: capture.head,
        observations,
        report,
        anchor,
        clearest,
    }
}

/// What a sealed step is bound to: session, run and step.
fn step_place(session: &SessionId, index: StepIndex) -> [u8; SessionId::LENGTH + 2] {
    let mut place = [0; SessionId::LENGTH + 2];
    let (id, numbers) = place.split_at_mut(SessionId::LENGTH);
    id.copy_from_slice(session.as_bytes());
    numbers.copy_from_slice(&[index.run, index.step]);
    place
}
