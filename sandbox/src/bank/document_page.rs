//! One document of a session, in readable form with its pictures, and its files to download.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use tanu_protocol::challenge::Mismatch;
use tanu_protocol::evidence::{
    ComparisonBasis, ComparisonDocument, ComparisonResult, ConsentRecord, EvidenceImage, LivenessDocument, StepEvidence,
};
use tanu_protocol::identity::Customer;
use tanu_protocol::iin::Iin;

use super::Bank;
use super::evidence::{self, Content};
use super::failure::Failure;
use super::labels;
use super::layout::Page;
use super::outcome::{KeptDocument, OutcomeId};
use super::result_page;
use super::texts::Text;
use super::visitor::Visitor;

/// The page of one document.
pub(super) async fn page(
    State(bank): State<Arc<Bank>>,
    Path((id, place)): Path<(String, String)>,
    visitor: Visitor,
) -> Response {
    let found = find(&bank, &visitor, &id, &place).await.and_then(|(id, kept)| {
        let content = checked(&kept).ok_or(Failure::NotFound)?;
        Ok((id, kept, content))
    });
    match found {
        Ok((id, kept, content)) => {
            let shown = Shown {
                visitor: &visitor,
                files: format!("/results/{id}/documents/{place}"),
            };
            let title = result_page::title(&visitor, &kept);
            let body = html! {
                p { (result_page::trust(&visitor, &kept)) }
                (shown.content(&content))
                dl.facts {
                    (shown.fact(Text::FieldHash, kept.document.reference.sha256))
                }
                p { a.button.quiet href={ "/results/" (id) } { (visitor.say(Text::BackToResult)) } }
            };
            Page::new(&visitor, &title, body).into_response()
        }
        Err(failure) => failure.page(&visitor),
    }
}

/// A file of one document: `document.jws` as it came, `document.json` its content, `image-N.jpg` its pictures from 0.
pub(super) async fn file(
    State(bank): State<Arc<Bank>>,
    Path((id, place, name)): Path<(String, String, String)>,
    visitor: Visitor,
) -> Response {
    let kept = match find(&bank, &visitor, &id, &place).await {
        Ok((_, kept)) => kept,
        Err(failure) => return failure.page(&visitor),
    };
    let file = match name.as_str() {
        "document.jws" => Some(("application/jose", kept.document.jws.into_bytes())),
        "document.json" => evidence::payload(&kept.document).map(|json| ("application/json", json)),
        _ => image(&kept, &name).map(|jpeg| ("image/jpeg", jpeg)),
    };
    match file {
        Some((kind, bytes)) => ([(header::CONTENT_TYPE, kind)], bytes).into_response(),
        None => Failure::NotFound.page(&visitor),
    }
}

async fn find(bank: &Bank, visitor: &Visitor, id: &str, place: &str) -> Result<(OutcomeId, KeptDocument), Failure> {
    let place: usize = place.parse().map_err(|_| Failure::NotFound)?;
    let (id, _, documents) = result_page::find(bank, visitor, id).await?;
    let kept = documents.into_iter().nth(place).ok_or(Failure::NotFound)?;
    Ok((id, kept))
}

/// Content is shown only of documents whose signature is trusted.
fn checked(kept: &KeptDocument) -> Option<Content> {
    match kept.fault {
        None => Content::of_checked(&kept.document),
        Some(_) => None,
    }
}

fn image(kept: &KeptDocument, name: &str) -> Option<Vec<u8>> {
    let place: usize = name.strip_prefix("image-")?.strip_suffix(".jpg")?.parse().ok()?;
    let content = checked(kept)?;
    content.images().get(place).map(|jpeg| jpeg.to_vec())
}

struct Shown<'a> {
    visitor: &'a Visitor,
    files: String,
}

impl Shown<'_> {
    fn content(&self, content: &Content) -> Markup {
        match content {
            Content::Consent(consent) => self.consent(consent),
            Content::Liveness(document) => self.liveness(document),
            Content::Comparison(document) => self.comparison(document),
        }
    }

    fn consent(&self, consent: &ConsentRecord) -> Markup {
        let language = self.visitor.language;
        let data: Vec<_> = consent
            .data
            .iter()
            .map(|item| self.say(labels::data_item(*item)))
            .collect();
        html! {
            dl.facts {
                (self.fact(Text::FieldResult, self.say(if consent.agreed { Text::Agreed } else { Text::Refused })))
                (self.person(consent.person.as_ref()))
                (self.customer(&consent.customer))
                (self.fact(Text::FieldTime, labels::local_time(consent.at)))
                (self.fact(Text::FieldPurpose, consent.purpose.get(language)))
                (self.fact(Text::FieldData, data.join(", ")))
                (self.fact(Text::FieldRetention, consent.retention_days))
                (self.fact(Text::FieldTemplate, self.say(if consent.template { Text::Yes } else { Text::No })))
                (self.fact(Text::FieldLanguage, consent.language.tag()))
                (self.fact(Text::Session, consent.session))
                (self.fact(Text::Transaction, consent.transaction))
                (self.fact(Text::FieldRules, &consent.rule_set))
            }
        }
    }

    fn liveness(&self, document: &LivenessDocument) -> Markup {
        // Pictures are numbered through the whole document.
        let firsts = document.steps.iter().scan(0, |next, step| {
            let first = *next;
            *next += step.images.len();
            Some(first)
        });
        html! {
            dl.facts {
                (self.fact(Text::FieldResult, self.say(labels::liveness(document.result))))
                (self.mismatches(&document.mismatches))
                @if let Some(ending) = document.ended {
                    (self.fact(Text::Reason, self.say(labels::ending(ending))))
                }
                (self.person(document.person.as_ref()))
                (self.customer(&document.customer))
                (self.fact(Text::FieldTime, labels::local_time(document.at)))
                (self.fact(Text::Session, document.session))
                (self.fact(Text::Transaction, document.transaction))
                @if let Some(passive) = document.passive {
                    (self.fact(Text::FieldPassive, self.decimal(passive)))
                }
                @if let Some(identity) = document.identity {
                    (self.fact(Text::FieldIdentity, self.decimal(identity.get())))
                }
                (self.fact(Text::FieldPolicy, &document.policy))
                (self.fact(Text::FieldRules, &document.rule_set))
                (self.models(&document.models))
            }
            @if !document.steps.is_empty() {
                h2 { (self.say(Text::StepsTitle)) }
                ol {
                    @for (step, first) in document.steps.iter().zip(firsts) {
                        (self.step(step, first))
                    }
                }
            }
        }
    }

    fn step(&self, step: &StepEvidence, first: usize) -> Markup {
        let command = self.say(labels::command(step.command));
        html! {
            li {
                strong { (command) }
                " · " (self.say(Text::FramesReceived).replace("{}", &step.frames.to_string()))
                dl.facts { (self.mismatches(&step.mismatches)) }
                ul.images {
                    @for (offset, image) in step.images.iter().enumerate() {
                        @let frame = self.frame(image);
                        li { (self.image(first + offset, &frame, &format!("{command}, {frame}"))) }
                    }
                }
            }
        }
    }

    fn comparison(&self, document: &ComparisonDocument) -> Markup {
        let current = self.say(Text::CurrentImage);
        html! {
            div.images { (self.image(0, current, current)) }
            dl.facts {
                (self.fact(Text::FieldResult, self.say(labels::comparison(document.result))))
                @if let ComparisonResult::DocumentOutOfForce { why } = document.result {
                    (self.fact(Text::FieldWhy, self.say(labels::out_of_force(why))))
                }
                @if let Some(similarity) = document.similarity {
                    (self.fact(Text::FieldSimilarity, self.decimal(similarity.get())))
                }
                (self.fact(Text::FieldThreshold, self.decimal(document.threshold.get())))
                (self.basis(&document.basis))
                (self.person(Some(&document.person)))
                (self.customer(&document.customer))
                (self.fact(Text::FieldTime, labels::local_time(document.at)))
                (self.fact(Text::Session, document.session))
                (self.fact(Text::Transaction, document.transaction))
                (self.fact(Text::FieldLivenessHash, document.liveness_document))
                (self.fact(Text::FieldRules, &document.rule_set))
                (self.models(&document.models))
            }
        }
    }

    fn basis(&self, basis: &ComparisonBasis) -> Markup {
        match basis {
            ComparisonBasis::Primary { database, document, .. } => html! {
                (self.fact(Text::FieldBasis, format!("{} ({database})", self.say(Text::BasisPrimary))))
                @if let Some(document) = document {
                    (self.fact(Text::ColumnDocument, format!(
                        "{} {}, {} {}, {} {}: {}",
                        self.say(labels::document_kind(document.kind)),
                        document.number,
                        self.say(Text::FieldIssued).to_lowercase(),
                        labels::date(document.issued_on),
                        self.say(Text::FieldUntil).to_lowercase(),
                        labels::date(document.valid_until),
                        self.say(labels::document_status(document.status)),
                    )))
                }
            },
            ComparisonBasis::Subsequent { formed_at, .. } => self.fact(
                Text::FieldBasis,
                format!(
                    "{} ({})",
                    self.say(Text::BasisSubsequent),
                    labels::local_time(*formed_at)
                ),
            ),
        }
    }

    fn image(&self, place: usize, caption: &str, description: &str) -> Markup {
        html! {
            figure {
                img src={ (self.files) "/image-" (place) ".jpg" } alt=(description) width="176";
                figcaption { (caption) }
            }
        }
    }

    /// Which frame of its step, counted from 1, and when.
    fn frame(&self, image: &EvidenceImage) -> String {
        self.say(Text::FrameAt)
            .replace("{number}", &image.sequence.saturating_add(1).to_string())
            .replace("{seconds}", &labels::seconds(image.time_us, self.visitor.language))
    }

    fn decimal(&self, number: f32) -> String {
        labels::decimal(number, self.visitor.language)
    }

    fn mismatches(&self, mismatches: &[Mismatch]) -> Markup {
        let texts: Vec<_> = mismatches
            .iter()
            .map(|mismatch| self.say(labels::mismatch(*mismatch)))
            .collect();
        html! {
            @if !texts.is_empty() {
                (self.fact(Text::FieldWhy, texts.join(", ")))
            }
        }
    }

    fn models(&self, models: &[tanu_protocol::digest::Sha256Digest]) -> Markup {
        let models: Vec<_> = models.iter().map(ToString::to_string).collect();
        self.fact(Text::FieldModels, models.join(", "))
    }

    fn person(&self, person: Option<&Iin>) -> Markup {
        html! {
            @if let Some(person) = person {
                (self.fact(Text::FieldPerson, person.expose()))
            }
        }
    }

    fn customer(&self, customer: &Customer) -> Markup {
        let name = customer.name.get(self.visitor.language);
        self.fact(Text::FieldCustomer, format!("{name}, {}", customer.bin))
    }

    fn fact(&self, name: Text, value: impl std::fmt::Display) -> Markup {
        html! {
            dt { (self.say(name)) }
            dd { (value.to_string()) }
        }
    }

    const fn say(&self, text: Text) -> &'static str {
        self.visitor.say(text)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use tanu_protocol::challenge::{Command, StepIndex};
    use tanu_protocol::evidence::LivenessResult;
    use tanu_protocol::language::Language;

    use super::*;
    use crate::bank::evidence::testing;

    fn shown(language: Language, content: impl FnOnce(&Shown<'_>) -> Markup) -> String {
        let visitor = Visitor {
            language,
            page: "/".to_owned(),
            browser: None,
        };
        let shown = Shown {
            visitor: &visitor,
            files: "/files".to_owned(),
        };
        content(&shown).into_string()
    }

    #[test]
    fn the_current_image_is_called_so_and_numbers_are_written_as_the_language_writes_them() {
        let document = testing::comparison(ComparisonResult::Matched);
        for (language, caption, similarity, threshold) in [
            (Language::Kk, "Ағымдағы бейне", "0,700", "0,400"),
            (Language::Ru, "Текущее изображение", "0,700", "0,400"),
            (Language::En, "Current image", "0.700", "0.400"),
        ] {
            let html = shown(language, |shown| shown.comparison(&document));
            for expected in [
                format!("<figcaption>{caption}</figcaption>"),
                format!("<dd>{similarity}</dd>"),
                format!("<dd>{threshold}</dd>"),
            ] {
                assert!(html.contains(&expected), "{expected} in {html}");
            }
        }
    }

    #[test]
    fn a_commands_frames_are_counted_in_words_that_fit_every_number_and_told_apart() {
        let mut document = testing::liveness(LivenessResult::Passed);
        document.steps = vec![StepEvidence {
            index: StepIndex { run: 0, step: 0 },
            command: Command::Blink,
            issued_at: Timestamp::UNIX_EPOCH,
            received_at: None,
            mismatches: vec![],
            frames: 22,
            head: None,
            images: vec![EvidenceImage {
                sequence: 4,
                time_us: 1_250_000,
                jpeg: vec![],
            }],
        }];
        for (language, count, caption, command) in [
            (
                Language::Kk,
                "түскен кадрлар саны: 22",
                "5‑кадр, қадам басталғаннан кейін 1,2 с",
                "Көзді жұмып-ашу",
            ),
            (
                Language::Ru,
                "получено кадров: 22",
                "Кадр 5, через 1,2 с после начала шага",
                "Моргнуть",
            ),
            (
                Language::En,
                "frames received: 22",
                "Frame 5, 1.2 s after the step began",
                "Blink",
            ),
        ] {
            let html = shown(language, |shown| shown.liveness(&document));
            for expected in [
                format!(" · {count}<"),
                format!("<figcaption>{caption}</figcaption>"),
                format!("src=\"/files/image-0.jpg\" alt=\"{command}, {caption}\""),
                "<dd>0.900</dd>".replace('.', if language == Language::En { "." } else { "," }),
            ] {
                assert!(html.contains(&expected), "{expected} in {html}");
            }
        }
    }
}
