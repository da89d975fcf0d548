use leptos::prelude::*;

use crate::browser::Session;
use crate::camera;
use crate::components::Heading;
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::Text;

/// The camera or the engine can't be used: why, what to do, and the way without face.
#[component]
pub(crate) fn CameraTrouble(session: Session, trouble: camera::CameraTrouble) -> impl IntoView {
    let locale = locale();
    let places = trouble.places();
    view! {
        <section class="screen">
            <Heading text=Signal::derive(move || trouble.text(locale.get()).0) />
            <p class="lead" data-testid="remedy">{move || trouble.text(locale.get()).1}</p>
            {(!places.is_empty()).then(|| view! {
                <ul class="points">{places.iter().map(|place| view! { <li>{say(*place)}</li> }).collect_view()}</ul>
            })}
            <div class="actions">
                <button type="button" class="button primary" data-testid="try-again" on:click=move |_| session.tell(Event::Begin)>
                    {say(Text::ActionTryAgain)}
                </button>
                <button type="button" class="button" data-testid="without-face" on:click=move |_| session.tell(Event::Cancel)>
                    {say(Text::ActionWithoutFace)}
                </button>
            </div>
        </section>
    }
}
