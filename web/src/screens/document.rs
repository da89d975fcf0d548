use leptos::prelude::*;
use leptos::task::spawn_local;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::SignedDocument;

use crate::api::ApiError;
use crate::browser::{Session, http, page};
use crate::components::{Heading, Notice};
use crate::document::{self, Image, Page, Step};
use crate::locale::{locale, say};
use crate::text::Text;
use crate::wording;

/// One document of the session, readable.
#[component]
pub(crate) fn Document(session: Session, sha256: Sha256Digest) -> impl IntoView {
    let documents = RwSignal::new(None::<Result<Vec<SignedDocument>, ApiError>>);
    spawn_local(async move {
        let answer = http::documents(&session.id()).await;
        documents.try_set(Some(answer));
    });
    let content = move || match documents.get() {
        None => view! { <p role="status">{say(Text::AppLoading)}</p> }.into_any(),
        Some(Err(error)) => view! { <Unavailable session error /> }.into_any(),
        Some(Ok(documents)) => match document::find(&documents, &sha256) {
            Some(document) => view! { <Readable session document=document.clone() /> }.into_any(),
            None => view! { <Missing session /> }.into_any(),
        },
    };
    view! {
        <section class="screen document" data-testid="document">{content}</section>
    }
}

#[component]
fn Back(session: Session) -> impl IntoView {
    view! { <a class="button" href=format!("/session/{}", session.id()) data-testid="back-to-result">{say(Text::ActionBack)}</a> }
}

#[component]
fn Missing(session: Session) -> impl IntoView {
    let locale = locale();
    view! {
        <Heading text=Signal::derive(move || Text::DocumentsUnknown.get(locale.get()).to_owned()) />
        <div class="actions"><Back session /></div>
    }
}

#[component]
fn Unavailable(session: Session, error: ApiError) -> impl IntoView {
    let locale = locale();
    let again = error.clone();
    view! {
        <Heading text=Signal::derive(move || Text::DocumentsTitle.get(locale.get()).to_owned()) />
        <Notice
            title=Signal::derive(move || error.title(locale.get()))
            remedy=Signal::derive(move || again.remedy(locale.get()))
        />
        <div class="actions">
            <button type="button" class="button primary" data-testid="reload" on:click=|_| page::reload()>{say(Text::ActionReload)}</button>
            <Back session />
        </div>
    }
}

#[component]
fn Readable(session: Session, document: SignedDocument) -> impl IntoView {
    let locale = locale();
    let reference = document.reference.clone();
    let (name, jws) = (document::file_name(&document), document.jws.clone());
    let content = move || match document::read(&document, locale.get()) {
        Some(page) => view! { <Content page /> }.into_any(),
        None => view! { <p>{say(Text::DocumentsUnreadable)}</p> }.into_any(),
    };
    view! {
        <Heading text=Signal::derive(move || wording::document(&reference, locale.get())) />
        {content}
        <div class="actions">
            <button type="button" class="button primary" data-testid="download-document"
                on:click=move |_| page::download(&name, "application/jose", &jws)>
                {say(Text::ActionDownload)}
            </button>
            <Back session />
        </div>
    }
}

#[component]
fn Content(page: Page) -> impl IntoView {
    let Page { fields, steps, image } = page;
    let field = |(label, values): (Text, Vec<String>)| {
        view! {
            <dt>{say(label)}</dt>
            {values.into_iter().map(|value| view! { <dd>{value}</dd> }).collect_view()}
        }
    };
    view! {
        {image.map(|image| view! { <Picture image /> })}
        <dl class="facts">{fields.into_iter().map(field).collect_view()}</dl>
        {(!steps.is_empty()).then(|| view! {
            <h2>{say(Text::FieldCommands)}</h2>
            <ol class="evidence">{steps.into_iter().map(|step| view! { <Command step /> }).collect_view()}</ol>
        })}
    }
}

#[component]
fn Command(step: Step) -> impl IntoView {
    view! {
        <li>
            <h3>{say(step.command)}</h3>
            <ul>{step.findings.into_iter().map(|finding| view! { <li>{say(finding)}</li> }).collect_view()}</ul>
            <p class="hint">{say(Text::FieldFrames)}": "{step.frames}</p>
            <div class="pictures">{step.images.into_iter().map(|image| view! { <Picture image /> }).collect_view()}</div>
        </li>
    }
}

#[component]
fn Picture(image: Image) -> impl IntoView {
    view! {
        <figure>
            <img src=image.address alt=image.description.clone() loading="lazy" />
            <figcaption class="hint">{image.description}</figcaption>
        </figure>
    }
}
