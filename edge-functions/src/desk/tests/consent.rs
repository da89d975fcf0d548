//! Nothing before consent, and its refusal on record.

use super::*;

#[test]
fn nbs_4_nothing_biometric_reaches_the_matcher_before_consent() {
    let fixture = Fixture::new(IIN);
    assert_eq!(
        problem(&fixture.act(Act::Begin { run: 0 })),
        ProblemCode::ConsentMissing
    );
    let early = Act::Frames {
        run: 0,
        step: 0,
        capture: vec![],
        arrived_at: None,
    };
    assert_eq!(problem(&fixture.act(early)), ProblemCode::SessionState);
    assert!(fixture.host.asked.borrow().is_empty());
}

#[test]
fn nbs_4_a_refusal_is_on_record_before_it_is_told() {
    let fixture = Fixture::new(None);
    fixture.host.down.set(true);
    assert_eq!(problem(&fixture.act(consent(false))), ProblemCode::TryLater);
    assert_eq!(fixture.view(Act::See).state, StateView::Waiting);
    fixture.host.down.set(false);
    assert_eq!(fixture.view(Act::Retry).state, ended(Ending::Refused));
    let back = fixture.act(Act::Return);
    assert!(back.header("location").unwrap().contains("error=access_denied"));
}

#[test]
fn bnk_6_consent_without_an_iin_is_asked_for_one() {
    let fixture = Fixture::new(None);
    assert_eq!(problem(&fixture.act(consent(true))), ProblemCode::IinMissing);
}

#[test]
fn nbs_4_another_answer_than_the_first_is_not_taken_for_it() {
    let answer = |template, iin: Option<&str>, language| {
        let iin = iin.map(|iin| iin.parse().unwrap());
        Act::Answer(Box::new(ConsentAnswer {
            agreed: true,
            template,
            iin,
            language,
        }))
    };
    let fixture = Fixture::new(None);
    let first = fixture.view(answer(true, IIN, Language::Kk)).state;
    for other in [
        answer(false, IIN, Language::Kk),
        answer(true, Some("991231200423"), Language::Kk),
    ] {
        assert_eq!(problem(&fixture.act(other)), ProblemCode::Conflict);
    }
    let calls = fixture.host.asked.borrow().len();
    // It is the same in whatever language the page was read.
    assert_eq!(fixture.view(answer(true, IIN, Language::Ru)).state, first);
    assert_eq!(fixture.host.asked.borrow().len(), calls);
}
