use leptos::html::Dialog;
use leptos::prelude::*;

use crate::browser::Session;
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::{Text, phrase};

/// The way out: asks once, then breaks off and goes back to the relying party.
#[component]
pub(crate) fn Cancel(
    session: Session,
    /// What the button says.
    #[prop(default = Text::ActionCancel)]
    label: Text,
) -> impl IntoView {
    let locale = locale();
    let dialog = NodeRef::<Dialog>::new();
    let open = move |_| {
        if let Some(dialog) = dialog.get_untracked() {
            let _ = dialog.show_modal();
        }
    };
    let close = move || {
        if let Some(dialog) = dialog.get_untracked() {
            dialog.close();
        }
    };
    let text = move || {
        let language = locale.get();
        let name = session.with(|flow| {
            flow.view()
                .map(|view| view.request.relying_party.get(language).to_owned())
        });
        phrase::cancel_text(language, name.unwrap_or_default())
    };
    view! {
        <button type="button" class="button quiet" data-testid="cancel" on:click=open>{say(label)}</button>
        <dialog node_ref=dialog class="dialog" aria-labelledby="cancel-title" aria-describedby="cancel-text">
            <h2 id="cancel-title">{say(Text::CancelTitle)}</h2>
            <p id="cancel-text">{text}</p>
            <div class="actions">
                <button type="button" class="button primary" data-testid="cancel-stay" on:click=move |_| close()>
                    {say(Text::CancelStay)}
                </button>
                <button
                    type="button"
                    class="button"
                    data-testid="cancel-stop"
                    on:click=move |_| {
                        close();
                        session.tell(Event::Cancel);
                    }
                >
                    {say(Text::CancelStop)}
                </button>
            </div>
        </dialog>
    }
}
