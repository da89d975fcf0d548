//! `POST /v1/session/{id}/run/{r}/conclusion`: the verdict over a run (BNK-8b) and document 1 (BNK-9).

use serde::{Deserialize, Serialize};
use tanu_liveness::verdict::{Course, judge};
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::{DocumentKind, EvidenceImage, LIVENESS_TYPE, LivenessDocument, LivenessResult, RULE_SET};
use tanu_protocol::matcher::{ConcludeRun, RunVerdict};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::AttemptKind;
use tanu_protocol::session::Ending;
use zeroize::Zeroize;

use super::{MOST_RUNS, Matcher, OpenedSession, from_cbor, to_cbor};
use crate::evidence::{Face, StepContent, lasting_anchor, probe, similarity, step_evidence};
use crate::failure::{Failure, refused};
use crate::journal::{Event, Item, Process};
use crate::log::Attempt;
use crate::sealing::{Purpose, Sealed};
use crate::store::{Concluded, Outcome, StoredDocument, StoredRun};

/// The face of a passed run, until it is compared. Kept sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Probe {
    pub(super) image: EvidenceImage,
    pub(super) embedding: Vec<f32>,
    pub(super) liveness_document: Sha256Digest,
}

impl Drop for Probe {
    fn drop(&mut self) {
        self.embedding.zeroize();
    }
}

/// A run as it is judged.
struct Judged {
    document: LivenessDocument,
    mismatches: Vec<Mismatch>,
}

impl Matcher {
    /// Concludes a run. The same request again gives the same verdict.
    ///
    /// # Errors
    /// [`ProblemCode::SessionState`] where the run is not the open one, or has neither failed nor ended nor all its steps;
    /// [`ProblemCode::Conflict`] where another request concluded it, or the steps are not those that were judged;
    /// [`ProblemCode::MalformedRequest`] where the steps don't count from 0; [`Failure`].
    pub fn conclude_run(&self, id: &SessionId, run: u8, request: &ConcludeRun) -> Result<RunVerdict, Failure> {
        self.undisturbed(|| self.conclude_once(id, run, request))
    }

    fn conclude_once(&self, id: &SessionId, run: u8, request: &ConcludeRun) -> Result<RunVerdict, Failure> {
        let hash = Sha256Digest::of(&serde_json::to_vec(request).map_err(|_| Failure::Record)?);
        let seen = self.store.seen(id)?;
        let session = self.session(id)?;
        if let Some(verdict) = self.concluded(id, run, &hash)? {
            return Ok(verdict);
        }
        // (1) The run is open, and its steps are those that were judged.
        if run >= MOST_RUNS {
            return refused(ProblemCode::SessionState);
        }
        if session.agreed().is_none() {
            return refused(ProblemCode::ConsentMissing);
        }
        self.check_run(&session, run)?;
        check_issued(&session, run, request)?;
        let steps = self.contents(&session, run, &self.store.steps(id)?)?;
        check_judged(request, &steps)?;

        // (2) The verdict.
        let complete = steps.len() == request.plan.commands().len();
        let failed = steps.iter().any(|step| !step.report.passed()) || request.issued.len() > steps.len();
        if !complete && !failed && request.ended.is_none() {
            return refused(ProblemCode::SessionState);
        }
        let judged = self.judge_run(&session, run, request, &steps);
        let passed = judged.document.result == LivenessResult::Passed;

        // (3) Document 1, the face to compare, the register's entry: stored together, before the answer.
        let at = judged.document.at;
        let document = self.certify(
            &session,
            (DocumentKind::Liveness, Some(run)),
            at,
            LIVENESS_TYPE,
            &judged.document,
        )?;
        let verdict = RunVerdict {
            passed,
            mismatches: judged.mismatches,
            document: document.reference.clone(),
        };
        let sealed_probe = if passed {
            Some(self.seal_probe(&session, run, &steps, &document)?)
        } else {
            None
        };
        let repeatable = !passed && request.ended.is_none() && run + 1 < MOST_RUNS;
        let earlier = self.lasting_anchor(&session)?;
        let anchor = earlier
            .as_ref()
            .or_else(|| lasting_anchor(&steps, &self.policy))
            .filter(|_| repeatable);
        let sealed_anchor = anchor.map(|face| self.seal_anchor(&session, run, face)).transpose()?;
        let attempt = Attempt {
            at,
            subject: session.subject,
            transaction: session.stored.transaction,
            kind: AttemptKind::Liveness,
            passed,
            document: document.reference.clone(),
        };
        let faces = [
            (Process::Storage, Item::Probe, sealed_probe.is_some()),
            (Process::Storage, Item::Anchor, sealed_anchor.is_some()),
            (Process::Destruction, Item::Anchor, earlier.is_some()),
        ];
        let journal = self.journal_run(&session, &judged.document, &steps, faces);
        let outcome = Outcome {
            session: *id,
            seen,
            document: Some(document),
            concluded: Concluded::Run(StoredRun {
                run,
                request: hash,
                verdict: verdict.clone(),
                probe: sealed_probe,
                anchor: sealed_anchor,
            }),
            journal,
        };
        self.register.enter(&*self.store, attempt, &outcome)?;
        Ok(verdict)
    }

    fn concluded(&self, id: &SessionId, run: u8, request: &Sha256Digest) -> Result<Option<RunVerdict>, Failure> {
        match self.store.runs(id)?.into_iter().find(|stored| stored.run == run) {
            Some(stored) if stored.request == *request => Ok(Some(stored.verdict)),
            Some(_) => refused(ProblemCode::Conflict),
            None => Ok(None),
        }
    }

    fn judge_run(&self, session: &OpenedSession, run: u8, request: &ConcludeRun, steps: &[StepContent]) -> Judged {
        let reports: Vec<_> = steps.iter().map(|step| step.report.clone()).collect();
        let course = Course {
            planned: request.plan.commands().len(),
            shown: request.issued.len(),
            ended: request.ended.is_some(),
        };
        let report = judge(course, &reports, &self.policy);
        let own: Vec<Mismatch> = steps
            .iter()
            .flat_map(|step| step.report.mismatches.iter().copied())
            .collect();
        let mismatches = report.mismatches;
        let document = LivenessDocument {
            result: match request.ended {
                Some(_) => LivenessResult::NotCompleted,
                None if report.passed => LivenessResult::Passed,
                None => LivenessResult::Failed,
            },
            mismatches: mismatches
                .iter()
                .copied()
                .filter(|mismatch| !own.contains(mismatch))
                .collect(),
            ended: request.ended,
            commands: request.plan.commands().to_vec(),
            steps: request
                .issued
                .iter()
                .map(|issued| step_evidence(issued, steps.iter().find(|step| step.issued.index == issued.index)))
                .collect(),
            run: Some(run),
            passive: report.passive,
            identity: report.identity.and_then(similarity),
            ..self.empty_document(session)
        };
        Judged { document, mismatches }
    }

    /// Document 1 of a session without a run.
    pub(super) fn empty_document(&self, session: &OpenedSession) -> LivenessDocument {
        LivenessDocument {
            result: LivenessResult::NotCompleted,
            mismatches: Vec::new(),
            ended: None,
            person: session.record.person.clone(),
            customer: session.record.customer.clone(),
            at: self.host.now(),
            session: session.stored.id,
            transaction: session.stored.transaction,
            run: None,
            commands: Vec::new(),
            steps: Vec::new(),
            passive: None,
            identity: None,
            policy: self.policy.version.clone(),
            models: self.models.clone(),
            rule_set: RULE_SET.into(),
        }
    }

    /// Document 1 of a session that ended within a run; none where no step of it was judged.
    pub(super) fn broken_off(
        &self,
        session: &OpenedSession,
        run: u8,
        steps: &[StepContent],
        ending: Ending,
    ) -> Option<LivenessDocument> {
        let request = ConcludeRun {
            issued: steps.iter().map(|step| step.issued.clone()).collect(),
            plan: steps.first()?.plan.clone(),
            ended: Some(ending),
        };
        Some(self.judge_run(session, run, &request, steps).document)
    }

    fn seal_probe(
        &self,
        session: &OpenedSession,
        run: u8,
        steps: &[StepContent],
        document: &StoredDocument,
    ) -> Result<Sealed, Failure> {
        // No run passes without one.
        let (image, embedding) = probe(steps).ok_or(Failure::Record)?;
        let content = Probe {
            image,
            embedding: embedding.as_slice().to_vec(),
            liveness_document: document.reference.sha256,
        };
        let place = run_place(&session.stored.id, run);
        Ok(session
            .key
            .seal(&*self.host, Purpose::Probe, &[&place], &to_cbor(&content)?)?)
    }

    fn seal_anchor(&self, session: &OpenedSession, run: u8, face: &Face) -> Result<Sealed, Failure> {
        let place = run_place(&session.stored.id, run);
        Ok(session
            .key
            .seal(&*self.host, Purpose::Anchor, &[&place], &to_cbor(face)?)?)
    }

    /// The face that the runs before have left to compare the next one with.
    pub(super) fn lasting_anchor(&self, session: &OpenedSession) -> Result<Option<Face>, Failure> {
        let runs = self.store.runs(&session.stored.id)?;
        let left = runs.iter().find_map(|run| Some((run.run, run.anchor.as_ref()?)));
        left.map(|(run, sealed)| {
            let place = run_place(&session.stored.id, run);
            from_cbor(&session.key.open(Purpose::Anchor, &[&place], sealed)?)
        })
        .transpose()
    }

    fn journal_run(
        &self,
        session: &OpenedSession,
        document: &LivenessDocument,
        steps: &[StepContent],
        faces: [(Process, Item, bool); 3],
    ) -> Vec<Event> {
        let journal = self.journal(session, document.at);
        let images = document.steps.iter().map(|step| step.images.len()).sum::<usize>();
        let frames = steps.iter().map(|step| step.frames.len()).sum::<usize>();
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let mut events = Vec::new();
        if images > 0 {
            events.push(journal.event(Process::Storage, Item::DocumentImages, count(images)));
        }
        let done = faces.into_iter().filter(|(_, _, done)| *done);
        events.extend(done.map(|(process, item, _)| journal.event(process, item, 1)));
        if frames > 0 {
            events.push(journal.event(Process::Destruction, Item::Frames, count(frames)));
        }
        events
    }
}

/// What a run's sealed face is bound to: session and run.
pub(super) fn run_place(session: &SessionId, run: u8) -> [u8; SessionId::LENGTH + 1] {
    let mut place = [run; SessionId::LENGTH + 1];
    let (id, _) = place.split_at_mut(SessionId::LENGTH);
    id.copy_from_slice(session.as_bytes());
    place
}

fn check_issued(session: &OpenedSession, run: u8, request: &ConcludeRun) -> Result<(), Failure> {
    let counted = (0u8..).zip(&request.issued).all(|(place, step)| {
        step.index.run == run
            && step.index.step == place
            && request.plan.has(step)
            && step.session == session.stored.id
            && step.transaction == session.stored.transaction
    });
    // A run without any step can only have broken off.
    let begun = !request.issued.is_empty() || request.ended.is_some();
    if counted && begun {
        Ok(())
    } else {
        refused(ProblemCode::MalformedRequest)
    }
}

fn check_judged(request: &ConcludeRun, steps: &[StepContent]) -> Result<(), Failure> {
    let all = steps
        .iter()
        .all(|step| request.issued.contains(&step.issued) && step.plan == request.plan);
    if all { Ok(()) } else { refused(ProblemCode::Conflict) }
}
