//! Documents that count, and the ways in which they don't.

use openidconnect::core::CoreJsonWebKeySet;
use p256::ecdsa::SigningKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Serialize;
use tanu_protocol::evidence::{ComparisonResult, DocumentRef, LivenessResult};
use tanu_protocol::jws::JwsSigner;

use super::testing::{TRANSACTION, comparison, consent, liveness};
use super::*;
use crate::home::{certificates, keys};
use crate::testing::{Folder, NOW};

/// A provider with its authority, and an issuer.
struct Provider {
    checker: EvidenceChecker,
    provider: JwsSigner,
    issuer: JwsSigner,
    issuer_keys: IssuerKeys,
}

impl Provider {
    fn new() -> Self {
        let folder = Folder::new();
        certificates::ensure(folder.path(), NOW).unwrap();
        let file = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let chain: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(file(certificates::PROVIDER_CHAIN).as_bytes())
            .map(|certificate| certificate.unwrap().to_vec())
            .collect();
        let key = keys::read_private(&folder.path().join("provider.pem")).unwrap();
        let issuer = JwsSigner::new(SigningKey::from_slice(&[5; 32]).unwrap());
        let set = serde_json::json!({ "keys": [issuer.public_key()] });
        Self {
            checker: EvidenceChecker::new(
                Authority::from_pem(&file(certificates::AUTHORITY)).unwrap(),
                "demo-bank".to_owned(),
            ),
            provider: JwsSigner::new(key).with_certificates(&chain),
            issuer_keys: IssuerKeys::of(&serde_json::from_value::<CoreJsonWebKeySet>(set).unwrap()),
            issuer,
        }
    }

    fn check(&self, document: &SignedDocument) -> Result<Content, Fault> {
        self.checker.check(document, &TRANSACTION, &self.issuer_keys, NOW)
    }
}

fn signed<T: Serialize>(signer: &JwsSigner, kind: DocumentKind, typ: &str, content: &T) -> SignedDocument {
    let jws = signer.sign(typ, content).unwrap();
    SignedDocument {
        reference: DocumentRef {
            kind,
            run: None,
            sha256: Sha256Digest::of(jws.as_bytes()),
            at: NOW,
        },
        jws,
    }
}

fn passed(signer: &JwsSigner) -> SignedDocument {
    let content = liveness(LivenessResult::Passed);
    signed(signer, DocumentKind::Liveness, LIVENESS_TYPE, &content)
}

#[test]
fn bnk_10_and_bnk_14_documents_of_the_certified_provider_count() {
    let provider = Provider::new();
    let document = passed(&provider.provider);
    let content = provider.check(&document).unwrap();
    assert_eq!(content, Content::Liveness(liveness(LivenessResult::Passed)));
    assert_eq!(Content::of_checked(&document), Some(content));

    let matched = comparison(ComparisonResult::Matched);
    let document = signed(&provider.provider, DocumentKind::Comparison, COMPARISON_TYPE, &matched);
    assert_eq!(provider.check(&document), Ok(Content::Comparison(matched)));
}

#[test]
fn a_consent_is_the_issuers() {
    let provider = Provider::new();
    let by = |signer| signed(signer, DocumentKind::Consent, CONSENT_TYPE, &consent());
    assert_eq!(provider.check(&by(&provider.issuer)), Ok(Content::Consent(consent())));
    let stranger = JwsSigner::new(SigningKey::from_slice(&[9; 32]).unwrap());
    assert_eq!(provider.check(&by(&stranger)), Err(Fault::Untrusted));
}

#[test]
fn bnk_10_a_document_without_or_with_foreign_certificates_does_not_count() {
    let provider = Provider::new();
    assert_eq!(provider.check(&passed(&provider.issuer)), Err(Fault::Untrusted));
    assert_eq!(
        provider.check(&passed(&Provider::new().provider)),
        Err(Fault::Untrusted)
    );
}

#[test]
fn bnk_10_the_certified_key_must_have_signed() {
    let provider = Provider::new();
    let mut document = passed(&provider.provider);
    let other = signed(
        &provider.provider,
        DocumentKind::Liveness,
        LIVENESS_TYPE,
        &liveness(LivenessResult::Failed),
    );
    // The content of one under the signature of the other.
    let (content, _) = document.jws.rsplit_once('.').unwrap();
    let (_, signature) = other.jws.rsplit_once('.').unwrap();
    document.jws = format!("{content}.{signature}");
    assert_eq!(provider.check(&document), Err(Fault::Hash));
    document.reference.sha256 = Sha256Digest::of(document.jws.as_bytes());
    assert_eq!(provider.check(&document), Err(Fault::Signature));
}

#[test]
fn a_document_of_another_kind_transaction_or_bank_does_not_count() {
    let provider = Provider::new();
    let mut document = passed(&provider.provider);
    document.reference.kind = DocumentKind::Comparison;
    assert_eq!(provider.check(&document), Err(Fault::Signature));

    let mut foreign = liveness(LivenessResult::Passed);
    foreign.transaction = TransactionHash::from_bytes([1; 32]);
    let document = signed(&provider.provider, DocumentKind::Liveness, LIVENESS_TYPE, &foreign);
    assert_eq!(provider.check(&document), Err(Fault::Foreign));

    let mut foreign = liveness(LivenessResult::Passed);
    foreign.customer.client_id = "other-bank".to_owned();
    let document = signed(&provider.provider, DocumentKind::Liveness, LIVENESS_TYPE, &foreign);
    assert_eq!(provider.check(&document), Err(Fault::Foreign));
}
