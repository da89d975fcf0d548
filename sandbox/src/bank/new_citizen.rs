//! The page on which a test citizen is made.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};

use super::Bank;
use super::citizen_form::{self, Faults, Field, Submitted, Typed};
use super::failure::Failure;
use super::labels;
use super::layout::Page;
use super::texts::Text;
use super::visitor::Visitor;
use crate::citizen::number::SyntheticIin;
use crate::citizen::photo::Photo;
use crate::citizen::registry::Added;
use crate::host::{clock, random};

/// The form with suggestions.
pub(super) async fn form(visitor: Visitor) -> Response {
    match suggestion() {
        Ok(typed) => render(&visitor, &typed, &Faults::default()).into_response(),
        Err(failure) => failure.page(&visitor),
    }
}

/// Adds the citizen, or shows the form again with what is wrong.
pub(super) async fn submit(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let form = match form {
        Ok(form) => form,
        Err(_) => return Failure::NotFound.page(&visitor),
    };
    let submitted = match citizen_form::read(form).await {
        Ok(submitted) => submitted,
        Err(failure) => return failure.page(&visitor),
    };
    let typed = submitted.typed.clone();
    match add(&bank, submitted).await {
        Ok(Ok(())) => Redirect::to("/?added=1").into_response(),
        Ok(Err(faults)) => render(&visitor, &typed, &faults).with_status(StatusCode::UNPROCESSABLE_ENTITY),
        Err(failure) => failure.page(&visitor),
    }
}

async fn add(bank: &Bank, submitted: Submitted) -> Result<Result<(), Faults>, Failure> {
    // Decoding a photo takes tens of milliseconds: not on a thread that serves requests.
    let checked = tokio::task::spawn_blocking(|| citizen_form::citizen(submitted))
        .await
        .map_err(|_| Failure::Store(crate::store::StoreFailure::Stopped))?;
    let citizen = match checked {
        Ok(citizen) => citizen,
        Err(faults) => return Ok(Err(faults)),
    };
    Ok(match bank.citizens.add(citizen, clock::now()).await? {
        Added::New => Ok(()),
        Added::NumberTaken => Err(Faults::one(Field::Iin, Text::ErrorIinTaken)),
    })
}

fn suggestion() -> Result<Typed, Failure> {
    let number = u32::from_be_bytes(random::bytes()?) % 100_000_000;
    let today = labels::local_date(clock::now());
    Ok(citizen_form::suggestion(
        &SyntheticIin::random()?,
        &format!("0{number:08}"),
        today,
    ))
}

fn render<'a>(visitor: &'a Visitor, typed: &Typed, faults: &Faults) -> Page<'a> {
    let form = Form { visitor, typed, faults };
    let say = |text| visitor.say(text);
    let content = html! {
        p.lead { (say(Text::FormLead)) }
        (form.summary())
        form.fields method="post" action="/citizens" enctype="multipart/form-data" novalidate {
            (form.field(Field::Name, None, |id| html! {
                input id=(id.id) name=(id.id) type="text" autocomplete="off" required
                    value=(id.value) aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
            }))
            (form.field(Field::Iin, Some(Text::FieldIinHint), |id| html! {
                input id=(id.id) name=(id.id) type="text" inputmode="numeric" autocomplete="off" required
                    value=(id.value) aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
            }))
            (form.photo())
            fieldset {
                legend { (say(Text::DocumentLegend)) }
                (form.choice(Field::Kind, None, &[
                    ("identity_card", Text::KindCard),
                    ("passport", Text::KindPassport),
                ]))
                (form.field(Field::Number, None, |id| html! {
                    input id=(id.id) name=(id.id) type="text" autocomplete="off" required
                        value=(id.value) aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
                }))
                @for field in [Field::IssuedOn, Field::ValidUntil] {
                    (form.field(field, None, |id| html! {
                        input id=(id.id) name=(id.id) type="date" required
                            value=(id.value) aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
                    }))
                }
                (form.choice(Field::Status, Some(Text::FieldStatusHint), &[
                    ("valid", Text::InForce),
                    ("lost", Text::DocumentLost),
                    ("revoked", Text::DocumentRevoked),
                ]))
            }
            button.button type="submit" { (say(Text::Save)) }
        }
    };
    Page {
        camera: true,
        ..Page::new(visitor, say(Text::CitizenNew), content)
    }
}

struct Form<'a> {
    visitor: &'a Visitor,
    typed: &'a Typed,
    faults: &'a Faults,
}

/// What ties a control to its label, hint and fault.
struct Control<'a> {
    id: &'static str,
    value: &'a str,
    invalid: Option<&'static str>,
    described: Option<String>,
}

impl Form<'_> {
    fn summary(&self) -> Markup {
        html! {
            @if !self.faults.all().is_empty() {
                div.problem role="alert" tabindex="-1" autofocus {
                    p { (self.visitor.say(Text::FormErrors)) ":" }
                    ul {
                        @for (field, text) in self.faults.all() {
                            li {
                                a href={ "#" (field.name()) } { (self.visitor.say(field.label())) }
                                ": " (self.visitor.say(*text))
                            }
                        }
                    }
                }
            }
        }
    }

    fn field(&self, field: Field, hint: Option<Text>, control: impl FnOnce(&Control<'_>) -> Markup) -> Markup {
        let (name, fault) = (field.name(), self.faults.of(field));
        let described: Vec<_> = [(hint, "hint"), (fault, "fault")]
            .into_iter()
            .filter(|(text, _)| text.is_some())
            .map(|(_, kind)| format!("{name}-{kind}"))
            .collect();
        let control = control(&Control {
            id: name,
            value: self.typed.get(field),
            invalid: fault.map(|_| "true"),
            described: (!described.is_empty()).then(|| described.join(" ")),
        });
        html! {
            div.field {
                label for=(name) { (self.visitor.say(field.label())) }
                @if let Some(hint) = hint {
                    p.hint id={ (name) "-hint" } { (self.visitor.say(hint)) }
                }
                @if let Some(fault) = fault {
                    p.fault id={ (name) "-fault" } { (self.visitor.say(fault)) }
                }
                (control)
            }
        }
    }

    fn choice(&self, field: Field, hint: Option<Text>, options: &[(&str, Text)]) -> Markup {
        self.field(field, hint, |id| {
            html! {
                select id=(id.id) name=(id.id) aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()] {
                    @for (value, text) in options {
                        option value=(value) selected[*value == id.value] { (self.visitor.say(*text)) }
                    }
                }
            }
        })
    }

    /// The photo's field, with what the camera script shows and hides.
    fn photo(&self) -> Markup {
        let say = |text| self.visitor.say(text);
        self.field(Field::Photo, Some(Text::FieldPhotoHint), |id| {
            html! {
                input id=(id.id) name=(id.id) type="file" accept="image/jpeg,image/png,image/webp" required
                    aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
                div.camera #camera hidden data-most-bytes=(Photo::MOST_BYTES)
                    data-taken=(say(Text::CameraTaken)) data-failed=(say(Text::CameraFailed)) {
                    button.button.quiet #camera-open type="button" { (say(Text::CameraOpen)) }
                    div #camera-live hidden {
                        video #camera-video autoplay playsinline muted aria-label=(say(Text::CameraPreview)) {}
                        button.button #camera-shoot type="button" { (say(Text::CameraShoot)) }
                        button.button.quiet #camera-close type="button" { (say(Text::CameraClose)) }
                    }
                    canvas #camera-picture hidden {}
                    p #camera-status role="status" {}
                }
            }
        })
    }
}
