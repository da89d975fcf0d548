use leptos::prelude::*;
use tanu_protocol::language::Language;

use crate::locale::{locale, say};
use crate::text::Text;

/// The three languages, each in its own words.
#[component]
pub(crate) fn LanguageSwitch() -> impl IntoView {
    let locale = locale();
    let button = move |language: Language| {
        let name = match language {
            Language::Kk => "Қазақша",
            Language::Ru => "Русский",
            Language::En => "English",
        };
        view! {
            <li>
                <button
                    type="button"
                    class="language"
                    lang=language.tag()
                    aria-pressed=move || (locale.get() == language).to_string()
                    data-testid=format!("language-{}", language.tag())
                    on:click=move |_| locale.choose(language)
                >
                    {name}
                </button>
            </li>
        }
    };
    view! {
        <nav class="languages" aria-label=say(Text::AppLanguage)>
            <ul>{Language::ALL.map(button).to_vec()}</ul>
        </nav>
    }
}
