//! The comparison: its reference, its outcome, document 2.

use std::sync::Arc;

use tanu_protocol::digest::SessionId;
use tanu_protocol::evidence::{COMPARISON_TYPE, ComparisonBasis, ComparisonDocument, ComparisonResult};
use tanu_protocol::identity::{IdentityDocument, OutOfForce};
use tanu_protocol::jws::{JwsSigner, UnverifiedJws};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::similarity::Similarity;
use tanu_protocol::state_database::ReferenceAnswer;

use super::{ASKED, code, document_2, opened};
use crate::service::testing::{Acting, Edge, Fixture, PERSON, Picture, eds, key, reference};
use crate::store::{Store, TemplateStore};

#[test]
fn nbs_9_first_session_compares_with_the_state_database_and_the_second_with_the_template() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let first = opened(&fixture, 1);
    assert!(first.run(&fixture, 0, ASKED));
    let verdict = fixture.matcher.compare(&first.session).unwrap();
    assert_eq!(verdict.outcome, ComparisonResult::Matched);
    assert_eq!(fixture.matcher.compare(&first.session).unwrap(), verdict);

    fixture.state.say(None);
    let second = opened(&fixture, 2);
    assert!(second.run(&fixture, 0, ASKED));
    assert_eq!(
        fixture.matcher.compare(&second.session).unwrap().outcome,
        ComparisonResult::Matched
    );

    let primary = &document_2(&fixture, &first)[0];
    assert!(
        matches!(&primary.basis, ComparisonBasis::Primary { document: Some(seen), .. } if seen.number == "*****5678")
    );
    let later = &document_2(&fixture, &second)[0];
    assert!(matches!(later.basis, ComparisonBasis::Subsequent { formed_in, .. } if formed_in == first.session));
    let liveness = &fixture.matcher.documents(&second.session).unwrap()[1];
    assert_eq!(later.liveness_document, liveness.reference.sha256);
}

#[test]
fn nbs_5_no_template_is_formed_where_the_consent_does_not_cover_it_or_nothing_matched() {
    let fixture = Fixture::new();
    let person = fixture.matcher.master.locate(&PERSON.parse().unwrap());
    for (seed, template, face) in [(1, false, 1), (2, true, 7)] {
        fixture.state.say(Some(reference(face)));
        let edge = Edge::new(&fixture, seed);
        let consent = edge.consent(true, template);
        fixture.matcher.open_session(&edge.open_with(&consent, 2)).unwrap();
        edge.run(&fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
        assert_eq!(fixture.store.get(&person).unwrap(), None);
    }
}

#[test]
fn bnk_13_every_outcome_of_the_comparison_leaves_document_2() {
    let out_of_force = |change: fn(&mut IdentityDocument)| match reference(1) {
        ReferenceAnswer::Found { photo, mut document } => {
            change(&mut document);
            ReferenceAnswer::Found { photo, document }
        }
        ReferenceAnswer::NotFound => ReferenceAnswer::NotFound,
    };
    let photo = |bytes: Vec<u8>| match reference(1) {
        ReferenceAnswer::Found { document, .. } => ReferenceAnswer::Found { photo: bytes, document },
        ReferenceAnswer::NotFound => ReferenceAnswer::NotFound,
    };
    let several = Picture {
        faces: 2,
        ..Picture::portrait(1)
    };
    let cases = [
        (reference(1), ComparisonResult::Matched),
        (reference(9), ComparisonResult::NotMatched),
        (ReferenceAnswer::NotFound, ComparisonResult::NoReference),
        (photo(b"no picture".to_vec()), ComparisonResult::UnusableReference),
        (photo(several.bytes()), ComparisonResult::UnusableReference),
        (
            out_of_force(|document| document.valid_until = jiff::civil::date(2021, 1, 1)),
            ComparisonResult::DocumentOutOfForce {
                why: OutOfForce::Expired,
            },
        ),
        (
            out_of_force(|document| document.issued_on = jiff::civil::date(2029, 12, 31)),
            ComparisonResult::DocumentOutOfForce {
                why: OutOfForce::NotYetValid,
            },
        ),
    ];
    for (seed, (answer, expected)) in (1u8..).zip(cases) {
        let fixture = Fixture::new();
        fixture.state.say(Some(answer));
        let edge = opened(&fixture, seed);
        assert!(edge.run(&fixture, 0, ASKED));
        assert_eq!(fixture.matcher.compare(&edge.session).unwrap().outcome, expected);
        let document = &document_2(&fixture, &edge)[0];
        assert_eq!(document.result, expected);
        // Why a document does not count can be told from what was seen of it.
        if let ComparisonResult::DocumentOutOfForce { why } = expected {
            let ComparisonBasis::Primary {
                document: Some(seen), ..
            } = &document.basis
            else {
                panic!("the identity document was seen (NBS-9)");
            };
            let day = document.at.to_zoned(jiff::tz::TimeZone::UTC).date();
            assert_eq!(day < seen.issued_on, why == OutOfForce::NotYetValid);
            assert_eq!(day > seen.valid_until, why == OutOfForce::Expired);
        }
        assert_eq!(document.person.expose(), PERSON);
        assert!(!document.current_image.jpeg.is_empty());
        let compared = matches!(expected, ComparisonResult::Matched | ComparisonResult::NotMatched);
        assert_eq!(document.similarity.is_some(), compared);
    }
}

#[test]
fn a_silent_state_database_passes_nobody_and_the_call_may_be_made_again() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::TryLater);
    assert_eq!(document_2(&fixture, &edge).len(), 0);
    fixture.state.say(Some(reference(1)));
    assert_eq!(
        fixture.matcher.compare(&edge.session).unwrap().outcome,
        ComparisonResult::Matched
    );
}

#[test]
fn nbs_7_nothing_is_compared_before_a_run_has_passed() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    assert!(!edge.run(&fixture, 0, Acting::Idle(1)));
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
}

#[test]
fn bnk_11_the_reference_is_the_state_database_s_or_our_own_that_matched_it() {
    let fixture = Fixture::new();
    let compared = |seed: u8, face: u8, answer: Option<ReferenceAnswer>| {
        fixture.state.say(answer);
        let edge = opened(&fixture, seed);
        assert!(edge.run(&fixture, 0, Acting::AsAsked(face)));
        let outcome = fixture.matcher.compare(&edge.session).map(|verdict| verdict.outcome);
        (
            outcome,
            document_2(&fixture, &edge).pop().map(|document| document.basis),
        )
    };
    // A face that did not match the state's photo is nobody's reference.
    let (outcome, basis) = compared(1, 7, Some(reference(1)));
    assert_eq!(outcome.unwrap(), ComparisonResult::NotMatched);
    assert!(matches!(basis, Some(ComparisonBasis::Primary { photo: Some(_), .. })));
    let (outcome, basis) = compared(2, 7, None);
    assert_eq!((code(outcome), basis), (ProblemCode::TryLater, None));

    // One that matched it is, and stays so: a later face that matches our own does not take its place.
    assert_eq!(compared(3, 1, Some(reference(1))).0.unwrap(), ComparisonResult::Matched);
    for seed in [4, 5] {
        let (outcome, basis) = compared(seed, 1, None);
        assert_eq!(outcome.unwrap(), ComparisonResult::Matched);
        let first = SessionId::from_bytes([3; 16]);
        assert!(matches!(basis, Some(ComparisonBasis::Subsequent { formed_in, .. }) if formed_in == first));
    }
    assert_eq!(compared(6, 7, None).0.unwrap(), ComparisonResult::NotMatched);
}

#[test]
fn bnk_12_similarity_and_threshold_decide_and_document_2_states_both() {
    let compared = |threshold: Similarity| {
        let mut fixture = Fixture::new();
        Arc::get_mut(&mut fixture.matcher).unwrap().threshold = threshold;
        fixture.state.say(Some(reference(9)));
        let edge = opened(&fixture, 1);
        assert!(edge.run(&fixture, 0, ASKED));
        let outcome = fixture.matcher.compare(&edge.session).unwrap().outcome;
        let document = document_2(&fixture, &edge).pop().unwrap();
        assert_eq!((document.result, document.threshold), (outcome, threshold));
        assert_eq!(document.models, fixture.matcher.models);
        (outcome, document.similarity.unwrap())
    };
    let similarity = compared(Similarity::new(1.0).unwrap()).1;
    let above = Similarity::new(similarity.get().next_up()).unwrap();
    assert_eq!(compared(similarity), (ComparisonResult::Matched, similarity));
    assert_eq!(compared(above), (ComparisonResult::NotMatched, similarity));
}

#[test]
fn bnk_14_document_2_is_certified_by_the_provider_and_kept_for_the_customer() {
    for (face, expected) in [(1, ComparisonResult::Matched), (9, ComparisonResult::NotMatched)] {
        let mut fixture = Fixture::new();
        let certified = JwsSigner::new(key(3)).with_certificates(&[b"leaf".to_vec(), b"authority".to_vec()]);
        Arc::get_mut(&mut fixture.matcher).unwrap().provider = eds(certified);
        fixture.state.say(Some(reference(face)));
        let edge = opened(&fixture, 1);
        assert!(edge.run(&fixture, 0, ASKED));
        let verdict = fixture.matcher.compare(&edge.session).unwrap();
        assert_eq!(verdict.outcome, expected);

        let kept = || fixture.matcher.documents(&edge.session).unwrap().pop().unwrap();
        let document = kept();
        assert_eq!(document.reference, verdict.document);
        let jws = UnverifiedJws::parse(&document.jws, 1 << 24).unwrap();
        assert_eq!(jws.header().x5c.as_deref().unwrap(), ["bGVhZg==", "YXV0aG9yaXR5"]);
        let signed = |seed: u8| jws.verify::<ComparisonDocument>(key(seed).verifying_key(), COMPARISON_TYPE);
        assert_eq!(signed(3).unwrap().result, expected);
        assert!(signed(4).is_err());

        // Long after the session, and sealed all the while.
        fixture.host.pass(400 * 86_400);
        fixture.matcher.end_abandoned().unwrap();
        assert_eq!(kept().jws, document.jws);
        let stored = fixture.store.documents(&edge.session).unwrap().pop().unwrap();
        let text = document.jws.as_bytes();
        assert!(!stored.jws.as_bytes().windows(32).any(|window| window == &text[..32]));
    }
}
