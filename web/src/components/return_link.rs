use leptos::prelude::*;

use crate::browser::Session;
use crate::locale::locale;
use crate::text::{Text, phrase};

/// The way back to the relying party: a plain link, so that it works whatever else does not.
#[component]
pub(crate) fn ReturnLink(
    session: Session,
    /// The session has ended; otherwise the relying party learns only that a service is down.
    with_result: bool,
) -> impl IntoView {
    let locale = locale();
    let label = move || {
        let language = locale.get();
        let name = session.with(|flow| {
            flow.view()
                .map(|view| view.request.relying_party.get(language).to_owned())
        });
        match name {
            Some(name) if with_result => phrase::action_continue_to(language, name),
            Some(name) => phrase::action_return_to(language, name),
            None => Text::ActionReturn.get(language).to_owned(),
        }
    };
    view! { <a class="button" class:primary=with_result rel="external" href=session.return_path() data-testid="return">{label}</a> }
}
