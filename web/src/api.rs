//! The edge's session API as this page uses it: what is called, and everything that can go wrong, as one enum.

use tanu_protocol::capture;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::SessionId;
use tanu_protocol::language::Language;
use tanu_protocol::problem::{Problem, ProblemCode};
use tanu_protocol::session::ConsentAnswer;

use crate::text::Text;

/// A call that answers with the session as it then stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// See where the session stands.
    See,
    /// Agree or refuse.
    Consent(ConsentAnswer),
    /// Begin a run.
    BeginRun(u8),
    /// Send the frames that are held for a step.
    Send(StepIndex),
    /// Have tried again what a service could not do.
    Retry,
    /// Break off.
    Cancel,
}

impl Call {
    /// HTTP method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match self {
            Self::See => "GET",
            Self::Send(_) => "PUT",
            Self::Consent(_) | Self::BeginRun(_) | Self::Retry | Self::Cancel => "POST",
        }
    }

    /// Path on this origin.
    #[must_use]
    pub fn path(&self, session: &SessionId) -> String {
        let base = format!("/api/session/{session}");
        match self {
            Self::See => base,
            Self::Consent(_) => format!("{base}/consent"),
            Self::BeginRun(run) => format!("{base}/run/{run}"),
            Self::Send(StepIndex { run, step }) => format!("{base}/run/{run}/step/{step}"),
            Self::Retry => format!("{base}/retry"),
            Self::Cancel => format!("{base}/cancel"),
        }
    }

    /// Media type of the body, where there is one.
    #[must_use]
    pub const fn media_type(&self) -> Option<&'static str> {
        match self {
            Self::Consent(_) => Some("application/json"),
            Self::Send(_) => Some(capture::MEDIA_TYPE),
            Self::See | Self::BeginRun(_) | Self::Retry | Self::Cancel => None,
        }
    }
}

/// Path of a session's documents.
#[must_use]
pub fn documents_path(session: &SessionId) -> String {
    format!("/api/session/{session}/documents")
}

/// Path that leads back to the relying party. Left by navigation, not by the router.
#[must_use]
pub fn return_path(session: &SessionId) -> String {
    format!("/return/{session}")
}

/// Why a call did not bring what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No answer came: no connection, or the service is down.
    #[error("no answer came")]
    Offline,
    /// The service says what is wrong.
    #[error("problem {}", .0.code.as_str())]
    Problem(Box<Problem>),
    /// An answer that is neither what was asked for nor a problem.
    #[error("an answer with status {status} that can't be read")]
    Unexpected {
        /// HTTP status.
        status: u16,
    },
}

impl ApiError {
    /// The error that an answer's status and body tell of.
    #[must_use]
    pub fn read(status: u16, body: &str) -> Self {
        serde_json::from_str(body).map_or(Self::Unexpected { status }, |problem| Self::Problem(Box::new(problem)))
    }

    /// The code, where the service gave one.
    #[must_use]
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            Self::Offline | Self::Unexpected { .. } => None,
        }
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn passes_by_itself(&self) -> bool {
        match self {
            Self::Offline => true,
            Self::Problem(problem) => matches!(
                problem.code,
                ProblemCode::TryLater | ProblemCode::TooMany | ProblemCode::Internal | ProblemCode::Misconfigured
            ),
            // What stands between browser and edge answers so while the edge is down.
            Self::Unexpected { status } => matches!(status, 502..=504),
        }
    }

    /// What is wrong, in `language`.
    #[must_use]
    pub fn title(&self, language: Language) -> String {
        match self {
            Self::Offline => Text::TroubleOffline.get(language).to_owned(),
            Self::Problem(problem) => problem.title.get(language).to_owned(),
            Self::Unexpected { .. } => Text::TroubleUnexpected.get(language).to_owned(),
        }
    }

    /// What to do now, in `language`.
    #[must_use]
    pub fn remedy(&self, language: Language) -> String {
        match self {
            Self::Offline => Text::TroubleOfflineRemedy.get(language).to_owned(),
            Self::Problem(problem) => problem.remedy.get(language).to_owned(),
            Self::Unexpected { .. } => Text::TroubleUnexpectedRemedy.get(language).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_contract() {
        let session = SessionId::from_bytes([0; 16]);
        let path = |call: Call| format!("{} {}", call.method(), call.path(&session));
        let base = "/api/session/AAAAAAAAAAAAAAAAAAAAAA";
        assert_eq!(path(Call::See), format!("GET {base}"));
        assert_eq!(path(Call::BeginRun(2)), format!("POST {base}/run/2"));
        assert_eq!(
            path(Call::Send(StepIndex { run: 1, step: 2 })),
            format!("PUT {base}/run/1/step/2")
        );
        assert_eq!(documents_path(&session), format!("{base}/documents"));
        assert_eq!(return_path(&session), "/return/AAAAAAAAAAAAAAAAAAAAAA");
    }

    #[test]
    fn a_problem_is_read_with_its_remedy_in_each_language() {
        let body = serde_json::to_string(&Problem::from(ProblemCode::TryLater)).unwrap();
        let error = ApiError::read(503, &body);
        assert_eq!(error.code(), Some(ProblemCode::TryLater));
        assert!(error.passes_by_itself());
        for language in Language::ALL {
            assert_eq!(
                (error.title(language), error.remedy(language)),
                ProblemCode::TryLater.text(language)
            );
        }
    }

    #[test]
    fn an_answer_that_is_no_problem_still_gives_a_reason_and_a_remedy() {
        for (status, later) in [(502, true), (500, false), (200, false)] {
            let error = ApiError::read(status, "<html>");
            assert_eq!(error, ApiError::Unexpected { status });
            assert_eq!(error.passes_by_itself(), later);
            assert!(!error.title(Language::Kk).is_empty() && !error.remedy(Language::Kk).is_empty());
        }
    }
}
