use leptos::prelude::*;

use crate::browser::Session;
use crate::components::{Heading, ReturnLink};
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::Text;

/// A service could not do its part yet: nothing is lost, and nothing is passed.
#[component]
pub(crate) fn Waiting(session: Session) -> impl IntoView {
    let locale = locale();
    let busy = move || session.with(|flow| flow.busy());
    view! {
        <section class="screen">
            <Heading text=Signal::derive(move || Text::WaitingTitle.get(locale.get()).to_owned()) />
            <p class="lead">{say(Text::WaitingText)}</p>
            <div class="actions">
                <button type="button" class="button primary" data-testid="retry" disabled=busy on:click=move |_| session.tell(Event::Retry)>
                    {say(Text::ActionRetry)}
                </button>
                <ReturnLink session with_result=false />
            </div>
        </section>
    }
}
