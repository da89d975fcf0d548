//! Names of the protocol's values as pages show them.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use tanu_protocol::challenge::{Command, Mismatch};
use tanu_protocol::evidence::{ComparisonResult, DocumentKind, LivenessResult};
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus, OutOfForce};
use tanu_protocol::language::Language;
use tanu_protocol::session::{DataItem, Ending};

use super::texts::Text;

/// Local time of the country, five hours ahead of UTC all year.
const LOCAL: Offset = Offset::constant(5);

/// The day in the country.
pub(super) fn local_date(at: Timestamp) -> Date {
    LOCAL.to_datetime(at).date()
}

/// Date and time in the country.
pub(super) fn local_time(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(LOCAL))
        .strftime("%d.%m.%Y %H:%M:%S (UTC+5)")
        .to_string()
}

/// A number with three decimals, as the language writes it.
pub(super) fn decimal(number: f32, language: Language) -> String {
    format!("{number:.3}").replace('.', decimal_mark(language))
}

/// Microseconds as seconds with one decimal, cut, as the language writes it.
pub(super) fn seconds(microseconds: u64, language: Language) -> String {
    let tenths = microseconds / 100_000;
    format!("{}{}{}", tenths / 10, decimal_mark(language), tenths % 10)
}

const fn decimal_mark(language: Language) -> &'static str {
    match language {
        Language::Kk | Language::Ru => ",",
        Language::En => ".",
    }
}

/// A date.
pub(super) fn date(date: Date) -> String {
    date.strftime("%d.%m.%Y").to_string()
}

pub(super) const fn document_kind(kind: IdentityDocumentKind) -> Text {
    match kind {
        IdentityDocumentKind::IdentityCard => Text::KindCard,
        IdentityDocumentKind::Passport => Text::KindPassport,
    }
}

pub(super) const fn document_status(status: IdentityDocumentStatus) -> Text {
    match status {
        IdentityDocumentStatus::Valid => Text::InForce,
        IdentityDocumentStatus::Lost => Text::DocumentLost,
        IdentityDocumentStatus::Revoked => Text::DocumentRevoked,
    }
}

/// Whether a document counts on this day.
pub(super) fn standing(document: &IdentityDocument, today: Date) -> Text {
    match document.status {
        IdentityDocumentStatus::Valid if document.valid_until < today => Text::DocumentExpired,
        IdentityDocumentStatus::Valid if today < document.issued_on => Text::NotYetValid,
        status => document_status(status),
    }
}

pub(super) const fn out_of_force(why: OutOfForce) -> Text {
    match why {
        OutOfForce::NotYetValid => Text::NotYetValid,
        OutOfForce::Expired => Text::DocumentExpired,
        OutOfForce::Lost => Text::DocumentLost,
        OutOfForce::Revoked => Text::DocumentRevoked,
    }
}

pub(super) const fn ending(ending: Ending) -> Text {
    match ending {
        Ending::Matched => Text::EndingMatched,
        Ending::NotMatched => Text::EndingNotMatched,
        Ending::NotLive => Text::EndingNotLive,
        Ending::NoReference => Text::EndingNoReference,
        Ending::DocumentOutOfForce { .. } => Text::EndingDocument,
        Ending::Refused => Text::EndingRefused,
        Ending::Cancelled => Text::EndingCancelled,
        Ending::Expired => Text::EndingExpired,
    }
}

pub(super) const fn evidence_kind(kind: DocumentKind) -> Text {
    match kind {
        DocumentKind::Consent => Text::DocumentConsent,
        DocumentKind::Liveness => Text::DocumentLiveness,
        DocumentKind::Comparison => Text::DocumentComparison,
    }
}

pub(super) const fn liveness(result: LivenessResult) -> Text {
    match result {
        LivenessResult::Passed => Text::LivePassed,
        LivenessResult::Failed => Text::LiveFailed,
        LivenessResult::NotCompleted => Text::LiveNotCompleted,
    }
}

pub(super) const fn comparison(result: ComparisonResult) -> Text {
    match result {
        ComparisonResult::Matched => Text::ResultMatched,
        ComparisonResult::NotMatched => Text::ResultNotMatched,
        ComparisonResult::NoReference => Text::EndingNoReference,
        ComparisonResult::UnusableReference => Text::ResultUnusable,
        ComparisonResult::DocumentOutOfForce { .. } => Text::EndingDocument,
    }
}

pub(super) const fn data_item(item: DataItem) -> Text {
    match item {
        DataItem::Face => Text::DataFace,
        DataItem::Iin => Text::DataIin,
        DataItem::IdentityDocument => Text::DataDocument,
        DataItem::Evidence => Text::DataEvidence,
    }
}

pub(super) const fn command(command: Command) -> Text {
    match command {
        Command::TurnLeft => Text::CommandLeft,
        Command::TurnRight => Text::CommandRight,
        Command::LookUp => Text::CommandUp,
        Command::LookDown => Text::CommandDown,
        Command::Blink => Text::CommandBlink,
        Command::OpenMouth => Text::CommandMouth,
        Command::ComeCloser => Text::CommandCloser,
    }
}

pub(super) const fn mismatch(mismatch: Mismatch) -> Text {
    match mismatch {
        Mismatch::TooFewFrames => Text::MismatchFewFrames,
        Mismatch::NoFace => Text::MismatchNoFace,
        Mismatch::SeveralFaces => Text::MismatchSeveral,
        Mismatch::OutOfPlace => Text::MismatchPlace,
        Mismatch::TooDark => Text::MismatchDark,
        Mismatch::TooBright => Text::MismatchBright,
        Mismatch::Blurred => Text::MismatchBlurred,
        Mismatch::NotPerformed => Text::MismatchNotPerformed,
        Mismatch::TooLittle => Text::MismatchTooLittle,
        Mismatch::OtherMovement => Text::MismatchOther,
        Mismatch::TooEarly => Text::MismatchEarly,
        Mismatch::NotReturned => Text::MismatchNotReturned,
        Mismatch::Static => Text::MismatchStatic,
        Mismatch::Discontinuous => Text::MismatchJump,
        Mismatch::AnotherPerson => Text::MismatchPerson,
        Mismatch::PresentationAttack => Text::MismatchAttack,
        Mismatch::Late => Text::MismatchLate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_comma_in_kazakh_and_russian_and_a_point_in_english() {
        for (language, number, time) in [
            (Language::Kk, "0,649", "12,0"),
            (Language::Ru, "0,649", "12,0"),
            (Language::En, "0.649", "12.0"),
        ] {
            assert_eq!(decimal(0.6494, language), number);
            assert_eq!(seconds(12_099_999, language), time);
        }
        assert_eq!(decimal(-0.05, Language::Ru), "-0,050");
        assert_eq!(seconds(99_999, Language::En), "0.0");
    }
}
