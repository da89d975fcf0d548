//! What can go wrong on the way through the bank, and the page that says so and shows a way on.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use tanu_protocol::digest::SessionId;

use super::layout::Page;
use super::texts::Text;
use super::visitor::{FORM, Visitor};
use crate::host::random::NoRandomness;
use crate::store::StoreFailure;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The answer belongs to no sign-in that this browser has begun and not finished.
    #[error("no such sign-in in this browser")]
    Stale,
    /// Tanu does not answer, or not as it should.
    #[error("the identity provider does not answer")]
    Unreachable,
    /// A service of Tanu's is down. The session, where there is one, may go on: Tanu sends the browser back once more.
    #[error("the identity provider can't go on now")]
    Waits(Option<SessionId>),
    /// Tanu did not accept the request that names the citizen.
    #[error("the identity provider refused the request")]
    Refused,
    /// Tanu did not accept the code.
    #[error("the identity provider refused the code")]
    Code,
    /// The ID token is not valid for this sign-in.
    #[error("the ID token is not valid")]
    Token,
    /// The result is that of another sign-in.
    #[error("the result is not of this sign-in")]
    Result,
    /// No citizen with this id.
    #[error("no such citizen")]
    Citizen,
    /// A form of another site.
    #[error("the form came from another site")]
    Foreign,
    /// No page here, or none of this browser's.
    #[error("no such page")]
    NotFound,
    /// A form that can't be read: cut short, or not a form.
    #[error("the form can't be read")]
    Malformed,
    /// More bytes than a form may have.
    #[error("the form is too large")]
    TooLarge,
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

impl Failure {
    /// The page that says so, and leads to where one can go on.
    pub(super) fn page(&self, visitor: &Visitor) -> Response {
        let (address, label) = self.way_on(&visitor.page);
        self.page_with(visitor, address, label)
    }

    /// The page that says so, and leads to an address that may be opened again: the empty one is the page's own.
    pub(super) fn page_again(&self, visitor: &Visitor, address: &str) -> Response {
        self.page_with(visitor, address, Text::Repeat)
    }

    fn page_with(&self, visitor: &Visitor, address: &str, label: Text) -> Response {
        let content = html! {
            p.problem role="alert" data-failure=(self.name()) { (visitor.say(self.text())) }
            p { a.button href=(address) { (visitor.say(label)) } }
        };
        Page::new(visitor, visitor.say(self.title()), content).with_status(self.status())
    }

    /// Where one can go on from a failure at `page`, and the link's text.
    fn way_on<'a>(&self, page: &'a str) -> (&'a str, Text) {
        match self {
            Self::Foreign | Self::Malformed | Self::TooLarge if page == FORM => (FORM, Text::BackToForm),
            Self::Store(_) | Self::Randomness(_) if page != "/" => (page, Text::Repeat),
            _ => ("/", Text::StartAgain),
        }
    }

    const fn title(&self) -> Text {
        match self {
            Self::NotFound => Text::FailureNotFound,
            Self::Foreign | Self::Malformed | Self::TooLarge => Text::FailureForm,
            Self::Store(_) | Self::Randomness(_) => Text::FailureBank,
            _ => Text::FailureTitle,
        }
    }

    const fn text(&self) -> Text {
        match self {
            Self::Stale => Text::FailureStale,
            Self::Unreachable | Self::Waits(_) => Text::FailureUnreachable,
            Self::Refused => Text::FailureRefused,
            Self::Code => Text::FailureCode,
            Self::Token | Self::Result => Text::FailureToken,
            Self::Citizen => Text::FailureCitizen,
            Self::Foreign => Text::FailureForeign,
            Self::NotFound => Text::FailureNotFoundHint,
            Self::Malformed => Text::FailureMalformed,
            Self::TooLarge => Text::FailureTooLarge,
            Self::Store(_) | Self::Randomness(_) => Text::FailureInternal,
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Stale | Self::Refused | Self::Code | Self::Token | Self::Result | Self::Malformed => {
                StatusCode::BAD_REQUEST
            }
            Self::Unreachable | Self::Waits(_) => StatusCode::BAD_GATEWAY,
            Self::Citizen | Self::NotFound => StatusCode::NOT_FOUND,
            Self::Foreign => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Store(_) | Self::Randomness(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// A stable name, the same in every language, for tests and people who look for help.
    const fn name(&self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Unreachable | Self::Waits(_) => "unreachable",
            Self::Refused => "refused",
            Self::Code => "code",
            Self::Token => "token",
            Self::Result => "result",
            Self::Citizen => "citizen",
            Self::Foreign => "foreign",
            Self::NotFound => "not-found",
            Self::Malformed => "malformed",
            Self::TooLarge => "too-large",
            Self::Store(_) | Self::Randomness(_) => "internal",
        }
    }
}

/// Any address without a page.
pub(super) async fn not_found(visitor: Visitor) -> Response {
    Failure::NotFound.page(&visitor).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_leads_to_where_one_can_go_on() {
        for (failure, page, expected) in [
            (Failure::Stale, "/", ("/", Text::StartAgain)),
            (Failure::Foreign, "/", ("/", Text::StartAgain)),
            (Failure::Foreign, FORM, (FORM, Text::BackToForm)),
            (Failure::NotFound, "/nowhere", ("/", Text::StartAgain)),
            (NoRandomness.into(), "/", ("/", Text::StartAgain)),
            (NoRandomness.into(), FORM, (FORM, Text::Repeat)),
            (StoreFailure::Stopped.into(), "/results/a", ("/results/a", Text::Repeat)),
        ] {
            assert_eq!(failure.way_on(page), expected, "{failure:?} at {page}");
        }
    }
}
