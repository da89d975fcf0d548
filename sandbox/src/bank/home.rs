//! The home page, and the two short pages that an application to connect must link (NBS-A1).

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use maud::{Markup, html};
use serde::Deserialize;

use super::Bank;
use super::failure::Failure;
use super::labels;
use super::layout::Page;
use super::texts::Text;
use super::visitor::{FORM, Visitor};
use crate::citizen::registry::Listed;
use crate::host::clock;

/// What the home page is told by its address.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Told {
    /// Id of the citizen who was just added.
    added: Option<String>,
}

/// The home page: what this is, sign in, the test citizens.
pub(super) async fn page(
    State(bank): State<Arc<Bank>>,
    told: Result<Query<Told>, QueryRejection>,
    visitor: Visitor,
) -> Response {
    let told = told.map(|Query(told)| told).unwrap_or_default();
    let citizens = match bank.citizens.list().await {
        Ok(citizens) => citizens,
        Err(failure) => return Failure::from(failure).page(&visitor),
    };
    let today = labels::local_date(clock::now());
    let say = |text| visitor.say(text);
    let added = told
        .added
        .and_then(|id| citizens.iter().find(|citizen| citizen.id.to_string() == id));
    let content = html! {
        @if let Some(citizen) = added {
            p.done role="status" { (say(Text::CitizenAdded)) " " strong { (citizen.iin.iin().expose()) } }
        }
        p.lead { (say(Text::HomeLead)) }
        form method="post" action="/sign-in" {
            button.button type="submit" aria-describedby="sign-in-hint" { (say(Text::SignIn)) }
            p.hint #sign-in-hint { (say(Text::SignInHint)) }
        }
        section aria-labelledby="citizens" {
            h2 #citizens { (say(Text::CitizensTitle)) }
            @if citizens.is_empty() {
                p { (say(Text::CitizensNone)) }
            } @else {
                p { (say(Text::CitizensLead)) }
            }
            p { a.button.quiet href=(FORM) { (say(Text::CitizenNew)) } }
            @if !citizens.is_empty() {
                ul.citizens {
                    @for citizen in &citizens {
                        (row(citizen, today, &visitor))
                    }
                }
            }
        }
    };
    Page::new(&visitor, say(Text::HomeTitle), content).into_response()
}

/// The bank's user agreement.
pub(super) async fn agreement(visitor: Visitor) -> Response {
    let content = html! { p { (visitor.say(Text::AgreementBody)) } };
    Page::new(&visitor, visitor.say(Text::Agreement), content).into_response()
}

/// The bank's privacy policy.
pub(super) async fn privacy(visitor: Visitor) -> Response {
    let content = html! { p { (visitor.say(Text::PrivacyBody)) } };
    Page::new(&visitor, visitor.say(Text::Privacy), content).into_response()
}

/// The number is shown in full, to be typed at Tanu: it is nobody's.
fn row(citizen: &Listed, today: Date, visitor: &Visitor) -> Markup {
    let name = citizen.name.as_str();
    let standing = labels::standing(&citizen.document, today);
    html! {
        li {
            div {
                strong { (name) }
                dl {
                    dt { (visitor.say(Text::ColumnIin)) }
                    dd { (citizen.iin.iin().expose()) }
                    dt { (visitor.say(Text::ColumnDocument)) }
                    dd { (visitor.say(labels::document_kind(citizen.document.kind))) ": " (visitor.say(standing)) }
                }
            }
            form method="post" action="/sign-in" {
                input type="hidden" name="citizen" value=(citizen.id);
                button.button.quiet type="submit" aria-label={ (visitor.say(Text::SignInAs)) ": " (name) } {
                    (visitor.say(Text::SignInAs))
                }
            }
        }
    }
}
