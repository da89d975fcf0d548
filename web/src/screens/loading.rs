use leptos::prelude::*;

use crate::locale::say;
use crate::text::Text;

/// Nothing is known yet.
#[component]
pub(crate) fn Loading() -> impl IntoView {
    view! { <section class="screen"><h1 class="visually-hidden">"Tanu"</h1><p class="lead" role="status">{say(Text::AppLoading)}</p></section> }
}
