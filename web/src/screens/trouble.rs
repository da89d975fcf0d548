use leptos::prelude::*;

use crate::api::ApiError;
use crate::browser::{Session, page};
use crate::components::Heading;
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::Text;

/// A call failed: why, what to do, and the button that does it.
#[component]
pub(crate) fn Trouble(session: Session, error: ApiError, repeatable: bool) -> impl IntoView {
    let locale = locale();
    let title = {
        let error = error.clone();
        Signal::derive(move || error.title(locale.get()))
    };
    let code = error.code();
    let (label, testid) = if repeatable {
        (Text::ActionRetry, "retry")
    } else {
        (Text::ActionReload, "reload")
    };
    let act = move |_| {
        if repeatable {
            session.tell(Event::Retry)
        } else {
            page::reload()
        }
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
            <div class="actions">
                <button type="button" class="button primary" data-testid=testid on:click=act>{say(label)}</button>
                {(!repeatable).then(|| view! { <a class="button" href="/">{say(Text::ActionHome)}</a> })}
            </div>
        </section>
    }
}
