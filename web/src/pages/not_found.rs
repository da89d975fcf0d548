use leptos::prelude::*;
use leptos_router::components::A;
use tanu_protocol::problem::ProblemCode;

use crate::components::Heading;
use crate::locale::{locale, say};
use crate::text::Text;

/// An address that is none.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let locale = locale();
    view! {
        <article class="page">
            <Heading text=Signal::derive(move || ProblemCode::NotFound.text(locale.get()).0) />
            <p class="lead">{move || ProblemCode::NotFound.text(locale.get()).1}</p>
            <A href="/" attr:class="button primary">{say(Text::ActionHome)}</A>
        </article>
    }
}
