//! The signed documents of a session as a person can read them. The signature is not checked here: whoever needs proof
//! downloads the document and verifies it with a tool that trusts nothing of this page.

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use serde::de::DeserializeOwned;
use tanu_protocol::digest::{SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{
    ComparisonBasis, ComparisonDocument, ConsentRecord, DocumentKind, EvidenceImage, LivenessDocument, SignedDocument,
    StepEvidence,
};
use tanu_protocol::identity::IdentityDocumentKind;
use tanu_protocol::language::Language;

use crate::text::{Text, phrase};
use crate::wording;

/// Asia/Almaty and all of Kazakhstan, in hours ahead of UTC.
const KAZAKHSTAN: i8 = 5;

/// A document's page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Label and values, in order.
    pub fields: Vec<(Text, Vec<String>)>,
    /// The commands with what answered them (BNK-9).
    pub steps: Vec<Step>,
    /// The current image (BNK-13).
    pub image: Option<Image>,
}

/// A command, what was found, and its images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The command.
    pub command: Text,
    /// What was found.
    pub findings: Vec<Text>,
    /// Number of frames received.
    pub frames: u32,
    /// The images that show the answer.
    pub images: Vec<Image>,
}

/// An image with its description.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// JPEG as a `data:` address.
    pub address: String,
    /// What it is, in words.
    pub description: String,
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

/// Reads a document in `language`. `None` where its content has another shape.
#[must_use]
pub fn read(document: &SignedDocument, language: Language) -> Option<Page> {
    let mut page = match document.reference.kind {
        DocumentKind::Consent => consent(&content(&document.jws)?, language),
        DocumentKind::Liveness => liveness(&content(&document.jws)?, language),
        DocumentKind::Comparison => comparison(&content(&document.jws)?, language),
    };
    page.fields
        .push((Text::FieldSha256, vec![document.reference.sha256.to_string()]));
    Some(page)
}

/// The name under which a document is saved.
#[must_use]
pub fn file_name(document: &SignedDocument) -> String {
    let kind = match document.reference.kind {
        DocumentKind::Consent => "consent",
        DocumentKind::Liveness => "liveness",
        DocumentKind::Comparison => "comparison",
    };
    match document.reference.run {
        Some(run) => format!("tanu-{kind}-{}.jws", u16::from(run) + 1),
        None => format!("tanu-{kind}.jws"),
    }
}

/// Date and time in Kazakhstan.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(KAZAKHSTAN));
    format!("{} (UTC+{KAZAKHSTAN})", at.to_zoned(zone).strftime("%d.%m.%Y %H:%M:%S"))
}

fn content<T: DeserializeOwned>(jws: &str) -> Option<T> {
    let payload = jws.split('.').nth(1)?;
    serde_json::from_slice(&Base64UrlUnpadded::decode_vec(payload).ok()?).ok()
}

fn consent(record: &ConsentRecord, language: Language) -> Page {
    let word = |text: Text| vec![text.get(language).to_owned()];
    let answer = if record.agreed {
        Text::FieldAgreed
    } else {
        Text::FieldRefused
    };
    let template = if record.template { Text::FieldYes } else { Text::FieldNo };
    let data = record
        .data
        .iter()
        .map(|item| wording::data_item(*item).get(language).to_owned())
        .collect();
    let mut fields = vec![
        (Text::FieldAnswer, word(answer)),
        (Text::FieldAt, vec![moment(record.at)]),
        (Text::FieldCustomer, vec![organisation(&record.customer, language)]),
        (Text::FieldPurpose, vec![record.purpose.get(language).to_owned()]),
        (Text::FieldData, data),
        (
            Text::FieldRetention,
            vec![phrase::consent_retention_days(language, record.retention_days)],
        ),
        (Text::FieldTemplate, word(template)),
    ];
    fields.extend(
        record
            .person
            .as_ref()
            .map(|iin| (Text::FieldPerson, vec![iin.expose().to_owned()])),
    );
    fields.extend(identifiers(&record.session, &record.transaction, &record.rule_set));
    Page {
        fields,
        ..Page::default()
    }
}

fn liveness(document: &LivenessDocument, language: Language) -> Page {
    let mut fields = vec![(
        Text::FieldResult,
        vec![wording::liveness_result(document.result).get(language).to_owned()],
    )];
    let mut reasons: Vec<String> = document
        .mismatches
        .iter()
        .map(|mismatch| wording::mismatch(*mismatch).0.get(language).to_owned())
        .collect();
    reasons.extend(
        document
            .ended
            .map(|ending| wording::ending(ending).0.get(language).to_owned()),
    );
    if !reasons.is_empty() {
        fields.push((Text::FieldReasons, reasons));
    }
    fields.push((Text::FieldAt, vec![moment(document.at)]));
    fields.push((Text::FieldCustomer, vec![organisation(&document.customer, language)]));
    fields.extend(
        document
            .person
            .as_ref()
            .map(|iin| (Text::FieldPerson, vec![iin.expose().to_owned()])),
    );
    fields.extend(identifiers(
        &document.session,
        &document.transaction,
        &document.rule_set,
    ));
    Page {
        fields,
        steps: document.steps.iter().map(|one| step(one, language)).collect(),
        image: None,
    }
}

fn step(evidence: &StepEvidence, language: Language) -> Step {
    let mut findings: Vec<Text> = evidence
        .mismatches
        .iter()
        .map(|mismatch| wording::mismatch(*mismatch).0)
        .collect();
    if findings.is_empty() && evidence.received_at.is_some() {
        findings.push(Text::FieldCommandPassed);
    }
    Step {
        command: wording::command(evidence.command),
        findings,
        frames: evidence.frames,
        images: evidence
            .images
            .iter()
            .map(|image| timed_image(image, language))
            .collect(),
    }
}

fn comparison(document: &ComparisonDocument, language: Language) -> Page {
    let mut fields = vec![(
        Text::FieldResult,
        vec![wording::comparison_result(&document.result).get(language).to_owned()],
    )];
    fields.extend(
        document
            .similarity
            .map(|similarity| (Text::FieldSimilarity, vec![decimal(similarity.get(), language)])),
    );
    fields.push((Text::FieldThreshold, vec![decimal(document.threshold.get(), language)]));
    match &document.basis {
        ComparisonBasis::Primary { database, document, .. } => {
            fields.push((Text::FieldBasis, vec![phrase::field_basis_primary(language, database)]));
            fields.extend(document.as_ref().map(|seen| {
                let kind = match seen.kind {
                    IdentityDocumentKind::IdentityCard => Text::FieldIdentityCard,
                    IdentityDocumentKind::Passport => Text::FieldPassport,
                };
                let until = day(seen.valid_until);
                let text = phrase::field_valid_until(language, until, kind.get(language), &seen.number);
                (Text::FieldIdentityDocument, vec![text])
            }));
        }
        ComparisonBasis::Subsequent { formed_at, .. } => {
            fields.push((
                Text::FieldBasis,
                vec![phrase::field_basis_subsequent(language, moment(*formed_at))],
            ));
        }
    }
    fields.push((Text::FieldAt, vec![moment(document.at)]));
    fields.push((Text::FieldCustomer, vec![organisation(&document.customer, language)]));
    fields.push((Text::FieldPerson, vec![document.person.expose().to_owned()]));
    fields.extend(identifiers(
        &document.session,
        &document.transaction,
        &document.rule_set,
    ));
    let image = Image {
        address: address(&document.current_image.jpeg),
        description: Text::FieldCurrentImage.get(language).to_owned(),
    };
    Page {
        fields,
        steps: vec![],
        image: Some(image),
    }
}

fn organisation(customer: &tanu_protocol::identity::Customer, language: Language) -> String {
    format!(
        "{}, {}",
        customer.name.get(language),
        phrase::consent_bin(language, &customer.bin)
    )
}

fn identifiers(session: &SessionId, transaction: &TransactionHash, rules: &str) -> [(Text, Vec<String>); 3] {
    [
        (Text::FieldSession, vec![session.to_string()]),
        (Text::FieldTransaction, vec![transaction.to_string()]),
        (Text::FieldRuleSet, vec![rules.to_owned()]),
    ]
}

fn timed_image(image: &EvidenceImage, language: Language) -> Image {
    let tenths = image.time_us / 100_000;
    let seconds = format!("{}{}{}", tenths / 10, decimal_mark(language), tenths % 10);
    Image {
        address: address(&image.jpeg),
        description: phrase::field_image(language, image.sequence.saturating_add(1), seconds),
    }
}

fn address(jpeg: &[u8]) -> String {
    format!("data:image/jpeg;base64,{}", Base64::encode_string(jpeg))
}

fn day(date: Date) -> String {
    date.strftime("%d.%m.%Y").to_string()
}

fn decimal(number: f32, language: Language) -> String {
    format!("{number:.3}").replace('.', decimal_mark(language))
}

const fn decimal_mark(language: Language) -> &'static str {
    match language {
        Language::Kk | Language::Ru => ",",
        Language::En => ".",
    }
}

/// Whether a reference and a document are the same: by hash.
#[must_use]
pub fn find<'a>(documents: &'a [SignedDocument], sha256: &Sha256Digest) -> Option<&'a SignedDocument> {
    documents.iter().find(|document| document.reference.sha256 == *sha256)
}

#[cfg(test)]
mod tests;
