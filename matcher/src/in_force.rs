//! Whether an identity document counts (NBS-9): its status and its dates, on the day in Kazakhstan.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use tanu_protocol::evidence::DocumentSeen;
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentStatus, OutOfForce};

/// Asia/Almaty has been UTC+5 without daylight saving since 1 March 2024.
const ALMATY: Offset = Offset::constant(5);
/// Characters of a document's number that stay readable.
const SHOWN: usize = 4;

/// The day in Kazakhstan.
#[must_use]
pub fn day_in_almaty(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::fixed(ALMATY)).date()
}

/// Why a document does not count on a day; `None` where it does. What was reported of it weighs more than its dates.
#[must_use]
pub fn out_of_force(document: &IdentityDocument, today: Date) -> Option<OutOfForce> {
    match document.status {
        IdentityDocumentStatus::Lost => Some(OutOfForce::Lost),
        IdentityDocumentStatus::Revoked => Some(OutOfForce::Revoked),
        IdentityDocumentStatus::Valid if today < document.issued_on => Some(OutOfForce::NotYetValid),
        IdentityDocumentStatus::Valid if today > document.valid_until => Some(OutOfForce::Expired),
        IdentityDocumentStatus::Valid => None,
    }
}

/// The document as evidence shows it: all but the last four characters of its number masked.
#[must_use]
pub fn seen(document: &IdentityDocument) -> DocumentSeen {
    let hidden = document.number.chars().count().saturating_sub(SHOWN);
    let number = document
        .number
        .chars()
        .enumerate()
        .map(|(place, character)| if place < hidden { '*' } else { character })
        .collect();
    DocumentSeen {
        kind: document.kind,
        number,
        issued_on: document.issued_on,
        valid_until: document.valid_until,
        status: document.status,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use tanu_protocol::identity::IdentityDocumentKind;

    use super::*;

    fn document(status: IdentityDocumentStatus) -> IdentityDocument {
        IdentityDocument {
            kind: IdentityDocumentKind::IdentityCard,
            number: "012345678".into(),
            issued_on: date(2020, 3, 1),
            valid_until: date(2030, 2, 28),
            status,
        }
    }

    #[test]
    fn nbs_9_a_document_counts_from_its_first_day_to_its_last() {
        let valid = document(IdentityDocumentStatus::Valid);
        for (day, expected) in [
            (date(2020, 2, 29), Some(OutOfForce::NotYetValid)),
            (date(2020, 3, 1), None),
            (date(2030, 2, 28), None),
            (date(2030, 3, 1), Some(OutOfForce::Expired)),
        ] {
            assert_eq!(out_of_force(&valid, day), expected, "{day}");
        }
    }

    #[test]
    fn nbs_9_a_lost_or_revoked_document_never_counts() {
        let day = date(2025, 1, 1);
        assert_eq!(
            out_of_force(&document(IdentityDocumentStatus::Lost), day),
            Some(OutOfForce::Lost)
        );
        assert_eq!(
            out_of_force(&document(IdentityDocumentStatus::Revoked), day),
            Some(OutOfForce::Revoked)
        );
    }

    #[test]
    fn the_day_changes_at_midnight_in_almaty() {
        let before: Timestamp = "2026-03-01T18:59:59Z".parse().unwrap();
        let after: Timestamp = "2026-03-01T19:00:00Z".parse().unwrap();
        assert_eq!(day_in_almaty(before), date(2026, 3, 1));
        assert_eq!(day_in_almaty(after), date(2026, 3, 2));
    }

    #[test]
    fn evidence_shows_the_last_four_characters_of_a_number() {
        assert_eq!(seen(&document(IdentityDocumentStatus::Valid)).number, "*****5678");
        let short = IdentityDocument {
            number: "12".into(),
            ..document(IdentityDocumentStatus::Valid)
        };
        assert_eq!(seen(&short).number, "12");
    }
}
