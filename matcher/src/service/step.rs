//! `PUT /v1/session/{id}/run/{r}/step/{k}`: judges the frames of one step (BNK-8a).

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::capture::{ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::{FEWEST_COMMANDS, IssuedStep, Plan, StepIndex};
use tanu_protocol::channel::CLOCK_SKEW_SECONDS;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::matcher::{StepSubmission, StepVerdict};
use tanu_protocol::problem::ProblemCode;
use tanu_vision::{Examination, identify};

use super::{MOST_RUNS, Matcher, OpenedSession, from_cbor, to_cbor};
use crate::evidence::{Face, StepContent, anchor, clearest};
use crate::failure::{Failure, refused};
use crate::journal::{Item, Process};
use crate::sealing::Purpose;
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
        self.check_place(&session, issued, &steps)?;

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
        let examinations = self.pool.examine(pictures)?;
        let lasting = self.lasting_anchor(&session)?;
        let from_earlier_run = lasting.is_some();
        let anchor = match lasting {
            Some(anchor) => Some(anchor),
            None => self
                .anchor(&session, index.run, &steps)?
                .or_else(|| anchor(&examinations)),
        };
        let content = judge(submission, capture, &examinations, anchor, &self.policy);

        // (4) Verdict, sealed frames and journal are stored together.
        let verdict = StepVerdict {
            mismatches: content.report.mismatches.clone(),
        };
        let frames = content.report.frames;
        let stored = StoredStep {
            session: *id,
            index,
            nonce: issued.nonce,
            request,
            frames,
            content: Some(session.key.seal(
                &*self.host,
                Purpose::Step,
                &[&step_place(id, index)],
                &to_cbor(&content)?,
            )?),
            verdict: verdict.clone(),
        };
        let journal = self.journal(&session, self.host.now());
        let mut events = vec![
            journal.event(Process::Collection, Item::Frames, frames),
            journal.event(Process::Use, Item::Frames, frames),
            journal.event(Process::Storage, Item::Frames, frames),
        ];
        if from_earlier_run {
            events.push(journal.event(Process::Use, Item::Anchor, 1));
        }
        match self.store.put_step(&stored, &events) {
            // Another call with the same frames was faster.
            Err(StoreError::Taken) => self
                .store
                .steps(id)?
                .into_iter()
                .find(|step| step.index == index && step.request == request)
                .map(|step| step.verdict)
                .ok_or(Failure::Refused(ProblemCode::Conflict)),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(verdict),
        }
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
                let sealed = step.content.as_ref().ok_or(Failure::Record)?;
                let place = step_place(&session.stored.id, step.index);
                from_cbor(&session.key.open(Purpose::Step, &[&place], sealed)?)
            })
            .collect()
    }

    fn check_place(&self, session: &OpenedSession, issued: &IssuedStep, steps: &[StoredStep]) -> Result<(), Failure> {
        if issued.transaction != session.stored.transaction {
            return refused(ProblemCode::CaptureNonce);
        }
        if session.agreed().is_none() {
            return refused(ProblemCode::ConsentMissing);
        }
        let of = usize::from(issued.of);
        if issued.index.step >= issued.of || !(FEWEST_COMMANDS..=Plan::MOST).contains(&of) {
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
    let observations = identify(examinations, embedding.as_ref());
    let report =
        tanu_liveness::measure::judge_step(submission.issued.command, &observations, submission.late(), policy);
    let clearest = clearest(&report, examinations);
    StepContent {
        issued: submission.issued.clone(),
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
