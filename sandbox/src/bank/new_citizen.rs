//! The page on which a test citizen is made.

use std::sync::Arc;

use axum::extract::multipart::MultipartRejection;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::Bank;
use super::citizen_form::{self, DRAFT, Faults, Field, Refused, Submitted, Typed};
use super::drafts::Draft;
use super::failure::Failure;
use super::labels;
use super::layout::Page;
use super::texts::Text;
use super::visitor::{self, FORM, Visitor};
use crate::citizen::number::SyntheticIin;
use crate::citizen::photo::Photo;
use crate::citizen::registry::{Added, CitizenId};
use crate::host::{clock, random};

/// The handle of a form to be shown again.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Again {
    draft: Option<String>,
}

/// The form: as it was sent, where it was kept; else with suggestions.
pub(super) async fn form(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    again: Result<Query<Again>, QueryRejection>,
) -> Response {
    let Again { draft } = again.map(|Query(again)| again).unwrap_or_default();
    let kept = draft.and_then(|handle| Some((bank.drafts.look(&handle, clock::now())?, handle)));
    if let Some((draft, handle)) = kept {
        return Form::again(&visitor, &draft, &handle).page().into_response();
    }
    match suggestion() {
        Ok(typed) => Form::new(&visitor, &typed).page().into_response(),
        Err(failure) => failure.page(&visitor),
    }
}

/// Adds the citizen, or shows the form again with what is wrong.
pub(super) async fn submit(
    State(bank): State<Arc<Bank>>,
    visitor: Visitor,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    match added(&bank, form).await {
        Ok(Ok(id)) => Redirect::to(&format!("/?added={id}")).into_response(),
        Ok(Err(draft)) => show_again(&bank, visitor, draft),
        Err(failure) => failure.page(&visitor),
    }
}

/// Keeps the form as it stands and shows it in another language: the choice costs nobody what they entered.
pub(super) async fn speak(
    State(bank): State<Arc<Bank>>,
    Path(tag): Path<String>,
    visitor: Visitor,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    match kept(&bank, form).await {
        Ok(handle) => visitor::in_language(&tag, &address(&handle)),
        Err(failure) => failure.page(&visitor),
    }
}

/// Path of the form that is kept under this handle.
fn address(handle: &str) -> String {
    format!("{FORM}?{DRAFT}={handle}")
}

/// Keeps the form and shows it; a choice of language leads back to what was kept.
fn show_again(bank: &Bank, visitor: Visitor, draft: Draft) -> Response {
    let now = clock::now();
    let handle = match bank.drafts.keep(draft, now) {
        Ok(handle) => handle,
        Err(failure) => return Failure::from(failure).page(&visitor),
    };
    let Some(draft) = bank.drafts.look(&handle, now) else {
        return Failure::NotFound.page(&visitor);
    };
    let visitor = Visitor {
        page: address(&handle),
        ..visitor
    };
    Form::again(&visitor, &draft, &handle)
        .page()
        .with_status(StatusCode::UNPROCESSABLE_ENTITY)
}

/// A form that was read, with the photo of the one that it mends where it brings none itself.
struct Received {
    typed: Typed,
    photo: Vec<u8>,
    /// Whether the form was shown with faults.
    had_faults: bool,
}

async fn receive(bank: &Bank, form: Result<Multipart, MultipartRejection>) -> Result<Received, Failure> {
    let form = form.map_err(|_| Failure::Malformed)?;
    let Submitted { typed, photo, draft } = citizen_form::read(form).await?;
    let mended = draft.and_then(|handle| bank.drafts.take(&handle, clock::now()));
    let photo = match mended.as_deref().and_then(|draft| draft.photo.as_ref()) {
        Some(kept) if photo.is_empty() => kept.file().to_vec(),
        _ => photo,
    };
    Ok(Received {
        typed,
        photo,
        had_faults: mended.is_some_and(|draft| !draft.faults.is_empty()),
    })
}

/// Runs what decodes a photo, which takes tens of milliseconds, off the threads that serve requests.
async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failure::Store(crate::store::StoreFailure::Stopped))
}

/// Keeps a form that is not finished; gives its handle.
async fn kept(bank: &Bank, form: Result<Multipart, MultipartRejection>) -> Result<String, Failure> {
    let received = receive(bank, form).await?;
    let draft = apart(move || {
        let Received {
            typed,
            photo,
            had_faults,
        } = received;
        let Refused { faults, photo } = if had_faults {
            citizen_form::citizen(&typed, photo).map_or_else(
                |refused| refused,
                |citizen| Refused {
                    faults: Faults::default(),
                    photo: Some(citizen.photo),
                },
            )
        } else {
            citizen_form::unfinished(photo)
        };
        Draft { typed, photo, faults }
    })
    .await?;
    Ok(bank.drafts.keep(draft, clock::now())?)
}

async fn added(bank: &Bank, form: Result<Multipart, MultipartRejection>) -> Result<Result<CitizenId, Draft>, Failure> {
    let Received { typed, photo, .. } = receive(bank, form).await?;
    let (typed, checked) = apart(move || {
        let checked = citizen_form::citizen(&typed, photo);
        (typed, checked)
    })
    .await?;
    let refused = match checked {
        Ok(citizen) => {
            let photo = Some(citizen.photo.clone());
            match bank.citizens.add(citizen, clock::now()).await? {
                Added::New(id) => return Ok(Ok(id)),
                Added::NumberTaken => Refused {
                    faults: Faults::one(Field::Iin, Text::ErrorIinTaken),
                    photo,
                },
            }
        }
        Err(refused) => refused,
    };
    let Refused { faults, photo } = refused;
    Ok(Err(Draft { typed, photo, faults }))
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

struct Form<'a> {
    visitor: &'a Visitor,
    typed: &'a Typed,
    faults: &'a [(Field, Text)],
    /// The handle, where the form was kept.
    kept: Option<&'a str>,
    /// Whether a photo was kept with it.
    has_photo: bool,
}

impl<'a> Form<'a> {
    /// An untouched form.
    const fn new(visitor: &'a Visitor, typed: &'a Typed) -> Self {
        Self {
            visitor,
            typed,
            faults: &[],
            kept: None,
            has_photo: false,
        }
    }

    /// A form as it was sent.
    fn again(visitor: &'a Visitor, draft: &'a Draft, handle: &'a str) -> Self {
        Self {
            visitor,
            typed: &draft.typed,
            faults: draft.faults.all(),
            kept: Some(handle),
            has_photo: draft.photo.is_some(),
        }
    }

    fn page(&self) -> Page<'a> {
        Page {
            scripts: &["/assets/camera.js", "/assets/form.js"],
            ..Page::new(self.visitor, self.visitor.say(Text::CitizenNew), self.content())
        }
    }

    fn content(&self) -> Markup {
        let (form, say) = (self, |text| self.visitor.say(text));
        html! {
        p.lead { (say(Text::FormLead)) }
        (form.summary())
        form.fields method="post" action="/citizens" enctype="multipart/form-data" novalidate {
            @if let Some(handle) = self.kept {
                input type="hidden" name=(DRAFT) value=(handle);
            }
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
                    (form.field(field, Some(Text::FieldDateHint), |id| html! {
                        input.short id=(id.id) name=(id.id) type="text" autocomplete="off" maxlength="20" required
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
        }
    }
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
            @if !self.faults.is_empty() {
                div.problem role="alert" tabindex="-1" autofocus {
                    p { (self.visitor.say(Text::FormErrors)) ":" }
                    ul {
                        @for (field, text) in self.faults {
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
        let name = field.name();
        let fault = self
            .faults
            .iter()
            .find_map(|(at, text)| (*at == field).then_some(*text));
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
        let hint = if self.has_photo {
            Text::PhotoKept
        } else {
            Text::FieldPhotoHint
        };
        self.field(Field::Photo, Some(hint), |id| {
            html! {
                div.file #photo-file data-chosen=(say(Text::PhotoChosen)) data-most-bytes=(Photo::MOST_BYTES)
                    data-large=(say(Text::ErrorPhotoLarge)) {
                    input id=(id.id) name=(id.id) type="file" accept="image/jpeg,image/png,image/webp"
                        required[!self.has_photo] aria-invalid=[id.invalid] aria-describedby=[id.described.as_deref()];
                    label.button.quiet for=(id.id) { (say(Text::PhotoChoose)) }
                    span #photo-status role="status" {}
                }
                div.camera #camera hidden data-taken=(say(Text::CameraTaken)) data-failed=(say(Text::CameraFailed))
                    data-refused=(say(Text::CameraRefused)) data-missing=(say(Text::CameraMissing))
                    data-busy=(say(Text::CameraBusy)) {
                    button.button.quiet #camera-open type="button" { (say(Text::CameraOpen)) }
                    div #camera-live hidden {
                        video #camera-video autoplay playsinline muted aria-label=(say(Text::CameraPreview)) {}
                        div.actions {
                            button.button #camera-shoot type="button" { (say(Text::CameraShoot)) }
                            button.button.quiet #camera-close type="button" { (say(Text::CameraClose)) }
                        }
                    }
                    canvas #camera-picture hidden {}
                    p #camera-status role="status" {}
                }
            }
        })
    }
}
