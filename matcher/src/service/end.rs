//! `POST /v1/session/{id}/end`: a session that comes to no comparison. It leaves document 1 and an entry, too.

use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::{ComparisonResult, DocumentKind, LIVENESS_TYPE, LivenessDocument};
use tanu_protocol::matcher::SessionEnded;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::AttemptKind;
use tanu_protocol::session::Ending;

use super::{Matcher, OpenedSession};
use crate::evidence::StepContent;
use crate::failure::{Failure, refused};
use crate::journal::{Event, Item, Process};
use crate::log::Attempt;
use crate::store::{Concluded, Outcome, StoredRun};

impl Matcher {
    /// Ends a session and gives its documents. One that has ended stays as it ended, and that is what is answered.
    ///
    /// # Errors
    /// [`ProblemCode::MalformedRequest`] for an ending that is not that of the comparison, or that only another comparison gives;
    /// [`Failure`].
    pub fn end_session(&self, id: &SessionId, ending: Ending) -> Result<SessionEnded, Failure> {
        self.undisturbed(|| self.end_once(id, ending))
    }

    fn end_once(&self, id: &SessionId, ending: Ending) -> Result<SessionEnded, Failure> {
        let seen = self.store.seen(id)?;
        let session = self.session(id)?;
        if let Some(ended) = session.stored.ended {
            return self.ended(id, ended);
        }
        let compared = self.store.comparison(id)?.map(|comparison| comparison.outcome);
        if !follows(ending, compared) {
            return refused(ProblemCode::MalformedRequest);
        }
        // (1) Document 1, where a run is open or the session has none yet.
        let runs = self.store.runs(id)?;
        let open = u8::try_from(runs.len()).map_err(|_| Failure::Record)?;
        let steps = self.contents(&session, open, &self.store.steps(id)?)?;
        let without_run = || LivenessDocument {
            ended: Some(ending),
            ..self.empty_document(&session)
        };
        let content = self
            .broken_off(&session, open, &steps, ending)
            .or_else(|| runs.is_empty().then(without_run));
        let at = self.host.now();
        let document = content
            .as_ref()
            .map(|content| {
                let reference = (DocumentKind::Liveness, content.run);
                self.certify(&session, reference, at, LIVENESS_TYPE, content)
            })
            .transpose()?;

        // (2) The entry names that document, or the session's last one.
        let last = match &document {
            Some(document) => document.reference.clone(),
            None => self.references(id)?.pop().ok_or(Failure::Record)?,
        };
        let attempt = Attempt {
            at,
            subject: session.subject,
            transaction: session.stored.transaction,
            kind: AttemptKind::Ended,
            passed: ending.passed(),
            document: last,
        };
        let journal = self.journal_end(&session, content.as_ref(), &steps, &runs);
        let outcome = Outcome {
            session: *id,
            seen,
            document,
            concluded: Concluded::Session(ending),
            journal,
        };
        self.register.enter(&*self.store, attempt, &outcome)?;
        self.ended(id, ending)
    }

    fn ended(&self, id: &SessionId, ending: Ending) -> Result<SessionEnded, Failure> {
        let documents = self.references(id)?;
        Ok(SessionEnded { ending, documents })
    }

    fn journal_end(
        &self,
        session: &OpenedSession,
        document: Option<&LivenessDocument>,
        steps: &[StepContent],
        runs: &[StoredRun],
    ) -> Vec<Event> {
        let journal = self.journal(session, self.host.now());
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let images = document.map_or(0, |document| document.steps.iter().map(|step| step.images.len()).sum());
        let frames = steps.iter().map(|step| step.frames.len()).sum();
        [
            (Process::Storage, Item::DocumentImages, count(images)),
            (Process::Destruction, Item::Frames, count(frames)),
            (
                Process::Destruction,
                Item::Probe,
                count(runs.iter().filter(|run| run.probe.is_some()).count()),
            ),
            (
                Process::Destruction,
                Item::Anchor,
                count(runs.iter().filter(|run| run.anchor.is_some()).count()),
            ),
        ]
        .into_iter()
        .filter(|(_, _, count)| *count > 0)
        .map(|(process, item, count)| journal.event(process, item, count))
        .collect()
    }
}

/// Whether a session can end so: what a comparison alone gives only as it gave it, and without one the rest. A citizen who breaks off,
/// or whose time runs out, may do so at any moment.
fn follows(ending: Ending, compared: Option<ComparisonResult>) -> bool {
    match (ending, compared) {
        (Ending::Matched, compared) => compared == Some(ComparisonResult::Matched),
        (Ending::NotMatched, compared) => compared == Some(ComparisonResult::NotMatched),
        (Ending::NoReference, compared) => matches!(
            compared,
            Some(ComparisonResult::NoReference | ComparisonResult::UnusableReference)
        ),
        (Ending::DocumentOutOfForce { why }, compared) => {
            compared == Some(ComparisonResult::DocumentOutOfForce { why })
        }
        (Ending::NotLive | Ending::Refused, compared) => compared.is_none(),
        (Ending::Cancelled | Ending::Expired, _) => true,
    }
}
