use leptos::either::Either;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use tanu_protocol::digest::{SessionId, Sha256Digest};

use crate::browser::Session;
use crate::components::Cancel;
use crate::flow::Screen;
use crate::locale::locale;
use crate::pages::NotFound;
use crate::screens;
use crate::text::phrase;
use crate::wording;

/// A citizen's session, wherever it stands.
#[component]
pub(crate) fn SessionPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").and_then(|id| id.parse::<SessionId>().ok()));
    move || match id.get() {
        Some(id) => Either::Left(view! { <Flow session=Session::start(id) /> }),
        None => Either::Right(view! { <NotFound /> }),
    }
}

#[component]
fn Flow(session: Session) -> impl IntoView {
    let query = use_query_map();
    let document = Memo::new(move |_| {
        query
            .read()
            .get("document")
            .and_then(|hash| hash.parse::<Sha256Digest>().ok())
    });
    let locale = locale();
    let proposed = Memo::new(move |_| session.with(|flow| flow.view().and_then(|view| view.language)));
    Effect::new(move |_| locale.propose(proposed.get()));
    let screen = Memo::new(move |_| session.with(|flow| flow.screen()));
    let state = move || match screen.read() {
        camera if *camera == Screen::Camera => session.with(|flow| flow.stage().name()),
        other => other.name(),
    };
    let step = move || {
        session.with(|flow| {
            (*screen.read() == Screen::Camera)
                .then(|| flow.stage().step().cloned())
                .flatten()
        })
    };
    let content = move || match (document.get(), screen.get()) {
        (Some(sha256), Screen::Ended(_)) => view! { <screens::Document session sha256 /> }.into_any(),
        (_, Screen::Loading) => view! { <screens::Loading /> }.into_any(),
        (_, Screen::Trouble { error, way_on }) => view! { <screens::Trouble session error way_on /> }.into_any(),
        (_, Screen::Consent) => view! { <screens::Consent session /> }.into_any(),
        (_, Screen::Prepare { resumed }) => view! { <screens::Prepare session resumed /> }.into_any(),
        (
            _,
            Screen::Failed {
                mismatches,
                repeats_left,
            },
        ) => view! { <screens::Failed session mismatches repeats_left /> }.into_any(),
        (_, Screen::Camera) => view! { <screens::Camera session /> }.into_any(),
        (_, Screen::CameraTrouble(trouble)) => view! { <screens::CameraTrouble session trouble /> }.into_any(),
        (_, Screen::Waiting) => view! { <screens::Waiting session /> }.into_any(),
        (_, Screen::Ended(ending)) => view! { <screens::Ended session ending /> }.into_any(),
    };
    view! {
        <div
            class="session"
            data-testid="session"
            data-state=state
            data-command=move || step().map(|step| wording::command_name(step.command))
            data-step=move || step().map(|step| step.step.to_string())
            data-run=move || step().map(|step| step.run.to_string())
            data-phase=move || step().map(|_| session.instruction().phase)
        >
            {content}
            <Way session />
        </div>
    }
}

/// Time left and the way out, on every screen of a session that goes on.
#[component]
fn Way(session: Session) -> impl IntoView {
    let locale = locale();
    let goes_on = Memo::new(move |_| session.with(|flow| flow.session_left().is_some()));
    let minutes = Memo::new(move |_| session.with(|flow| flow.session_left().map_or(0, |left| left.as_mins())));
    let left = move || match minutes.get() {
        minutes if minutes >= 1 => phrase::session_expires(locale.get(), minutes),
        _ => crate::text::Text::SessionExpiresSoon.get(locale.get()).to_owned(),
    };
    view! {
        <Show when=move || goes_on.get()>
            <div class="way">
                <p class="way-time" data-testid="time-left">{left}</p>
                <Cancel session />
            </div>
        </Show>
    }
}
