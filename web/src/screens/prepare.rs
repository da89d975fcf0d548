use leptos::prelude::*;

use crate::browser::Session;
use crate::components::Heading;
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::Text;

/// What to see to before the camera starts.
#[component]
pub(crate) fn Prepare(session: Session, resumed: bool) -> impl IntoView {
    let locale = locale();
    let (title, lead, begin) = if resumed {
        (Text::PrepareResumeTitle, Text::PrepareResumeLead, Text::ActionGoOn)
    } else {
        (Text::PrepareTitle, Text::PrepareLead, Text::ActionBegin)
    };
    let points = [
        (
            Text::PrepareLight,
            "M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8z",
        ),
        (Text::PrepareLevel, "M7 3h10v18H7zM11 18h2M2 10h3M19 10h3"),
        (
            Text::PrepareAlone,
            "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM5 20c0-4 3-6 7-6s7 2 7 6z",
        ),
        (
            Text::PrepareGlasses,
            "M3 11h6a0 0 0 0 1 0 0v1a3 3 0 0 1-6 0zM15 11h6v1a3 3 0 0 1-6 0zM9 12c1-1 5-1 6 0",
        ),
    ];
    let point = |(text, path): (Text, &'static str)| {
        view! {
            <li>
                <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=path /></svg>
                <span>{say(text)}</span>
            </li>
        }
    };
    view! {
        <section class="screen">
            <Heading text=Signal::derive(move || title.get(locale.get()).to_owned()) />
            <p class="lead">{say(lead)}</p>
            <ul class="points with-icons">{points.map(point).to_vec()}</ul>
            <p>{say(Text::PrepareCamera)}</p>
            <div class="actions">
                <button type="button" class="button primary" data-testid="begin" on:click=move |_| session.tell(Event::Begin)>
                    {say(begin)}
                </button>
            </div>
        </section>
    }
}
