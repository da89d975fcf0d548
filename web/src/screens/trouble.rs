use leptos::prelude::*;

use crate::api::ApiError;
use crate::browser::{Session, page};
use crate::components::{Heading, ReturnLink};
use crate::flow::{Event, WayOn};
use crate::locale::{locale, say};
use crate::text::Text;

/// A call failed: why, what to do, and the button that does it.
#[component]
pub(crate) fn Trouble(session: Session, error: ApiError, way_on: WayOn) -> impl IntoView {
    let locale = locale();
    let title = {
        let error = error.clone();
        Signal::derive(move || error.title(locale.get()))
    };
    let code = error.code();
    let busy = move || session.with(|flow| flow.busy());
    let actions = match way_on {
        WayOn::Repeat => view! {
            <button type="button" class="button primary" data-testid="retry" disabled=busy on:click=move |_| session.tell(Event::Retry)>
                {say(Text::ActionRetry)}
            </button>
            <ReturnLink session with_result=false />
        }
        .into_any(),
        WayOn::Reload => view! {
            <button type="button" class="button primary" data-testid="reload" on:click=|_| page::reload()>{say(Text::ActionReload)}</button>
            <a class="button" href="/">{say(Text::ActionHome)}</a>
        }
        .into_any(),
        // Whose session it is is not known here, so neither is the way back; the home page says how to begin.
        WayOn::BeginAnew => view! { <a class="button primary" href="/">{say(Text::ActionHome)}</a> }.into_any(),
    };
    view! {
        <section class="screen">
            <Heading text=title />
            <p class="lead" data-testid="remedy">{move || error.remedy(locale.get())}</p>
            {code.map(|code| view! {
                <p class="hint">
                    {say(Text::ProblemsCode)} ": "
                    <a href=format!("/problems#{}", code.as_str()) target="_blank" rel="noopener"><code>{code.as_str()}</code>" "{say(Text::ConsentNewTab)}</a>
                </p>
            })}
            <div class="actions">{actions}</div>
        </section>
    }
}
