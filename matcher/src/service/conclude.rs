//! `POST /v1/session/{id}/run/{r}/conclusion`: the verdict over a run (BNK-8b) and document 1 (BNK-9).

use serde::{Deserialize, Serialize};
use tanu_liveness::verdict::{Course, judge};
use tanu_protocol::challenge::{IssuedStep, Mismatch, Plan};
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
use crate::store::{Concluded, Outcome, StoreError, StoredDocument, StoredRun};

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
        let hash = Sha256Digest::of(&serde_json::to_vec(request).map_err(|_| Failure::Record)?);
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
        check_judged(&request.issued, &steps)?;

        // (2) The verdict.
        let planned = usize::from(request.planned);
        let complete = steps.len() == planned;
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
        let entered = self.register.enter(&*self.store, attempt, |entry| Outcome {
            session: *id,
            document: Some(document),
            concluded: Concluded::Run(StoredRun {
                run,
                request: hash,
                verdict: verdict.clone(),
                probe: sealed_probe,
                anchor: sealed_anchor,
            }),
            entry,
            journal,
        });
        match entered {
            // Another call with the same request was faster.
            Err(Failure::Store(StoreError::Taken)) => self
                .concluded(id, run, &hash)?
                .ok_or(Failure::Refused(ProblemCode::Conflict)),
            Err(failure) => Err(failure),
            Ok(()) => Ok(verdict),
        }
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
            planned: usize::from(request.planned),
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
            steps: Vec::new(),
            passive: None,
            identity: None,
            policy: self.policy.version.clone(),
            models: self.models.clone(),
            rule_set: RULE_SET.into(),
        }
    }

    /// Document 1 of a session that ended within a run.
    pub(super) fn broken_off(
        &self,
        session: &OpenedSession,
        run: u8,
        steps: &[StepContent],
        ending: Ending,
    ) -> LivenessDocument {
        let request = ConcludeRun {
            issued: steps.iter().map(|step| step.issued.clone()).collect(),
            planned: steps.first().map_or(0, |step| step.issued.of),
            ended: Some(ending),
        };
        self.judge_run(session, run, &request, steps).document
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
            && step.of == request.planned
            && step.session == session.stored.id
            && step.transaction == session.stored.transaction
    });
    let fits = request.issued.len() <= usize::from(request.planned) && usize::from(request.planned) <= Plan::MOST;
    // Where all commands were shown, they are a plan: at least three, none right after itself (BNK-8a).
    let commands = || request.issued.iter().map(|step| step.command).collect();
    let planned = request.issued.len() < usize::from(request.planned) || Plan::new(commands()).is_ok();
    // A run without any step can only have broken off.
    let begun = !request.issued.is_empty() || request.ended.is_some();
    if counted && fits && planned && begun {
        Ok(())
    } else {
        refused(ProblemCode::MalformedRequest)
    }
}

fn check_judged(issued: &[IssuedStep], steps: &[StepContent]) -> Result<(), Failure> {
    let all = steps.iter().all(|step| issued.contains(&step.issued));
    if all { Ok(()) } else { refused(ProblemCode::Conflict) }
}
