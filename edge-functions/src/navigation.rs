//! Problems as a person meets them who came by a link or was sent by another site: instead of JSON, the page that explains the code in
//! their language.

use tanu_protocol::problem::{Problem, ProblemCode};

use crate::reply::Reply;

/// Whether a request asks for a page, by its `Accept` header: a browser that goes somewhere names HTML, programs do not.
#[must_use]
pub fn asks_for_a_page(accept: Option<&str>) -> bool {
    accept.unwrap_or_default().split(',').any(|range| {
        let essence = range.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("text/html")
    })
}

/// The page that explains a problem.
#[must_use]
pub fn explained(code: ProblemCode) -> Reply {
    Reply::redirect(Problem::from(code).kind)
}

/// The code of a problem's body.
#[must_use]
pub fn code_of(body: &[u8]) -> ProblemCode {
    serde_json::from_slice::<Problem>(body).map_or(ProblemCode::Internal, |problem| problem.code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_that_goes_somewhere_is_told_from_a_program() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        assert!(asks_for_a_page(Some(browser)));
        assert!(asks_for_a_page(Some("application/xml, Text/HTML;q=0.5")));
        for program in [
            None,
            Some("*/*"),
            Some("application/json"),
            Some("text/htmlx"),
            Some(""),
        ] {
            assert!(!asks_for_a_page(program), "{program:?}");
        }
    }

    #[test]
    fn a_problem_is_explained_at_its_own_address() {
        let reply = Reply::problem(ProblemCode::SessionUnknown);
        assert_eq!(code_of(&reply.body), ProblemCode::SessionUnknown);
        assert_eq!(code_of(b"not json"), ProblemCode::Internal);
        let explained = explained(ProblemCode::SessionUnknown);
        assert_eq!(
            (explained.status, explained.header("location")),
            (303, Some("/problems#session.unknown"))
        );
    }
}
