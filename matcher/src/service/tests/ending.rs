//! Sessions that end without a comparison.

use tanu_protocol::evidence::{DocumentKind, LivenessResult};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::Ending;
use tanu_protocol::state_database::ReferenceAnswer;

use super::{ASKED, code, document_1, index, judged, opened};
use crate::service::testing::{Edge, Fixture, reference};
use crate::store::Store;

#[test]
fn bnk_9_a_refused_session_leaves_consent_document_1_and_an_entry() {
    let fixture = Fixture::new();
    let edge = Edge::new(&fixture, 1);
    fixture
        .matcher
        .open_session(&edge.open_with(&edge.consent(false, false), 2))
        .unwrap();
    let ended = fixture.matcher.end_session(&edge.session, Ending::Refused).unwrap();
    let documents = &ended.documents;
    let kinds: Vec<_> = documents.iter().map(|document| document.kind).collect();
    assert_eq!(kinds, [DocumentKind::Consent, DocumentKind::Liveness]);
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.result, LivenessResult::NotCompleted);
    assert_eq!(document.ended, Some(Ending::Refused));
    assert_eq!(ended.ending, Ending::Refused);
    for again in [Ending::Refused, Ending::Expired] {
        assert_eq!(fixture.matcher.end_session(&edge.session, again).unwrap(), ended);
    }
    assert_eq!(fixture.store.entries().unwrap().len(), 1);
}

#[test]
fn a_session_cancelled_within_a_run_leaves_its_steps_in_document_1_and_no_frames() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    fixture.matcher.end_session(&edge.session, Ending::Cancelled).unwrap();
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.result, LivenessResult::NotCompleted);
    assert_eq!((document.run, document.steps.len()), (Some(0), 1));
    assert_eq!(fixture.store.steps(&edge.session).unwrap()[0].content, None);
    let result = judged(&fixture, &edge, index(0, 1));
    assert_eq!(code(result), ProblemCode::SessionState);
}

#[test]
fn nbs_11_a_session_that_waits_a_day_for_its_comparison_ends_and_whoever_cancels_it_learns_how() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    // The state database is silent.
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::TryLater);
    fixture.host.pass(86_401);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 1);
    fixture.state.say(Some(reference(1)));
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    for asked in [Ending::Expired, Ending::Cancelled] {
        let ended = fixture.matcher.end_session(&edge.session, asked).unwrap();
        assert_eq!(ended.ending, Ending::Expired);
        assert_eq!(ended.documents.len(), 2, "consent and document 1 of the run");
    }
    assert_eq!(fixture.store.entries().unwrap().len(), 2);
}

#[test]
fn nbs_10_a_session_ends_as_its_comparison_says_and_not_otherwise() {
    let compared = [
        (Some(reference(1)), Ending::Matched, Ending::NotMatched),
        (Some(reference(9)), Ending::NotMatched, Ending::Matched),
        (Some(ReferenceAnswer::NotFound), Ending::NoReference, Ending::Matched),
    ];
    for (seed, (answer, same, other)) in (1u8..).zip(compared) {
        let fixture = Fixture::new();
        fixture.state.say(answer);
        let edge = opened(&fixture, seed);
        edge.run(&fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
        for wrong in [other, Ending::NotLive, Ending::Refused] {
            let result = fixture.matcher.end_session(&edge.session, wrong);
            assert_eq!(code(result), ProblemCode::MalformedRequest, "{same:?}, not {wrong:?}");
        }
        assert_eq!(fixture.store.entries().unwrap().len(), 2);
        fixture.matcher.end_session(&edge.session, same).unwrap();
    }
}

#[test]
fn a_passed_session_that_expires_is_not_compared_afterwards() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(
        code(fixture.matcher.end_session(&edge.session, Ending::Matched)),
        ProblemCode::MalformedRequest
    );
    fixture.matcher.end_session(&edge.session, Ending::Expired).unwrap();
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    assert!(fixture.store.runs(&edge.session).unwrap()[0].probe.is_none());
}
