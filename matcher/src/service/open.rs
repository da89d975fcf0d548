//! `POST /v1/session`: opens a session, with the citizen's answer to the question of consent (NBS-4).

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::{CONSENT_TYPE, ConsentRecord, DocumentKind};
use tanu_protocol::jws::UnverifiedJws;
use tanu_protocol::matcher::OpenSession;
use tanu_protocol::problem::ProblemCode;

use super::{Matcher, SessionRecord};
use crate::failure::{Failure, refused};
use crate::sealing::{Purpose, SealKey};
use crate::store::{StoreError, StoredSession};

/// How long a session is kept to whose keeping nobody has agreed: while it may go on, and its customer may fetch what it leaves.
const WITHOUT_CONSENT: SignedDuration = SignedDuration::from_hours(48);
/// The most bytes of a consent's JWS.
const MOST_CONSENT_BYTES: usize = 32 * 1024;

impl Matcher {
    /// Opens a session. The same request again changes nothing.
    ///
    /// # Errors
    /// [`ProblemCode::Conflict`] where the session was opened by another request, [`ProblemCode::ConsentMissing`] where the
    /// consent is not the edge's or is about another session, person or customer; [`Failure`].
    pub fn open_session(&self, request: &OpenSession) -> Result<(), Failure> {
        let hash = Sha256Digest::of(&serde_json::to_vec(request).map_err(|_| Failure::Record)?);
        if let Some(stored) = self.store.session(&request.session)? {
            return same(stored.request == hash);
        }
        // (1) The consent is the edge's, and about this session, person and customer.
        let consent = request
            .consent
            .as_deref()
            .map(|jws| self.verify_consent(jws, request))
            .transpose()?;

        // (2) What names the citizen is sealed under a key of the session.
        let id = request.session.as_bytes();
        let key = SealKey::generate(&*self.host)?;
        let record = SessionRecord {
            person: request.person.clone(),
            customer: request.customer.clone(),
            consent,
        };
        let text = zeroize::Zeroizing::new(serde_json::to_vec(&record).map_err(|_| Failure::Record)?);
        let document = match (&request.consent, &record.consent) {
            (Some(jws), Some(consent)) => {
                let reference = (DocumentKind::Consent, None);
                Some(self.sealed_document(&request.session, &key, reference, consent.at, jws)?)
            }
            _ => None,
        };
        let opened_at = self.host.now();
        let session = StoredSession {
            id: request.session,
            transaction: request.transaction,
            opened_at,
            request: hash,
            key: self.master.wrap(&*self.host, Purpose::SessionKey, &[id], &key)?,
            record: key.seal(&*self.host, Purpose::SessionRecord, &[id], &text)?,
            kept_until: kept_until(record.consent.as_ref(), opened_at),
            ended: None,
        };

        // (3) Session and consent are stored together.
        match self.store.open_session(&session, document.as_ref()) {
            Err(StoreError::Taken) => match self.store.session(&request.session)? {
                Some(stored) => same(stored.request == hash),
                None => refused(ProblemCode::Conflict),
            },
            done => Ok(done?),
        }
    }

    fn verify_consent(&self, jws: &str, request: &OpenSession) -> Result<ConsentRecord, Failure> {
        let unproven = Failure::Refused(ProblemCode::ConsentMissing);
        let consent: ConsentRecord = UnverifiedJws::parse(jws, MOST_CONSENT_BYTES)
            .and_then(|unverified| unverified.verify(&self.edge_signing, CONSENT_TYPE))
            .map_err(|_| Failure::Refused(ProblemCode::ConsentMissing))?;
        let fits = consent.session == request.session
            && consent.transaction == request.transaction
            && consent.person == request.person
            && consent.customer == request.customer
            // Nothing can be compared without knowing whose face it is.
            && (consent.person.is_some() || !consent.agreed);
        if fits { Ok(consent) } else { Err(unproven) }
    }
}

/// NBS-11: as long as the citizen has agreed to, from then on.
fn kept_until(consent: Option<&ConsentRecord>, opened_at: Timestamp) -> Timestamp {
    let (from, time) = match consent.filter(|consent| consent.agreed) {
        Some(agreed) => (
            agreed.at,
            SignedDuration::from_hours(24 * i64::from(agreed.retention_days)),
        ),
        None => (opened_at, WITHOUT_CONSENT),
    };
    from.checked_add(time).unwrap_or(Timestamp::MAX)
}

fn same(same: bool) -> Result<(), Failure> {
    if same { Ok(()) } else { refused(ProblemCode::Conflict) }
}
