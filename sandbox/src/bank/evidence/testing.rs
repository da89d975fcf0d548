//! Documents as Tanu would make them.

use tanu_protocol::challenge::Command;
use tanu_protocol::digest::{SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{
    ComparisonBasis, ComparisonDocument, ComparisonResult, ConsentRecord, DocumentKind, DocumentRef, EvidenceImage,
    LivenessDocument, LivenessResult, RULE_SET, SignedDocument,
};
use tanu_protocol::identity::Customer;
use tanu_protocol::language::{Language, Localized};
use tanu_protocol::session::DataItem;
use tanu_protocol::similarity::Similarity;

use crate::bank::outcome::KeptDocument;
use crate::testing::NOW;

pub(in crate::bank) const TRANSACTION: TransactionHash = TransactionHash::from_bytes([7; 32]);
pub(in crate::bank) const SESSION: SessionId = SessionId::from_bytes([6; 16]);
const IIN: &str = "880229100014";

/// A consent as the bank keeps it: its contents don't matter.
pub(in crate::bank) fn kept() -> KeptDocument {
    KeptDocument {
        document: SignedDocument {
            reference: DocumentRef {
                kind: DocumentKind::Consent,
                run: None,
                sha256: Sha256Digest::of(b"document"),
                at: NOW,
            },
            jws: "a.b.c".to_owned(),
        },
        fault: None,
    }
}

pub(in crate::bank) fn consent() -> ConsentRecord {
    ConsentRecord {
        session: SESSION,
        transaction: TRANSACTION,
        person: Some(IIN.parse().unwrap()),
        customer: customer(),
        purpose: localized("Мақсат"),
        data: vec![DataItem::Face],
        retention_days: 30,
        template: true,
        language: Language::Kk,
        agreed: true,
        at: NOW,
        rule_set: RULE_SET.to_owned(),
    }
}

pub(in crate::bank) fn liveness(result: LivenessResult) -> LivenessDocument {
    LivenessDocument {
        result,
        mismatches: vec![],
        ended: None,
        person: Some(IIN.parse().unwrap()),
        customer: customer(),
        at: NOW,
        session: SESSION,
        transaction: TRANSACTION,
        run: Some(0),
        commands: vec![Command::TurnLeft, Command::Blink, Command::ComeCloser],
        steps: vec![],
        passive: Some(0.9),
        identity: None,
        policy: "policy".to_owned(),
        models: vec![],
        rule_set: RULE_SET.to_owned(),
    }
}

pub(in crate::bank) fn comparison(result: ComparisonResult) -> ComparisonDocument {
    ComparisonDocument {
        current_image: EvidenceImage {
            sequence: 0,
            time_us: 0,
            jpeg: vec![0xff, 0xd8, 0xff],
        },
        person: IIN.parse().unwrap(),
        result,
        similarity: Some(Similarity::new(0.7).unwrap()),
        threshold: Similarity::new(0.4).unwrap(),
        basis: ComparisonBasis::Primary {
            database: "Жеке тұлғалар".to_owned(),
            document: None,
            photo: None,
        },
        customer: customer(),
        at: NOW,
        session: SESSION,
        transaction: TRANSACTION,
        liveness_document: Sha256Digest::of(b"document 1"),
        models: vec![],
        rule_set: RULE_SET.to_owned(),
    }
}

fn customer() -> Customer {
    Customer {
        client_id: "demo-bank".to_owned(),
        name: localized("Банк"),
        bin: "490140000012".parse().unwrap(),
    }
}

fn localized(text: &str) -> Localized {
    Localized {
        kk: text.to_owned(),
        ru: text.to_owned(),
        en: text.to_owned(),
    }
}
