use leptos::html::H1;
use leptos::prelude::*;

use crate::browser::page;
use crate::locale::locale;
use crate::text::phrase;

/// The heading of a screen. When the screen appears, the focus moves here, so that a keyboard or a screen reader begins at its
/// start; the document's title follows.
#[component]
pub(crate) fn Heading(
    /// The words.
    #[prop(into)]
    text: Signal<String>,
    /// Said but not shown: where the screen has no room for it.
    #[prop(optional)]
    hidden: bool,
    /// Whether the screen begins here for whoever comes to it; otherwise something further down is what they look for.
    #[prop(default = true)]
    focused: bool,
) -> impl IntoView {
    let locale = locale();
    // A title of a problem is a sentence; as a heading it stands without its full stop.
    let text = Signal::derive(move || text.get().trim_end_matches('.').to_owned());
    let node = NodeRef::<H1>::new();
    node.on_load(move |heading| {
        // After the frame in which the heading enters the document.
        request_animation_frame(move || {
            if focused {
                let _ = heading.focus();
            }
        });
    });
    Effect::new(move |_| page::set_title(&phrase::app_new_screen(locale.get(), text.get())));
    view! { <h1 node_ref=node tabindex="-1" class:visually-hidden=hidden data-testid="heading">{move || text.get()}</h1> }
}
