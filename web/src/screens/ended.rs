use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::DocumentRef;
use tanu_protocol::session::Ending;

use crate::browser::{Session, http, page};
use crate::components::{Heading, ReturnLink};
use crate::document;
use crate::locale::{locale, say};
use crate::text::Text;
use crate::wording;

/// How it ended (NBS-10), what now, and the documents.
#[component]
pub(crate) fn Ended(session: Session, ending: Ending) -> impl IntoView {
    let locale = locale();
    let (title, text, next) = wording::ending(ending);
    let (badge, passed) = if ending.passed() {
        (Text::EndingPassed, "passed")
    } else {
        (Text::EndingNotPassed, "not-passed")
    };
    view! {
        <section class="screen" data-testid="result" data-result=passed>
            <p class="badge" data-result=passed>{say(badge)}</p>
            <Heading text=Signal::derive(move || title.get(locale.get()).to_owned()) />
            <p class="lead">{say(text)}</p>
            {next.map(|next| view! {
                <h2>{say(Text::EndingNow)}</h2>
                <p>{say(next)}</p>
            })}
            <div class="actions"><ReturnLink session with_result=true /></div>
            <Documents session />
        </section>
    }
}

#[component]
fn Documents(session: Session) -> impl IntoView {
    let documents = Memo::new(move |_| {
        session
            .with(|flow| flow.view().map(|view| view.documents.clone()))
            .unwrap_or_default()
    });
    view! {
        <h2>{say(Text::DocumentsTitle)}</h2>
        {move || if documents.read().is_empty() {
            view! { <p>{say(Text::DocumentsNone)}</p> }.into_any()
        } else {
            view! {
                <p>{say(Text::DocumentsLead)}</p>
                <ul class="documents" data-testid="documents">
                    {documents.get().into_iter().map(|reference| view! { <Row session reference /> }).collect_view()}
                </ul>
            }.into_any()
        }}
    }
}

#[component]
fn Row(session: Session, reference: DocumentRef) -> impl IntoView {
    let locale = locale();
    let sha256 = reference.sha256;
    let at = document::moment(reference.at);
    let name = Signal::derive(move || wording::document(&reference, locale.get()));
    let navigate = use_navigate();
    let download = move |_| save(session, sha256, navigate.clone());
    view! {
        <li>
            <p class="document-name">{move || name.get()}<br /><span class="hint">{at}</span></p>
            <div class="document-actions">
                <a class="button small" href=format!("?document={sha256}") data-testid="view-document"
                    aria-label=move || format!("{}: {}", Text::ActionView.get(locale.get()), name.get())>
                    {say(Text::ActionView)}
                </a>
                <button type="button" class="button small" data-testid="download-document" on:click=download
                    aria-label=move || format!("{}: {}", Text::ActionDownload.get(locale.get()), name.get())>
                    {say(Text::ActionDownload)}
                </button>
            </div>
        </li>
    }
}

fn save(session: Session, sha256: Sha256Digest, navigate: impl Fn(&str, NavigateOptions) + 'static) {
    leptos::task::spawn_local(async move {
        match http::documents(&session.id()).await {
            Ok(documents) => {
                if let Some(document) = document::find(&documents, &sha256) {
                    page::download(&document::file_name(document), "application/jose", &document.jws);
                }
            }
            // The document's own page says what is wrong, and how to go on.
            Err(_) => navigate(&format!("?document={sha256}"), NavigateOptions::default()),
        }
    });
}
