//! What Tanu says of a finished session to the relying party that asked (NBS-10): the result and its documents.

use jiff::Timestamp;
use openidconnect::{PkceCodeChallenge, PkceCodeVerifier};
use serde::Deserialize;
use tanu_protocol::digest::{SessionId, TransactionHash};
use tanu_protocol::evidence::SignedDocument;
use tanu_protocol::session::Ending;

use super::evidence::MOST_DOCUMENT_BYTES;
use super::identity::{IdentityProvider, VerifiedToken, is_for_later, read_capped};

/// The most bytes of a result: four runs' documents, the comparison, the consent.
const MOST_RESULT_BYTES: usize = 6 * MOST_DOCUMENT_BYTES;
/// The most documents of a result.
const MOST_DOCUMENTS: usize = 16;

/// The result of a session.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(super) struct SessionResult {
    /// The session.
    pub(super) session: SessionId,
    /// Its transaction.
    pub(super) transaction: TransactionHash,
    /// The PKCE challenge of the request that it answers.
    code_challenge: String,
    /// Passed or not passed.
    pub(super) passed: bool,
    /// How it ended.
    #[serde(flatten)]
    pub(super) ending: Ending,
    /// When.
    pub(super) at: Timestamp,
    /// What it left.
    pub(super) documents: Vec<SignedDocument>,
}

/// The result is not to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoResult {
    /// Tanu does not answer, or can't now: a later try may succeed.
    #[error("the result can't be fetched now")]
    Unreachable,
    /// Tanu gives none for this session and this bank.
    #[error("there is no result")]
    Refused,
    /// The answer is too large, of another shape, or about another session.
    #[error("the result can't be read")]
    Unreadable,
}

impl SessionResult {
    /// Whether it answers the request that was made with this PKCE verifier. Anybody can name a session in their own answer;
    /// without this the bank would show them another's documents.
    pub(super) fn answers(&self, verifier: &str) -> bool {
        let verifier = PkceCodeVerifier::new(verifier.to_owned());
        self.code_challenge == PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str()
    }

    /// Whether it is what `token` is about. One that passed comes with a code for its token, so that nobody else than the
    /// browser that was in the session has it.
    pub(super) fn fits(&self, token: Option<&VerifiedToken>) -> bool {
        match token {
            Some(token) => token.transaction == self.transaction,
            None => !self.passed,
        }
    }
}

/// Fetches the result of `session`.
///
/// # Errors
/// [`NoResult`].
pub(super) async fn fetch(provider: &IdentityProvider, session: SessionId) -> Result<SessionResult, NoResult> {
    let request = provider
        .get(&format!("/api/results/{session}"))
        .map_err(|_| NoResult::Unreachable)?;
    let answer = request.send().await.map_err(|_| NoResult::Unreachable)?;
    if is_for_later(answer.status()) {
        return Err(NoResult::Unreachable);
    }
    if !answer.status().is_success() {
        return Err(NoResult::Refused);
    }
    let body = read_capped(answer, MOST_RESULT_BYTES)
        .await
        .map_err(|_| NoResult::Unreadable)?;
    let result: SessionResult = serde_json::from_slice(&body).map_err(|_| NoResult::Unreadable)?;
    let consistent = result.passed == result.ending.passed();
    if consistent && result.session == session && result.documents.len() <= MOST_DOCUMENTS {
        Ok(result)
    } else {
        Err(NoResult::Unreadable)
    }
}
