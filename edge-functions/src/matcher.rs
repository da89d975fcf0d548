//! Calls to the matcher as values, and what its answers mean.

use serde::Serialize;
use tanu_law::nbs::session::Task;
use tanu_protocol::digest::SessionId;
use tanu_protocol::matcher::StepSubmission;
use tanu_protocol::problem::{Problem, ProblemCode};

/// One request to the matcher.
#[derive(Clone, PartialEq, Eq)]
pub struct MatcherCall {
    /// HTTP method.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Media type of the body; none where there is no body.
    pub media_type: Option<&'static str>,
    /// Body.
    pub body: Vec<u8>,
}

/// Why the matcher gave no answer to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MatcherFailure {
    /// It can't be reached, is too slow, is not the one it should be, or can't do it now: try later.
    #[error("the matcher is not available")]
    Unavailable,
    /// It refuses this request, and would again.
    #[error("the matcher refuses: {}", .0.as_str())]
    Refused(ProblemCode),
}

impl MatcherCall {
    /// A read.
    #[must_use]
    pub const fn get(path: String) -> Self {
        Self {
            method: "GET",
            path,
            media_type: None,
            body: Vec::new(),
        }
    }

    /// The documents of a session.
    #[must_use]
    pub fn documents(session: SessionId) -> Self {
        Self::get(format!("/v1/session/{session}/documents"))
    }

    /// The frames of a step.
    ///
    /// # Errors
    /// [`MatcherFailure::Refused`] where they can't be encoded.
    pub fn judge(submission: &StepSubmission) -> Result<Self, MatcherFailure> {
        // Large, and not to be moved while it grows: what goes round the frames is some hundreds of bytes.
        let mut body = Vec::with_capacity(submission.capture.len() + 1024);
        ciborium::into_writer(submission, &mut body)
            .map_err(|_| MatcherFailure::Refused(ProblemCode::CaptureMalformed))?;
        let (session, index) = (submission.issued.session, submission.issued.index);
        Ok(Self {
            method: "PUT",
            path: format!("/v1/session/{session}/run/{}/step/{}", index.run, index.step),
            media_type: Some("application/cbor"),
            body,
        })
    }

    /// The request that does a task; none for frames, which only whoever took them can send.
    #[must_use]
    pub fn of_task(session: SessionId, task: &Task) -> Option<Self> {
        let base = format!("/v1/session/{session}");
        match task {
            Task::Judge { .. } => None,
            Task::Open(open) => Self::post("/v1/session".into(), open),
            Task::Conclude { run, request } => Self::post(format!("{base}/run/{run}/conclusion"), request),
            Task::Compare => Some(Self {
                method: "POST",
                path: format!("{base}/comparison"),
                media_type: None,
                body: Vec::new(),
            }),
            Task::End(end) => Self::post(format!("{base}/end"), end),
        }
    }

    fn post<T: Serialize>(path: String, content: &T) -> Option<Self> {
        Some(Self {
            method: "POST",
            path,
            media_type: Some("application/json"),
            body: serde_json::to_vec(content).ok()?,
        })
    }
}

/// What an authenticated answer means: the body of a success, or why there is none.
///
/// # Errors
/// [`MatcherFailure`].
pub fn understood(status: u16, body: Vec<u8>) -> Result<Vec<u8>, MatcherFailure> {
    match status {
        200..300 => Ok(body),
        400..500 => {
            let code = serde_json::from_slice::<Problem>(&body).map_or(ProblemCode::Internal, |problem| problem.code);
            Err(match code {
                ProblemCode::TryLater | ProblemCode::TooMany | ProblemCode::Unauthenticated | ProblemCode::Replayed => {
                    MatcherFailure::Unavailable
                }
                code => MatcherFailure::Refused(code),
            })
        }
        _ => Err(MatcherFailure::Unavailable),
    }
}

/// Names the call and none of its content.
impl std::fmt::Debug for MatcherCall {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MatcherCall({} …)", self.method)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_code_and_everything_else_is_for_later() {
        let problem = |code: ProblemCode| serde_json::to_vec(&Problem::from(code)).unwrap();
        assert_eq!(understood(204, vec![]), Ok(vec![]));
        assert_eq!(
            understood(422, problem(ProblemCode::ImageInvalid)),
            Err(MatcherFailure::Refused(ProblemCode::ImageInvalid))
        );
        assert_eq!(
            understood(404, b"not json".to_vec()),
            Err(MatcherFailure::Refused(ProblemCode::Internal))
        );
        for (status, code) in [
            (401, ProblemCode::Unauthenticated),
            (503, ProblemCode::TryLater),
            (500, ProblemCode::Internal),
        ] {
            assert_eq!(understood(status, problem(code)), Err(MatcherFailure::Unavailable));
        }
    }
}
