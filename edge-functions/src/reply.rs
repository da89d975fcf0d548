//! An answer before it becomes the host's response.

use serde::Serialize;
use tanu_protocol::problem::{MEDIA_TYPE, Problem, ProblemCode};

use crate::budget::Exhausted;

/// Status, headers and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Header names in lower case, with values.
    pub headers: Vec<(&'static str, String)>,
    /// Body; empty where there is none.
    pub body: Vec<u8>,
}

impl Reply {
    /// JSON that no cache keeps.
    #[must_use]
    pub fn json<T: Serialize>(status: u16, content: &T) -> Self {
        match serde_json::to_vec(content) {
            Ok(body) => Self::typed(status, "application/json", body),
            Err(_) => Self::problem(ProblemCode::Internal),
        }
    }

    /// A body of a type that no cache keeps.
    #[must_use]
    pub fn typed(status: u16, media_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: vec![
                ("content-type", media_type.to_owned()),
                ("cache-control", "no-store".to_owned()),
            ],
            body,
        }
    }

    /// A problem as RFC 9457 writes it.
    #[must_use]
    pub fn problem(code: ProblemCode) -> Self {
        let body = serde_json::to_vec(&Problem::from(code)).unwrap_or_default();
        let mut reply = Self::typed(code.status(), MEDIA_TYPE, body);
        if code == ProblemCode::TryLater {
            reply = reply.with("retry-after", "5".to_owned());
        }
        reply
    }

    /// Sends the browser elsewhere, with a GET.
    #[must_use]
    pub fn redirect(location: String) -> Self {
        Self {
            status: 303,
            headers: vec![("location", location), ("cache-control", "no-store".to_owned())],
            body: Vec::new(),
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The first header of a name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value.as_str())
    }
}

impl From<ProblemCode> for Reply {
    fn from(code: ProblemCode) -> Self {
        Self::problem(code)
    }
}

impl From<Exhausted> for Reply {
    fn from(exhausted: Exhausted) -> Self {
        Self::problem(ProblemCode::TooMany).with("retry-after", exhausted.retry_after.to_string())
    }
}
