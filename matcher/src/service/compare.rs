//! `POST /v1/session/{id}/comparison`: the comparison (NBS-9, BNK-12) and document 2 (BNK-13), certified (BNK-14).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::{
    COMPARISON_TYPE, ComparisonBasis, ComparisonDocument, ComparisonResult, DocumentKind, RULE_SET,
};
use tanu_protocol::iin::Iin;
use tanu_protocol::matcher::ComparisonVerdict;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::AttemptKind;
use tanu_protocol::similarity::Similarity;
use tanu_protocol::state_database::{ReferenceAnswer, ReferenceQuery};
use tanu_vision::Embedding;
use zeroize::Zeroize;

use super::conclude::{Probe, run_place};
use super::{Matcher, OpenedSession, from_cbor, to_cbor};
use crate::evidence::similarity;
use crate::failure::Failure;
use crate::in_force::{day_in_almaty, out_of_force, seen};
use crate::inference::Unexamined;
use crate::journal::{Event, Item, Process};
use crate::log::Attempt;
use crate::sealing::{Purpose, SealKey};
use crate::store::{Concluded, Outcome, Seen, StoredTemplate};

/// A subject's template (NBS-5). Kept sealed under the subject's key.
#[derive(Serialize, Deserialize)]
struct Template {
    embedding: Vec<f32>,
    /// Names the model and the alignment that made the embedding: [`Matcher::embedder`].
    model: Sha256Digest,
    formed_at: Timestamp,
    formed_in: SessionId,
}

impl Drop for Template {
    fn drop(&mut self) {
        self.embedding.zeroize();
    }
}

/// What a comparison found.
struct Compared {
    result: ComparisonResult,
    similarity: Option<Similarity>,
    basis: ComparisonBasis,
}

/// What was done with biometric data, in order, whatever comes of it.
type Done = Vec<(Process, Item)>;

impl Matcher {
    /// Compares the face of the session's passed run with the reference. Once compared, the same verdict is given again.
    ///
    /// # Errors
    /// [`ProblemCode::SessionState`] where the last run is not a passed one, or the session has ended;
    /// [`Failure::StateDatabase`] where there is no answer: nothing is recorded, and the call may be made again; [`Failure`].
    pub fn compare(&self, id: &SessionId) -> Result<ComparisonVerdict, Failure> {
        self.undisturbed(|| self.compare_once(id))
    }

    fn compare_once(&self, id: &SessionId) -> Result<ComparisonVerdict, Failure> {
        let seen = self.store.seen(id)?;
        let session = self.session(id)?;
        if let Some(verdict) = self.store.comparison(id)? {
            return Ok(verdict);
        }
        // (1) The session's last run passed: no comparison without liveness (NBS-7).
        let (person, probe) = match self.passed_run(&session) {
            Ok(passed) => passed,
            // Another call may have compared since, and purged the face.
            Err(refusal) => return self.store.comparison(id)?.ok_or(refusal),
        };
        // No photo is collected for a document that can't be certified.
        self.provider.check(self.host.now())?;
        let mut done = Done::new();
        let result = self.compare_probe(&session, seen, &person, &probe, &mut done);
        if result.is_err() {
            // Nothing comes of the comparison, but whatever was collected and used was here.
            let journal = self.journal(&session, self.host.now());
            self.note(done.into_iter().map(|(process, item)| journal.event(process, item, 1)));
        }
        result
    }

    fn compare_probe(
        &self,
        session: &OpenedSession,
        seen: Seen,
        person: &Iin,
        probe: &Probe,
        done: &mut Done,
    ) -> Result<ComparisonVerdict, Failure> {
        let id = &session.stored.id;
        let face = Embedding::from_slice(&probe.embedding).ok_or(Failure::Record)?;

        // (2) Primary against the state database, later ones against our own template (NBS-9, BNK-11).
        let compared = match self.template(person)? {
            Some(template) => self.compare_with_template(&face, &template, done)?,
            None => self.compare_with_state(session, person, &face, done)?,
        };
        done.push((Process::Use, Item::Probe));

        // (3) Document 2 and the register's entry are stored before the answer.
        let at = self.host.now();
        let primary = matches!(compared.basis, ComparisonBasis::Primary { .. });
        let document = ComparisonDocument {
            current_image: probe.image.clone(),
            person: person.clone(),
            result: compared.result,
            similarity: compared.similarity,
            threshold: self.threshold,
            basis: compared.basis,
            customer: session.record.customer.clone(),
            at,
            session: *id,
            transaction: session.stored.transaction,
            liveness_document: probe.liveness_document,
            models: self.models.clone(),
            rule_set: RULE_SET.into(),
        };
        let document = self.certify(
            session,
            (DocumentKind::Comparison, None),
            at,
            COMPARISON_TYPE,
            &document,
        )?;
        let verdict = ComparisonVerdict {
            outcome: compared.result,
            document: document.reference.clone(),
        };
        let matched = compared.result == ComparisonResult::Matched;
        let attempt = Attempt {
            at,
            subject: session.subject,
            transaction: session.stored.transaction,
            kind: AttemptKind::Comparison,
            passed: matched,
            document: document.reference.clone(),
        };
        let journal = self.journal(session, at);
        let stored = [
            (Process::Storage, Item::DocumentImages),
            (Process::Destruction, Item::Probe),
        ];
        let outcome = Outcome {
            session: *id,
            seen,
            document: Some(document),
            concluded: Concluded::Comparison(verdict.clone()),
            journal: done
                .iter()
                .chain(&stored)
                .map(|(process, item)| journal.event(*process, *item, 1))
                .collect(),
        };
        self.register.enter(&*self.store, attempt, &outcome)?;

        // (4) The template, where the consent covers it (NBS-5). It comes after the outcome: without it the next session
        // compares with the state database again.
        let agreed_at = session
            .agreed()
            .filter(|consent| consent.template)
            .map(|consent| consent.at);
        if matched
            && primary
            && let Some(agreed_at) = agreed_at
        {
            match self.form_template(session, person, &face, agreed_at, at) {
                Ok(true) => {}
                Ok(false) => tracing::info!(session = %id, "no template was formed: consent was withdrawn since"),
                Err(failure) => {
                    tracing::error!(session = %id, code = failure.code().as_str(), "no template was formed");
                }
            }
        }
        Ok(verdict)
    }

    fn passed_run(&self, session: &OpenedSession) -> Result<(Iin, Probe), Failure> {
        let state = Failure::Refused(ProblemCode::SessionState);
        if session.stored.ended.is_some() {
            return Err(state);
        }
        let run = self
            .store
            .runs(&session.stored.id)?
            .pop()
            .filter(|run| run.verdict.passed)
            .ok_or(Failure::Refused(ProblemCode::SessionState))?;
        let sealed = run.probe.as_ref().ok_or(state)?;
        let place = run_place(&session.stored.id, run.run);
        let probe = from_cbor(&session.key.open(Purpose::Probe, &[&place], sealed)?)?;
        let person = session.record.person.clone().ok_or(Failure::Record)?;
        Ok((person, probe))
    }

    fn compare_with_template(
        &self,
        face: &Embedding,
        template: &Template,
        done: &mut Done,
    ) -> Result<Compared, Failure> {
        let reference = Embedding::from_slice(&template.embedding).ok_or(Failure::Record)?;
        done.push((Process::Use, Item::Template));
        let (result, similarity) = self.decide(face, &reference)?;
        Ok(Compared {
            result,
            similarity: Some(similarity),
            basis: ComparisonBasis::Subsequent {
                formed_at: template.formed_at,
                formed_in: template.formed_in,
            },
        })
    }

    fn compare_with_state(
        &self,
        session: &OpenedSession,
        person: &Iin,
        face: &Embedding,
        done: &mut Done,
    ) -> Result<Compared, Failure> {
        let query = ReferenceQuery {
            iin: person.clone(),
            transaction: session.stored.transaction,
        };
        let database = self.state_database_name.clone();
        let (photo, document) = match self.state_database.reference(&query)? {
            ReferenceAnswer::Found { photo, document } => (photo, document),
            ReferenceAnswer::NotFound => {
                return Ok(Compared {
                    result: ComparisonResult::NoReference,
                    similarity: None,
                    basis: ComparisonBasis::Primary {
                        database,
                        document: None,
                        photo: None,
                    },
                });
            }
        };
        // The photo is in memory alone, and its hash stands in document 2.
        let destroyed = (Process::Destruction, Item::ReferencePhoto);
        done.push((Process::Collection, Item::ReferencePhoto));
        let basis = ComparisonBasis::Primary {
            database,
            document: Some(seen(&document)),
            photo: Some(Sha256Digest::of(&photo)),
        };
        if let Some(why) = out_of_force(&document, day_in_almaty(self.host.now())) {
            done.push(destroyed);
            return Ok(Compared {
                result: ComparisonResult::DocumentOutOfForce { why },
                similarity: None,
                basis,
            });
        }
        let reference = self.reference_face(photo);
        if reference.is_ok() {
            done.push((Process::Use, Item::ReferencePhoto));
        }
        done.push(destroyed);
        let reference = reference?;
        let (result, similarity) = match reference {
            Some(reference) => self
                .decide(face, &reference)
                .map(|(result, similarity)| (result, Some(similarity)))?,
            None => (ComparisonResult::UnusableReference, None),
        };
        Ok(Compared {
            result,
            similarity,
            basis,
        })
    }

    /// The embedding of the one face on a reference photo; `None` where it shows none or several.
    fn reference_face(&self, photo: Vec<u8>) -> Result<Option<Embedding>, Failure> {
        match self.pool.examine(vec![(photo, 0.0)]) {
            Ok(examinations) => Ok(examinations
                .into_iter()
                .find(|examination| examination.observation.faces == 1)
                .and_then(|examination| examination.embedding)),
            Err(Unexamined::Damaged) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    fn decide(&self, face: &Embedding, reference: &Embedding) -> Result<(ComparisonResult, Similarity), Failure> {
        let similarity = similarity(face.cosine(reference)).ok_or(Failure::Record)?;
        let result = if similarity >= self.threshold {
            ComparisonResult::Matched
        } else {
            ComparisonResult::NotMatched
        };
        Ok((result, similarity))
    }

    /// The subject's template, where there is one that today's model made.
    fn template(&self, person: &Iin) -> Result<Option<Template>, Failure> {
        let subject = self.master.locate(person);
        let Some(stored) = self.templates.get(&subject)? else {
            return Ok(None);
        };
        let place: [&[u8]; 1] = [subject.as_bytes()];
        let key = self.master.unwrap(Purpose::SubjectKey, &place, &stored.key)?;
        let template: Template = from_cbor(&key.open(Purpose::Template, &place, &stored.template)?)?;
        Ok(Some(template).filter(|template| template.model == self.embedder))
    }

    /// Forms the template; `false` where the consent was withdrawn since it was given (NBS-11).
    fn form_template(
        &self,
        session: &OpenedSession,
        person: &Iin,
        face: &Embedding,
        agreed_at: Timestamp,
        at: Timestamp,
    ) -> Result<bool, Failure> {
        let subject = self.master.locate(person);
        let place: [&[u8]; 1] = [subject.as_bytes()];
        let template = Template {
            embedding: face.as_slice().to_vec(),
            model: self.embedder,
            formed_at: at,
            formed_in: session.stored.id,
        };
        let key = SealKey::generate(&*self.host)?;
        let stored = StoredTemplate {
            key: self.master.wrap(&*self.host, Purpose::SubjectKey, &place, &key)?,
            template: key.seal(&*self.host, Purpose::Template, &place, &to_cbor(&template)?)?,
        };
        let event: Event = self.journal(session, at).event(Process::Storage, Item::Template, 1);
        Ok(self.templates.put(&subject, &stored, agreed_at, &event)?)
    }
}
