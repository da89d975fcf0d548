//! `GET /v1/session/{id}/documents`: the documents that a session has left.

use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::{DocumentRef, SignedDocument};

use super::Matcher;
use crate::failure::Failure;
use crate::journal::{Event, Item, Process};
use crate::sealing::Purpose;

impl Matcher {
    /// The session's documents, in the order in which they were made. That they are handed over is journalled first: it is a use
    /// of the images in them (NBS-3).
    ///
    /// # Errors
    /// [`Failure`].
    pub fn documents(&self, id: &SessionId) -> Result<Vec<SignedDocument>, Failure> {
        let session = self.session(id)?;
        let documents = self
            .store
            .documents(id)?
            .into_iter()
            .map(|document| {
                let place: [&[u8]; 2] = [id.as_bytes(), document.reference.sha256.as_bytes()];
                let text = session.key.open(Purpose::Document, &place, &document.jws)?;
                Ok(SignedDocument {
                    reference: document.reference,
                    jws: String::from_utf8(text.to_vec()).map_err(|_| Failure::Record)?,
                })
            })
            .collect::<Result<_, Failure>>()?;
        let images = images(&self.store.journal(id)?);
        if images > 0 {
            let journal = self.journal(&session, self.host.now());
            self.store
                .note(&[journal.event(Process::Use, Item::DocumentImages, images)])?;
        }
        Ok(documents)
    }

    /// What the session's documents are, without opening them.
    pub(super) fn references(&self, id: &SessionId) -> Result<Vec<DocumentRef>, Failure> {
        let documents = self.store.documents(id)?;
        Ok(documents.into_iter().map(|document| document.reference).collect())
    }
}

/// How many images a session's documents hold, by its journal.
pub(super) fn images(journal: &[Event]) -> u32 {
    journal
        .iter()
        .filter(|event| (event.process, event.item) == (Process::Storage, Item::DocumentImages))
        .map(|event| event.count)
        .fold(0, u32::saturating_add)
}
