//! `GET /v1/session/{id}/documents`: the documents that a session has left.

use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::{DocumentRef, SignedDocument};

use super::Matcher;
use crate::failure::Failure;
use crate::sealing::Purpose;

impl Matcher {
    /// The session's documents, in the order in which they were made.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn documents(&self, id: &SessionId) -> Result<Vec<SignedDocument>, Failure> {
        let session = self.session(id)?;
        self.store
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
            .collect()
    }

    /// What the session's documents are, without opening them.
    pub(super) fn references(&self, id: &SessionId) -> Result<Vec<DocumentRef>, Failure> {
        let documents = self.store.documents(id)?;
        Ok(documents.into_iter().map(|document| document.reference).collect())
    }
}
