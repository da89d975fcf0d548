//! The question that is asked before anything biometric happens, and its answer (NBS-4).

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tanu_protocol::digest::{SessionId, TransactionHash};
use tanu_protocol::evidence::{ConsentRecord, RULE_SET};
use tanu_protocol::identity::Customer;
use tanu_protocol::iin::Iin;
use tanu_protocol::language::Localized;
use tanu_protocol::session::{ConsentAnswer, DataItem, RequestView};

/// What a relying party asks for, as it was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Who asks.
    pub customer: Customer,
    /// What for.
    pub purpose: Localized,
    /// Which data.
    pub data: Vec<DataItem>,
    /// For how many days they are kept.
    pub retention_days: u16,
    /// Link to the relying party's user agreement (NBS-A1).
    pub user_agreement: String,
    /// Link to the relying party's privacy policy (NBS-A1).
    pub privacy_policy: String,
    /// Whose session it is, where the relying party said so.
    pub person: Option<Iin>,
}

/// Why an answer can't be taken. It never repeats the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAnswer {
    /// Nobody has said whose session it is (BNK-6, stage 2).
    #[error("the identification data are missing (BNK-6)")]
    PersonMissing,
    /// The citizen names another person than the relying party did.
    #[error("the identification data are not those of the request (BNK-6)")]
    AnotherPerson,
}

impl Request {
    /// The request as the citizen sees it, without the IIN.
    #[must_use]
    pub fn view(&self) -> RequestView {
        RequestView {
            relying_party: self.customer.name.clone(),
            bin: self.customer.bin.clone(),
            purpose: self.purpose.clone(),
            data: self.data.clone(),
            retention_days: self.retention_days,
            user_agreement: self.user_agreement.clone(),
            privacy_policy: self.privacy_policy.clone(),
            person_known: self.person.is_some(),
        }
    }

    /// The record of the citizen's answer: who may have which data for what and how long (NBS-4).
    ///
    /// # Errors
    /// [`InvalidAnswer`]. A refusal needs no IIN.
    pub fn answered(
        &self,
        answer: &ConsentAnswer,
        session: SessionId,
        transaction: TransactionHash,
        at: Timestamp,
    ) -> Result<ConsentRecord, InvalidAnswer> {
        let person = match (&self.person, &answer.iin) {
            (Some(known), Some(given)) if known != given => return Err(InvalidAnswer::AnotherPerson),
            (None, None) if answer.agreed => return Err(InvalidAnswer::PersonMissing),
            (known, given) => known.clone().or_else(|| given.clone()),
        };
        Ok(ConsentRecord {
            session,
            transaction,
            person,
            customer: self.customer.clone(),
            purpose: self.purpose.clone(),
            data: self.data.clone(),
            retention_days: self.retention_days,
            template: answer.agreed && answer.template,
            language: answer.language,
            agreed: answer.agreed,
            at,
            rule_set: RULE_SET.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use tanu_protocol::language::Language;

    use super::*;

    fn iin(text: &str) -> Option<Iin> {
        Some(text.parse().unwrap())
    }

    fn text() -> Localized {
        Localized {
            kk: "k".into(),
            ru: "r".into(),
            en: "e".into(),
        }
    }

    fn request(person: Option<Iin>) -> Request {
        Request {
            customer: Customer {
                client_id: "bank".into(),
                name: text(),
                bin: "490140000012".parse().unwrap(),
            },
            purpose: text(),
            data: vec![DataItem::Face],
            retention_days: 30,
            user_agreement: "https://bank.example/agreement".into(),
            privacy_policy: "https://bank.example/privacy".into(),
            person,
        }
    }

    fn record(person: Option<Iin>, agreed: bool, given: Option<Iin>) -> Result<ConsentRecord, InvalidAnswer> {
        let answer = ConsentAnswer {
            agreed,
            template: true,
            iin: given,
            language: Language::Kk,
        };
        request(person).answered(
            &answer,
            SessionId::from_bytes([1; 16]),
            TransactionHash::from_bytes([2; 32]),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn bnk_6_consent_needs_to_know_whose_it_is_and_a_refusal_does_not() {
        assert_eq!(record(None, true, None).unwrap_err(), InvalidAnswer::PersonMissing);
        assert_eq!(record(None, false, None).unwrap().person, None);
        assert_eq!(
            record(None, true, iin("880229100014")).unwrap().person,
            iin("880229100014")
        );
    }

    #[test]
    fn bnk_6_a_person_whom_the_relying_party_named_can_not_be_exchanged() {
        let known = iin("880229100014");
        assert_eq!(record(known.clone(), true, None).unwrap().person, known);
        assert_eq!(
            record(known, true, iin("991231200423")).unwrap_err(),
            InvalidAnswer::AnotherPerson
        );
    }

    #[test]
    fn nbs_5_a_refusal_never_allows_a_template() {
        assert!(!record(None, false, None).unwrap().template);
        assert!(record(None, true, iin("880229100014")).unwrap().template);
    }

    #[test]
    fn nbs_4_the_view_of_the_request_carries_no_iin() {
        let view = serde_json::to_string(&request(iin("880229100014")).view()).unwrap();
        assert!(!view.contains("880229100014"));
    }
}
