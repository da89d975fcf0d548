use leptos::prelude::*;

use crate::browser::Session;
use crate::locale::locale;
use crate::text::phrase;

/// The way back to the relying party: a plain link, so that it works whatever else does not.
#[component]
pub(crate) fn ReturnLink(session: Session) -> impl IntoView {
    let locale = locale();
    let label = move || {
        let language = locale.get();
        let name = session.with(|flow| {
            flow.view()
                .map(|view| view.request.relying_party.get(language).to_owned())
        });
        phrase::action_continue_to(language, name.unwrap_or_default())
    };
    view! { <a class="button primary" rel="external" href=session.return_path() data-testid="return">{label}</a> }
}
