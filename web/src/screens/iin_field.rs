use leptos::html::Input;
use leptos::prelude::*;

use crate::locale::say;
use crate::text::Text;

/// The field for the citizen's IIN (BNK-6). Nothing is remembered by the browser.
#[component]
pub(crate) fn IinField(
    /// What was typed.
    value: RwSignal<String>,
    /// What is wrong with it.
    #[prop(into)]
    error: Signal<Option<String>>,
    /// The field, to move the focus there.
    node: NodeRef<Input>,
) -> impl IntoView {
    let described = move || {
        if error.read().is_some() {
            "iin-error iin-hint"
        } else {
            "iin-hint"
        }
    };
    view! {
        <div class="field" class:wrong=move || error.read().is_some()>
            <label for="iin">{say(Text::ConsentIin)}</label>
            <p id="iin-hint" class="hint">{say(Text::ConsentIinHint)}</p>
            <p id="iin-error" class="error" data-testid="iin-error" hidden=move || error.read().is_none()>{move || error.get()}</p>
            <input
                node_ref=node
                id="iin"
                name="iin"
                type="text"
                inputmode="numeric"
                autocomplete="off"
                spellcheck="false"
                maxlength="20"
                required
                aria-describedby=described
                aria-invalid=move || error.read().is_some().to_string()
                data-testid="iin"
                prop:value=value
                on:input=move |event| value.set(event_target_value(&event))
            />
        </div>
    }
}
