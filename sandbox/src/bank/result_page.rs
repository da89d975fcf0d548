//! The page that tells what came of a sign-in: what Tanu said, what the bank decided and why, and the documents.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use maud::{Markup, html};
use tanu_protocol::evidence::{DocumentKind, DocumentRef};
use tanu_protocol::session::Ending;

use super::Bank;
use super::decision::Criterion;
use super::failure::Failure;
use super::identity::VerifiedToken;
use super::labels;
use super::layout::Page;
use super::outcome::{KeptDocument, Outcome, OutcomeId};
use super::texts::Text;
use super::visitor::Visitor;

/// The page.
pub(super) async fn page(State(bank): State<Arc<Bank>>, Path(id): Path<String>, visitor: Visitor) -> Response {
    match find(&bank, &visitor, &id).await {
        Ok((id, outcome, documents)) => render(&visitor, &id, &outcome, &documents).into_response(),
        Err(failure) => failure.page(&visitor),
    }
}

/// The outcome of this address, where it is this browser's.
pub(super) async fn find(
    bank: &Bank,
    visitor: &Visitor,
    id: &str,
) -> Result<(OutcomeId, Outcome, Vec<KeptDocument>), Failure> {
    let id: OutcomeId = id.parse().map_err(|()| Failure::NotFound)?;
    let browser = visitor.browser.as_ref().ok_or(Failure::NotFound)?;
    let (outcome, documents) = bank.outcomes.find(&id, browser).await?.ok_or(Failure::NotFound)?;
    Ok((id, outcome, documents))
}

fn render<'a>(visitor: &'a Visitor, id: &OutcomeId, outcome: &Outcome, documents: &[KeptDocument]) -> Page<'a> {
    let say = |text| visitor.say(text);
    let content = html! {
        (verdict(visitor, outcome.ending))
        (decision(visitor, outcome))
        @if let Some(token) = &outcome.token {
            (token_section(visitor, token))
        }
        section aria-labelledby="documents" {
            h2 #documents { (say(Text::DocumentsTitle)) }
            @if outcome.ending.is_none() {
                p { (say(Text::DocumentsMissing)) }
            } @else if documents.is_empty() {
                p { (say(Text::DocumentsNone)) }
            } @else {
                ul.documents {
                    @for (place, document) in documents.iter().enumerate() {
                        (document_row(visitor, id, place, document))
                    }
                }
            }
        }
        p { a.button.quiet href="/" { (say(Text::BackHome)) } }
    };
    Page::new(visitor, say(Text::ResultTitle), content)
}

/// Passed or not passed (NBS-10), with Tanu's reason.
fn verdict(visitor: &Visitor, ending: Option<Ending>) -> Markup {
    let passed = ending.is_some_and(Ending::passed);
    let (class, text) = if passed {
        ("verdict good", Text::Passed)
    } else {
        ("verdict bad", Text::NotPassed)
    };
    html! {
        div class=(class) data-passed=(passed) role="status" {
            p { strong { (visitor.say(text)) } }
            p {
                (visitor.say(ending.map_or(Text::EndingUnknown, labels::ending)))
                @if let Some(Ending::DocumentOutOfForce { why }) = ending {
                    ": " (visitor.say(labels::out_of_force(why))) "."
                }
            }
        }
    }
}

fn decision(visitor: &Visitor, outcome: &Outcome) -> Markup {
    let say = |text| visitor.say(text);
    let accepted = outcome.decision.accepted();
    html! {
        section aria-labelledby="decision" data-accepted=(accepted) {
            h2 #decision { (say(Text::DecisionTitle)) }
            p { strong class=(if accepted { "good" } else { "bad" }) {
                (say(if accepted { Text::DecisionAccepted } else { Text::DecisionRejected }))
            } }
            p.hint { (say(Text::DecisionLead)) }
            ul.criteria {
                @for (criterion, holds) in outcome.decision.criteria() {
                    li {
                        span { (say(criterion_text(*criterion))) }
                        strong class=(if *holds { "good" } else { "bad" }) {
                            (say(if *holds { Text::Yes } else { Text::No }))
                        }
                    }
                }
            }
            dl.facts {
                dt { (say(Text::FieldTime)) }
                dd { (labels::local_time(outcome.at)) }
                @if let Some(session) = &outcome.session {
                    dt { (say(Text::Session)) }
                    dd { (session) }
                }
                @if let Some(transaction) = &outcome.transaction {
                    dt { (say(Text::Transaction)) }
                    dd { (transaction) }
                }
            }
        }
    }
}

fn token_section(visitor: &Visitor, token: &VerifiedToken) -> Markup {
    let say = |text| visitor.say(text);
    let time = token
        .auth_time
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map(labels::local_time);
    html! {
        section aria-labelledby="token" {
            h2 #token { (say(Text::TokenTitle)) }
            dl.facts {
                dt { (say(Text::TokenSubject)) }
                dd { (token.subject) }
                @if let Some(acr) = &token.acr {
                    dt { (say(Text::TokenAcr)) }
                    dd { (acr) }
                }
                dt { (say(Text::TokenAmr)) }
                dd { (token.amr.join(", ")) }
                @if let Some(time) = time {
                    dt { (say(Text::TokenTime)) }
                    dd { (time) }
                }
                dt { (say(Text::Transaction)) }
                dd { (token.transaction) }
            }
        }
    }
}

fn document_row(visitor: &Visitor, id: &OutcomeId, place: usize, kept: &KeptDocument) -> Markup {
    let say = |text| visitor.say(text);
    let reference = &kept.document.reference;
    let title = title(visitor, kept);
    let address = format!("/results/{id}/documents/{place}");
    html! {
        li data-document=(kind_name(reference.kind)) data-trusted=(kept.fault.is_none()) {
            div {
                strong { (title) }
                p.hint { (labels::local_time(reference.at)) " · " (trust(visitor, kept)) }
            }
            div.actions {
                @if kept.fault.is_none() {
                    a.button.quiet href=(address) aria-label={ (say(Text::View)) ": " (title) } { (say(Text::View)) }
                }
                @for kind in ["jws", "json"] {
                    a.button.quiet href={ (address) "/document." (kind) } download=(file_name(reference, kind))
                        aria-label={ (say(Text::Download)) " ." (kind) ": " (title) }
                    { (say(Text::Download)) " ." (kind) }
                }
            }
        }
    }
}

/// The name under which a browser saves a document's file.
fn file_name(reference: &DocumentRef, extension: &str) -> String {
    let run = reference
        .run
        .map_or_else(String::new, |run| format!("-{}", u16::from(run) + 1));
    format!("tanu-{}{run}.{extension}", kind_name(reference.kind))
}

const fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Consent => "consent",
        DocumentKind::Liveness => "liveness",
        DocumentKind::Comparison => "comparison",
    }
}

/// A document's name, with its run where it has one.
pub(super) fn title(visitor: &Visitor, kept: &KeptDocument) -> String {
    let name = visitor.say(labels::evidence_kind(kept.document.reference.kind));
    match kept.document.reference.run {
        Some(run) => format!(
            "{name}, {}",
            visitor.say(Text::Run).replace("{}", &(u16::from(run) + 1).to_string())
        ),
        None => name.to_owned(),
    }
}

/// Whether its signature is trusted.
pub(super) fn trust(visitor: &Visitor, kept: &KeptDocument) -> Markup {
    let (class, text) = match kept.fault {
        None => ("good", Text::SignatureGood),
        Some(_) => ("bad", Text::SignatureBad),
    };
    html! { span class=(class) { (visitor.say(text)) } }
}

const fn criterion_text(criterion: Criterion) -> Text {
    match criterion {
        Criterion::Passed => Text::CriterionPassed,
        Criterion::Token => Text::CriterionToken,
        Criterion::Documents => Text::CriterionDocuments,
        Criterion::Live => Text::CriterionLive,
        Criterion::Matched => Text::CriterionMatched,
        Criterion::Person => Text::CriterionPerson,
    }
}

#[cfg(test)]
mod tests {
    use tanu_protocol::language::Language;

    use super::*;
    use crate::bank::evidence::testing::kept;

    #[test]
    fn a_download_says_what_it_does_and_in_which_form() {
        let visitor = Visitor {
            language: Language::Ru,
            page: "/".to_owned(),
            browser: None,
        };
        let id = "AAAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
        let html = document_row(&visitor, &id, 0, &kept()).into_string();
        for kind in ["jws", "json"] {
            // The name for screen readers begins with what is seen, so that it can be spoken to press it.
            let link = format!("aria-label=\"Скачать .{kind}: Ответ о согласии\">Скачать .{kind}</a>");
            assert!(html.contains(&link), "{link} in {html}");
        }
    }
}
