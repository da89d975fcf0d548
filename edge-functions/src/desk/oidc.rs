//! The identity provider's side of a session: how it begins, and what the relying party gets at its end.

use jiff::Timestamp;
use serde::Serialize;
use tanu_law::nbs::outcome::Outcome;
use tanu_law::nbs::session::Session;
use tanu_protocol::digest::{RequestReference, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{DocumentKind, SignedDocument};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::InclusionProof;
use tanu_protocol::session::{DataItem, Ending, StateView};

use super::{Desk, Host, PUSHED_SECONDS, Record, Stored, later};
use crate::budget::Purse;
use crate::matcher::{MatcherCall, MatcherFailure};
use crate::oidc::authorization::Authorization;
use crate::oidc::code::{Grant, Handle, WRONG_CODE, verifier_fits};
use crate::oidc::failure::{Failure, OauthError};
use crate::oidc::redirect::{Destination, not_passed};
use crate::oidc::token::{Identity, answer};
use crate::reply::Reply;

/// The result of a session, for its relying party's server (NBS-10).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct ResultMessage {
    /// The session.
    session: SessionId,
    /// Its transaction.
    transaction: TransactionHash,
    /// The PKCE challenge of the authorization request that the session answers (RFC 7636, section 4.2). A browser may bring any
    /// session's id, so the relying party takes a result only where this is the challenge of the sign-in which that browser
    /// began: it is another one for each request (RFC 9700, section 2.1.1).
    code_challenge: String,
    /// Passed or not passed.
    passed: bool,
    /// How it ended.
    #[serde(flatten)]
    ending: Ending,
    /// When.
    at: Timestamp,
    /// The documents that the customer keeps (BNK-10, BNK-14), where the citizen was asked for them.
    documents: Vec<SignedDocument>,
    /// Proofs that the documents' entries are in the register (NBS-8).
    proofs: Vec<InclusionProof>,
}

/// The name of a pushed request (RFC 9126, section 2.2).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct PushedRequest {
    /// What the browser brings.
    request_uri: String,
    /// Seconds for which it is good.
    expires_in: i64,
}

/// Claims for an access token (OpenID Connect Core 1.0, section 5.3.2).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(schemars::JsonSchema))]
pub(crate) struct UserInfo {
    /// The citizen, as this relying party knows them.
    sub: Sha256Digest,
}

impl<H: Host> Desk<'_, H> {
    /// Keeps a relying party's request until a browser brings it (RFC 9126).
    pub(super) async fn push(
        &self,
        reference: RequestReference,
        authorization: Authorization,
    ) -> Result<Reply, ProblemCode> {
        if self.host.load().await?.is_some() {
            return Err(ProblemCode::Conflict);
        }
        let until = later(self.host.now(), PUSHED_SECONDS);
        let session = self.session;
        self.host
            .save(&Record::Pushed {
                session,
                authorization: Box::new(authorization),
                until,
            })
            .await?;
        self.host.wake_at(until).await?;
        Ok(Reply::json(
            201,
            &PushedRequest {
                request_uri: request_uri(reference),
                expires_in: PUSHED_SECONDS,
            },
        ))
    }

    /// Begins the session for the browser that brings the request. The same browser may bring it again; no other may.
    pub(super) async fn accept(&self, client: &str, browser: Sha256Digest) -> Result<Reply, ProblemCode> {
        let page = Reply::redirect(format!("/session/{}", self.session));
        let now = self.host.now();
        let (authorization, until) = match self.host.load().await? {
            Some(Record::Pushed {
                authorization, until, ..
            }) => (*authorization, until),
            Some(Record::Session(stored)) if stored.browser == browser && stored.authorization.client_id == client => {
                return Ok(page);
            }
            Some(Record::Session(_)) | None => return Err(ProblemCode::SessionUnknown),
        };
        if authorization.client_id != client || now >= until {
            return Err(ProblemCode::SessionUnknown);
        }
        let request = serde_json::to_vec(&authorization).map_err(|_| ProblemCode::Internal)?;
        let transaction = TransactionHash::of_request(&self.session, client, &request, &self.host.random()?);
        let session = Session::create(
            self.session,
            transaction,
            authorization.request.clone(),
            self.config.pace,
            now,
        );
        let expires_at = session.expires_at();
        self.save(&Stored {
            authorization,
            browser,
            grant: Grant::None,
            template: false,
            session,
        })
        .await?;
        self.host.wake_at(expires_at).await?;
        Ok(page)
    }

    /// Sends the browser back with a code or with the reason why there is none. A session that has not ended goes on, unless
    /// a service is down: the citizen is never kept.
    pub(super) async fn go_back(&self, stored: &mut Stored) -> Result<Reply, ProblemCode> {
        let settled = self.settle(stored).await;
        let destination = Destination {
            redirect_uri: &stored.authorization.redirect_uri,
            state: stored.authorization.state.as_deref(),
            issuer: &self.config.issuer,
            session: Some(self.session),
        };
        let Some((outcome, _)) = stored.session.outcome() else {
            let waits = settled.is_err() || stored.session.view(self.host.now()) == StateView::Waiting;
            return Ok(if waits {
                destination.failure(Failure::new(
                    OauthError::TemporarilyUnavailable,
                    "a service is down; the session can be continued for some minutes",
                ))
            } else {
                Reply::redirect(format!("/session/{}", self.session))
            });
        };
        let Outcome::Identified(_) = outcome else {
            return Ok(destination.failure(not_passed(outcome.ending())));
        };
        let code = Handle::new(self.session, self.host.random()?);
        match stored.grant.issue(&code, self.host.now()) {
            Ok(grant) => {
                let reply = destination.success(&code);
                let mut stored = stored.clone();
                stored.grant = grant;
                self.save(&stored).await?;
                Ok(reply)
            }
            Err(_) => Ok(destination.failure(Failure::new(
                OauthError::AccessDenied,
                "the result of this session was fetched before",
            ))),
        }
    }

    /// Tokens for a code (RFC 6749, section 4.1.3; RFC 7636, section 4.6).
    pub(super) async fn redeem(
        &self,
        client: &str,
        code: &Sha256Digest,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Reply, ProblemCode> {
        let mut stored = match self.stored().await {
            Ok(stored) if stored.authorization.client_id == client => stored,
            Ok(_) | Err(ProblemCode::SessionUnknown) => return Ok(WRONG_CODE.reply()),
            Err(code) => return Err(code),
        };
        if let Err(exhausted) = self.host.spend(Purse::RelyingParty) {
            return Ok(exhausted.into());
        }
        let asked = &stored.authorization;
        let fits = stored.grant.knows(code)
            && asked.redirect_uri == redirect_uri
            && verifier_fits(verifier, &asked.code_challenge);
        let (Some((Outcome::Identified(_), at)), Some(person)) = (stored.session.outcome(), stored.session.person())
        else {
            return Ok(WRONG_CODE.reply());
        };
        if !fits {
            return Ok(WRONG_CODE.reply());
        }
        let subject = self.keys.subject(client, person);
        let token = Handle::new(self.session, self.host.random()?);
        let now = self.host.now();
        let (grant, exchanged) = std::mem::take(&mut stored.grant).redeem(code, &token, now);
        stored.grant = grant;
        self.save(&stored).await?;
        if let Err(failure) = exchanged {
            self.host.note("oidc.redeem", failure.error.name());
            return Ok(failure.reply());
        }
        let identity = Identity {
            issuer: &self.config.issuer,
            client,
            subject,
            nonce: stored.authorization.nonce.as_deref(),
            authenticated_at: at,
            transaction: stored.session.transaction(),
        };
        answer(&identity, &token, &self.keys.signing, now).map_err(|_| ProblemCode::Internal)
    }

    /// The subject, once more (OpenID Connect Core 1.0, section 5.3).
    pub(super) async fn user_info(&self, token: &Sha256Digest) -> Result<Reply, ProblemCode> {
        let wrong = Failure::new(OauthError::InvalidToken, "the access token is wrong or too old");
        let stored = match self.stored().await {
            Ok(stored) => stored,
            Err(ProblemCode::SessionUnknown) => return Ok(wrong.reply()),
            Err(code) => return Err(code),
        };
        match stored.session.person() {
            Some(person) if stored.grant.admits(token, self.host.now()) => {
                if let Err(exhausted) = self.host.spend(Purse::RelyingParty) {
                    return Ok(exhausted.into());
                }
                let subject = self.keys.subject(&stored.authorization.client_id, person);
                Ok(Reply::json(200, &UserInfo { sub: subject }))
            }
            _ => Ok(wrong.reply()),
        }
    }

    /// The result and the documents, once the session has ended, for the client whose session it is.
    pub(super) async fn result(&self, client: &str) -> Result<Reply, ProblemCode> {
        let mut stored = self.stored().await?;
        if stored.authorization.client_id != client {
            return Err(ProblemCode::SessionUnknown);
        }
        if let Err(exhausted) = self.host.spend(Purse::RelyingParty) {
            return Ok(exhausted.into());
        }
        self.settle(&mut stored).await?;
        let session = &stored.session;
        let Some((outcome, at)) = session.outcome() else {
            return Err(ProblemCode::SessionState);
        };
        // What follows can take long, and changes nothing: nobody waits for it.
        self.host.give_turn_back();
        // The citizen agreed to hand over what was named in the question, and nothing else (NBS-4).
        let documents = if session.request().data.contains(&DataItem::Evidence) {
            self.evidence().await?
        } else {
            Vec::new()
        };
        let proofs = self.proofs(&documents).await?;
        let ending = outcome.ending();
        Ok(Reply::json(
            200,
            &ResultMessage {
                session: session.id(),
                transaction: session.transaction(),
                code_challenge: stored.authorization.code_challenge.clone(),
                passed: ending.passed(),
                ending,
                at,
                documents,
                proofs,
            },
        ))
    }

    async fn evidence(&self) -> Result<Vec<SignedDocument>, ProblemCode> {
        let body = self
            .host
            .ask(&MatcherCall::documents(self.session))
            .await
            .map_err(|failure| self.unable("matcher.documents", failure))?;
        self.read(&body)
    }

    async fn proofs(&self, documents: &[SignedDocument]) -> Result<Vec<InclusionProof>, ProblemCode> {
        let mut proofs = Vec::new();
        for document in documents {
            // The register holds attempts; the consent is bound to them by the transaction.
            if document.reference.kind == DocumentKind::Consent {
                continue;
            }
            let path = format!("/v1/register/inclusion?document={}", document.reference.sha256);
            match self.host.ask(&MatcherCall::get(path)).await {
                Ok(body) => proofs.push(self.read(&body)?),
                Err(failure @ MatcherFailure::Refused(_)) => {
                    self.unable("matcher.proof", failure);
                }
                Err(failure) => return Err(self.unable("matcher.proof", failure)),
            }
        }
        Ok(proofs)
    }
}

/// Has the browser bring a request by a GET that it posted. From another site's page it posts without its cookie (`SameSite=Lax`), and
/// would be taken for one that has no key yet; with a GET the cookie comes along.
#[must_use]
pub fn bring(client: &str, reference: RequestReference) -> Reply {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client)
        .append_pair("request_uri", &request_uri(reference))
        .finish();
    Reply::redirect(format!("/oidc/authorize?{query}"))
}

/// The name under which a browser brings a pushed request.
fn request_uri(reference: RequestReference) -> String {
    format!("{REQUEST_URI}{reference}")
}

/// What the name of a pushed request begins with (RFC 9126, section 2.2).
pub const REQUEST_URI: &str = "urn:ietf:params:oauth:request_uri:";
