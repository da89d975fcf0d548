//! Back to the relying party: a code, or why there is none (RFC 6749, section 4.1.2; RFC 9207 for `iss`).

use tanu_protocol::digest::SessionId;
use tanu_protocol::session::Ending;
use url::Url;

use crate::oidc::code::Handle;
use crate::oidc::failure::{Failure, OauthError};
use crate::reply::Reply;

/// Where an answer goes, and what goes with every answer.
#[derive(Clone, Copy, Debug)]
pub struct Destination<'a> {
    /// The relying party's registered address.
    pub redirect_uri: &'a str,
    /// What it wants handed back.
    pub state: Option<&'a str>,
    /// Who answers.
    pub issuer: &'a str,
    /// The session whose result the relying party may fetch, where there is one.
    pub session: Option<SessionId>,
}

impl Destination<'_> {
    /// The citizen is who they say they are.
    #[must_use]
    pub fn success(&self, code: &Handle) -> Reply {
        self.redirect(&[("code", &code.expose())])
    }

    /// There is no code.
    #[must_use]
    pub fn failure(&self, failure: Failure) -> Reply {
        self.redirect(&[("error", failure.error.name()), ("error_description", failure.why)])
    }

    fn redirect(&self, answer: &[(&str, &str)]) -> Reply {
        // The address was checked when the configuration was read.
        let Ok(mut url) = Url::parse(self.redirect_uri) else {
            return Reply::problem(tanu_protocol::problem::ProblemCode::Internal);
        };
        {
            let mut query = url.query_pairs_mut();
            query.extend_pairs(answer);
            if let Some(state) = self.state {
                query.append_pair("state", state);
            }
            query.append_pair("iss", self.issuer);
            if let Some(session) = self.session {
                query.append_pair("tanu_session", &session.to_string());
            }
        }
        Reply::redirect(url.into())
    }
}

/// What a relying party is told of a session that is not passed (NBS-10). The details are in the result and the documents,
/// which its server may fetch, and not in the citizen's address.
#[must_use]
pub const fn not_passed(ending: Ending) -> Failure {
    Failure::new(
        OauthError::AccessDenied,
        match ending {
            Ending::Refused => "the citizen refused",
            Ending::Cancelled => "the citizen broke off",
            Ending::Expired => "time ran out",
            _ => "not passed",
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_carry_state_issuer_and_session_beside_the_address_own_query() {
        let session = SessionId::from_bytes([1; 16]);
        let destination = Destination {
            redirect_uri: "http://localhost:8789/callback?lang=kk",
            state: Some("a&b"),
            issuer: "http://localhost:8787",
            session: Some(session),
        };
        let reply = destination.failure(not_passed(Ending::NotLive));
        assert_eq!(
            reply.header("location"),
            Some(
                "http://localhost:8789/callback?lang=kk&error=access_denied&error_description=not+passed&state=a%26b\
                 &iss=http%3A%2F%2Flocalhost%3A8787&tanu_session=AQEBAQEBAQEBAQEBAQEBAQ"
            )
        );
        let code = Handle::new(session, [2; 32]);
        let reply = destination.success(&code);
        assert!(
            reply
                .header("location")
                .unwrap()
                .contains(&format!("code={}", code.expose()))
        );
    }
}
