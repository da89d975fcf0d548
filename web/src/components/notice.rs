use leptos::prelude::*;

/// What is wrong, and what to do now.
#[component]
pub(crate) fn Notice(
    /// What is wrong.
    #[prop(into)]
    title: Signal<String>,
    /// What to do now.
    #[prop(into)]
    remedy: Signal<String>,
) -> impl IntoView {
    view! {
        <div class="notice" role="alert" data-testid="notice">
            <p class="notice-title">{move || title.get()}</p>
            <p>{move || remedy.get()}</p>
        </div>
    }
}
