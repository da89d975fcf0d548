//! The form for a new test citizen: what was typed, what it means, and what is wrong with it, field by field.

use axum::extract::Multipart;
use axum::extract::multipart::MultipartError;
use axum::http::StatusCode;
use jiff::civil::Date;
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus};
use tanu_protocol::iin::MalformedNumber;

use super::failure::Failure;
use super::labels;
use super::texts::Text;
use super::typed_date::{self, NoDate};
use crate::citizen::Citizen;
use crate::citizen::number::{NotSynthetic, SyntheticIin};
use crate::citizen::photo::{InvalidPhoto, Photo};

/// The most bytes of a typed field: more than any valid value has.
const MOST_TYPED_BYTES: usize = 1024;
/// The most characters of a document's number.
const MOST_NUMBER: usize = 20;

/// A field of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Name,
    Iin,
    Photo,
    Kind,
    Number,
    IssuedOn,
    ValidUntil,
    Status,
}

impl Field {
    const ALL: [Self; 8] = [
        Self::Name,
        Self::Iin,
        Self::Photo,
        Self::Kind,
        Self::Number,
        Self::IssuedOn,
        Self::ValidUntil,
        Self::Status,
    ];

    /// Its name in the form, also its element's id.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Iin => "iin",
            Self::Name => "name",
            Self::Photo => "photo",
            Self::Kind => "kind",
            Self::Number => "number",
            Self::IssuedOn => "issued_on",
            Self::ValidUntil => "valid_until",
            Self::Status => "status",
        }
    }

    /// Its label.
    pub(super) const fn label(self) -> Text {
        match self {
            Self::Iin => Text::FieldIin,
            Self::Name => Text::FieldName,
            Self::Photo => Text::FieldPhoto,
            Self::Kind => Text::FieldKind,
            Self::Number => Text::FieldNumber,
            Self::IssuedOn => Text::FieldIssued,
            Self::ValidUntil => Text::FieldUntil,
            Self::Status => Text::FieldStatus,
        }
    }
}

/// What was typed, as it was typed.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Typed([String; Field::ALL.len()]);

impl Typed {
    /// What stands in a field. A photo is never kept.
    pub(super) fn get(&self, field: Field) -> &str {
        &self.0[field as usize]
    }

    /// Writes into a field.
    pub(super) fn set(&mut self, field: Field, text: String) {
        self.0[field as usize] = text;
    }
}

/// What is wrong, field by field, in the form's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults(Vec<(Field, Text)>);

impl Faults {
    /// One fault.
    pub(super) fn one(field: Field, text: Text) -> Self {
        Self(vec![(field, text)])
    }

    /// All of them.
    pub(super) fn all(&self) -> &[(Field, Text)] {
        &self.0
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn note<T, E>(&mut self, field: Field, parsed: Result<T, E>, text: impl FnOnce(E) -> Text) -> Option<T> {
        parsed.map_err(|error| self.0.push((field, text(error)))).ok()
    }
}

/// The name of the hidden field with the handle of a form that was kept.
pub(super) const DRAFT: &str = "draft";

/// The form as it came.
pub(super) struct Submitted {
    /// What was typed.
    pub(super) typed: Typed,
    /// The photo's file, empty where none was chosen.
    pub(super) photo: Vec<u8>,
    /// The handle of the form that this one mends.
    pub(super) draft: Option<String>,
}

/// A form that makes no citizen.
pub(super) struct Refused {
    /// What is wrong.
    pub(super) faults: Faults,
    /// The photo, if that is not what is wrong.
    pub(super) photo: Option<Photo>,
}

/// Reads the form. Unknown fields are passed over.
pub(super) async fn read(mut form: Multipart) -> Result<Submitted, Failure> {
    let mut submitted = Submitted {
        typed: Typed::default(),
        photo: Vec::new(),
        draft: None,
    };
    while let Some(part) = form.next_field().await.map_err(failure)? {
        let name = part.name().unwrap_or_default().to_owned();
        let bytes = part.bytes().await.map_err(failure)?;
        let text = || String::from_utf8_lossy(&bytes).trim().to_owned();
        match Field::ALL.into_iter().find(|field| field.name() == name) {
            // The camera's picture and a chosen file come under one name; the one that has content counts.
            Some(Field::Photo) if bytes.is_empty() => {}
            Some(Field::Photo) => submitted.photo = bytes.to_vec(),
            _ if bytes.len() > MOST_TYPED_BYTES => {}
            Some(field) => submitted.typed.set(field, text()),
            None if name == DRAFT => submitted.draft = Some(text()),
            None => {}
        }
    }
    Ok(submitted)
}

fn failure(error: MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Failure::TooLarge
    } else {
        Failure::Malformed
    }
}

/// The citizen that the form describes.
///
/// # Errors
/// What is wrong, and the photo where it is not, because browsers don't keep a chosen file.
pub(super) fn citizen(typed: &Typed, photo: Vec<u8>) -> Result<Citizen, Refused> {
    let mut faults = Faults::default();
    let name = faults.note(Field::Name, typed.get(Field::Name).parse(), |_| Text::ErrorName);
    let iin = faults.note(Field::Iin, typed.get(Field::Iin).parse(), iin_text);
    let photo = faults.note(Field::Photo, Photo::new(photo), photo_text);
    let document = document(typed, &mut faults);
    match (iin, name, photo, document) {
        (Some(iin), Some(name), Some(photo), Some(document)) => Ok(Citizen {
            iin,
            name,
            document,
            photo,
        }),
        (_, _, photo, _) => Err(Refused { faults, photo }),
    }
}

/// A form that is not finished, as it is kept: only a photo that can't be kept is a fault of it.
pub(super) fn unfinished(photo: Vec<u8>) -> Refused {
    let mut faults = Faults::default();
    let photo = (!photo.is_empty())
        .then(|| faults.note(Field::Photo, Photo::new(photo), photo_text))
        .flatten();
    Refused { faults, photo }
}

fn document(typed: &Typed, faults: &mut Faults) -> Option<IdentityDocument> {
    let kind = faults.note(Field::Kind, kind(typed.get(Field::Kind)).ok_or(()), |()| {
        Text::ErrorChoice
    });
    let number = faults.note(Field::Number, number(typed.get(Field::Number)).ok_or(()), |()| {
        Text::ErrorNumber
    });
    let date = |field: Field| typed_date::read(typed.get(field));
    let issued_on = faults.note(Field::IssuedOn, date(Field::IssuedOn), date_text);
    let valid_until = faults.note(Field::ValidUntil, date(Field::ValidUntil), date_text);
    let status = faults.note(Field::Status, status(typed.get(Field::Status)).ok_or(()), |()| {
        Text::ErrorChoice
    });
    let (issued_on, valid_until) = (issued_on?, valid_until?);
    if valid_until <= issued_on {
        faults.0.push((Field::ValidUntil, Text::ErrorOrder));
        return None;
    }
    Some(IdentityDocument {
        kind: kind?,
        number: number?,
        issued_on,
        valid_until,
        status: status?,
    })
}

fn number(text: &str) -> Option<String> {
    let fits = (1..=MOST_NUMBER).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| text.to_ascii_uppercase())
}

fn kind(text: &str) -> Option<IdentityDocumentKind> {
    match text {
        "identity_card" => Some(IdentityDocumentKind::IdentityCard),
        "passport" => Some(IdentityDocumentKind::Passport),
        _ => None,
    }
}

fn status(text: &str) -> Option<IdentityDocumentStatus> {
    match text {
        "valid" => Some(IdentityDocumentStatus::Valid),
        "lost" => Some(IdentityDocumentStatus::Lost),
        "revoked" => Some(IdentityDocumentStatus::Revoked),
        _ => None,
    }
}

fn iin_text(error: NotSynthetic) -> Text {
    match error {
        NotSynthetic::Malformed(MalformedNumber::Length) => Text::ErrorIinLength,
        NotSynthetic::Malformed(MalformedNumber::CheckDigit) => Text::ErrorIinCheck,
        NotSynthetic::Malformed(MalformedNumber::Kind) => Text::ErrorIinKind,
        NotSynthetic::Living => Text::ErrorIinLiving,
    }
}

const fn date_text(error: NoDate) -> Text {
    match error {
        NoDate::Form => Text::ErrorDate,
        NoDate::Calendar => Text::ErrorNoSuchDate,
    }
}

fn photo_text(error: InvalidPhoto) -> Text {
    match error {
        InvalidPhoto::Empty => Text::ErrorPhotoEmpty,
        InvalidPhoto::TooLarge => Text::ErrorPhotoLarge,
        InvalidPhoto::Unreadable => Text::ErrorPhotoUnreadable,
        InvalidPhoto::Dimensions => Text::ErrorPhotoDimensions,
    }
}

/// What an untouched form holds: a number drawn at random, and a document in force for ten years from a year ago.
pub(super) fn suggestion(iin: &SyntheticIin, document_number: &str, today: Date) -> Typed {
    let mut typed = Typed::default();
    let year = |years: i16| labels::date(today.saturating_add(jiff::Span::new().years(years)));
    for (field, text) in [
        (Field::Iin, iin.iin().expose().to_owned()),
        (Field::Kind, "identity_card".to_owned()),
        (Field::Number, document_number.to_owned()),
        (Field::IssuedOn, year(-1)),
        (Field::ValidUntil, year(9)),
        (Field::Status, "valid".to_owned()),
    ] {
        typed.set(field, text);
    }
    typed
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::testing::picture;

    fn typed(changes: &[(Field, &str)]) -> Typed {
        let iin = "880229100014".parse().unwrap();
        let mut typed = suggestion(&iin, "012345678", jiff::civil::date(2026, 11, 21));
        typed.set(Field::Name, "Әлия".to_owned());
        for (field, text) in changes {
            typed.set(*field, (*text).to_owned());
        }
        typed
    }

    fn photo() -> Vec<u8> {
        picture(200, 200, ImageFormat::Jpeg)
    }

    fn refused(changes: &[(Field, &str)], photo: Vec<u8>) -> Refused {
        citizen(&typed(changes), photo).map(drop).unwrap_err()
    }

    #[test]
    fn a_suggested_form_with_name_and_photo_makes_a_citizen() {
        let citizen = citizen(&typed(&[]), photo()).ok().unwrap();
        assert_eq!(citizen.document.issued_on, jiff::civil::date(2025, 11, 21));
        assert_eq!(citizen.document.valid_until, jiff::civil::date(2035, 11, 21));
    }

    #[test]
    fn each_fault_is_told_by_its_field_and_the_photo_is_given_back() {
        let cases = [
            (Field::Iin, "88022910001", Text::ErrorIinLength),
            (Field::Iin, "880229100015", Text::ErrorIinCheck),
            (Field::Iin, "490140000012", Text::ErrorIinKind),
            (Field::Name, "", Text::ErrorName),
            (Field::Kind, "visa", Text::ErrorChoice),
            (Field::Number, "12-34", Text::ErrorNumber),
            (Field::IssuedOn, "yesterday", Text::ErrorDate),
            (Field::ValidUntil, "30.02.2035", Text::ErrorNoSuchDate),
            (Field::ValidUntil, "21.11.2025", Text::ErrorOrder),
            (Field::Status, "", Text::ErrorChoice),
        ];
        for (field, text, expected) in cases {
            let refused = refused(&[(field, text)], photo());
            assert_eq!(refused.faults.all(), [(field, expected)], "{field:?} {text}");
            assert_eq!(refused.photo.unwrap().file(), photo());
        }
    }

    #[test]
    fn several_faults_are_told_at_once_in_the_order_of_the_form() {
        let refused = refused(&[(Field::Iin, ""), (Field::Name, ""), (Field::Number, "")], Vec::new());
        let fields: Vec<_> = refused.faults.all().iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, [Field::Name, Field::Iin, Field::Photo, Field::Number]);
        assert!(refused.photo.is_none());
    }
}
