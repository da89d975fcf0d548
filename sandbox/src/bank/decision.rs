//! The bank's own decision (BNK-16): identification succeeded where every criterion of the bank holds (BNK-4).

use serde::{Deserialize, Serialize};
use tanu_protocol::digest::TransactionHash;
use tanu_protocol::evidence::{ComparisonResult, LivenessResult};
use tanu_protocol::iin::Iin;

use super::evidence::{Content, Fault};
use super::identity::VerifiedToken;

/// One of the bank's criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Criterion {
    /// Tanu says that the session passed (NBS-10).
    Passed,
    /// The ID token belongs to the session's transaction and was gained by face.
    Token,
    /// Every document is trusted and of this transaction.
    Documents,
    /// A liveness check passed (BNK-9).
    Live,
    /// The comparison matched (BNK-13).
    Matched,
    /// The documents are about the person whom the bank asked for, or about one and the same person where it asked for none.
    Person,
}

impl Criterion {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 6] = [
        Self::Passed,
        Self::Token,
        Self::Documents,
        Self::Live,
        Self::Matched,
        Self::Person,
    ];
}

/// The decision, with what every criterion came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Decision(Vec<(Criterion, bool)>);

/// What the bank decides from.
pub(super) struct Facts<'a> {
    /// What Tanu said, where it said anything.
    pub(super) passed: bool,
    /// The session's transaction, where it is known.
    pub(super) transaction: Option<&'a TransactionHash>,
    /// The verified token, where there is one.
    pub(super) token: Option<&'a VerifiedToken>,
    /// The documents, checked.
    pub(super) documents: &'a [Result<Content, Fault>],
    /// Whom the bank asked for, where it did.
    pub(super) asked_for: Option<&'a Iin>,
}

impl Decision {
    /// Decides.
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let criteria = Criterion::ALL.map(|criterion| (criterion, facts.meet(criterion)));
        Self(criteria.to_vec())
    }

    /// Whether the bank takes the customer for identified: every criterion holds.
    pub(super) fn accepted(&self) -> bool {
        Criterion::ALL
            .iter()
            .all(|criterion| self.0.contains(&(*criterion, true)))
    }

    /// Each criterion and whether it holds.
    pub(super) fn criteria(&self) -> &[(Criterion, bool)] {
        &self.0
    }
}

impl Facts<'_> {
    fn meet(&self, criterion: Criterion) -> bool {
        match criterion {
            Criterion::Passed => self.passed,
            Criterion::Token => self.token.is_some_and(|token| {
                self.transaction == Some(&token.transaction) && token.amr.iter().any(|method| method == "face")
            }),
            Criterion::Documents => !self.documents.is_empty() && self.documents.iter().all(Result::is_ok),
            Criterion::Live => self.contents().any(|content| match content {
                Content::Liveness(document) => document.result == LivenessResult::Passed,
                _ => false,
            }),
            Criterion::Matched => self.contents().any(|content| match content {
                Content::Comparison(document) => document.result == ComparisonResult::Matched,
                _ => false,
            }),
            Criterion::Person => self.one_person(),
        }
    }

    fn one_person(&self) -> bool {
        let mut people = self.contents().filter_map(Content::person);
        let Some(person) = self.asked_for.or_else(|| people.next()) else {
            return false;
        };
        self.contents().all(|content| content.person() == Some(person)) && self.contents().next().is_some()
    }

    fn contents(&self) -> impl Iterator<Item = &Content> {
        self.documents.iter().filter_map(|document| document.as_ref().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bank::evidence::testing::{TRANSACTION, comparison, consent, liveness};

    fn token() -> VerifiedToken {
        VerifiedToken {
            subject: "subject".to_owned(),
            acr: None,
            amr: vec!["face".to_owned()],
            auth_time: None,
            transaction: TRANSACTION,
        }
    }

    fn documents() -> Vec<Result<Content, Fault>> {
        vec![
            Ok(Content::Consent(consent())),
            Ok(Content::Liveness(liveness(LivenessResult::Passed))),
            Ok(Content::Comparison(comparison(ComparisonResult::Matched))),
        ]
    }

    /// The criteria that fail after a change to facts that all speak for the customer.
    fn failing(
        change: impl FnOnce(&mut bool, &mut Option<VerifiedToken>, &mut Vec<Result<Content, Fault>>),
    ) -> Vec<Criterion> {
        let (mut passed, mut token, mut documents) = (true, Some(token()), documents());
        change(&mut passed, &mut token, &mut documents);
        let decision = Decision::of(&Facts {
            passed,
            transaction: Some(&TRANSACTION),
            token: token.as_ref(),
            documents: &documents,
            asked_for: Some(&"880229100014".parse().unwrap()),
        });
        let failing: Vec<_> = decision
            .criteria()
            .iter()
            .filter_map(|(criterion, holds)| (!holds).then_some(*criterion))
            .collect();
        assert_eq!(decision.accepted(), failing.is_empty());
        failing
    }

    #[test]
    fn bnk_16_all_criteria_together_make_the_decision() {
        assert_eq!(failing(|_, _, _| ()), []);
        assert_eq!(failing(|passed, _, _| *passed = false), [Criterion::Passed]);
        assert_eq!(failing(|_, token, _| *token = None), [Criterion::Token]);
    }

    #[test]
    fn bnk_16_a_token_of_another_transaction_or_not_by_face_does_not_count() {
        let other = |token: &mut Option<VerifiedToken>| {
            token.as_mut().unwrap().transaction = TransactionHash::from_bytes([9; 32])
        };
        assert_eq!(failing(|_, token, _| other(token)), [Criterion::Token]);
        let by_password = |token: &mut Option<VerifiedToken>| token.as_mut().unwrap().amr = vec!["pwd".to_owned()];
        assert_eq!(failing(|_, token, _| by_password(token)), [Criterion::Token]);
    }

    #[test]
    fn bnk_16_documents_that_are_missing_or_not_trusted_speak_against_the_customer() {
        assert_eq!(
            failing(|_, _, documents| documents[0] = Err(Fault::Signature)),
            [Criterion::Documents]
        );
        assert_eq!(
            failing(|_, _, documents| documents.clear()),
            [
                Criterion::Documents,
                Criterion::Live,
                Criterion::Matched,
                Criterion::Person
            ]
        );
    }

    #[test]
    fn bnk_16_another_persons_documents_do_not_count() {
        let other = |documents: &mut Vec<Result<Content, Fault>>| {
            let mut comparison = comparison(ComparisonResult::Matched);
            comparison.person = "991231200423".parse().unwrap();
            documents[2] = Ok(Content::Comparison(comparison));
        };
        assert_eq!(failing(|_, _, documents| other(documents)), [Criterion::Person]);
    }

    #[test]
    fn bnk_16_not_live_or_not_matched_is_not_accepted() {
        let failed = Content::Liveness(liveness(LivenessResult::Failed));
        assert_eq!(failing(|_, _, documents| documents[1] = Ok(failed)), [Criterion::Live]);
        let other = Content::Comparison(comparison(ComparisonResult::NotMatched));
        assert_eq!(
            failing(|_, _, documents| documents[2] = Ok(other)),
            [Criterion::Matched]
        );
    }
}
