//! Opening a session: consent, and the same opening again.

use tanu_protocol::problem::ProblemCode;

use super::{code, index, judged, opened};
use crate::service::testing::{Edge, Fixture};

#[test]
fn nbs_4_no_frame_is_accepted_without_an_agreeing_consent_signed_by_the_edge() {
    let fixture = Fixture::new();
    let edge = Edge::new(&fixture, 1);
    let forged = edge.open_with(&edge.consent(true, true), 5);
    assert_eq!(code(fixture.matcher.open_session(&forged)), ProblemCode::ConsentMissing);
    let other = Edge::new(&fixture, 2).consent(true, true);
    assert_eq!(
        code(fixture.matcher.open_session(&edge.open_with(&other, 2))),
        ProblemCode::ConsentMissing
    );

    fixture
        .matcher
        .open_session(&edge.open_with(&edge.consent(false, false), 2))
        .unwrap();
    let result = judged(&fixture, &edge, index(0, 0));
    assert_eq!(code(result), ProblemCode::ConsentMissing);
}

#[test]
fn opening_twice_changes_nothing_and_another_opening_is_refused() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    fixture.matcher.open_session(&edge.open()).unwrap();
    let other = edge.open_with(&edge.consent(true, false), 2);
    assert_eq!(code(fixture.matcher.open_session(&other)), ProblemCode::Conflict);
    assert_eq!(fixture.matcher.documents(&edge.session).unwrap().len(), 1);
}
