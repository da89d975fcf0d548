//! The language of the pages: the citizen's choice, else what the relying party proposes, else Kazakh.

use leptos::prelude::*;
use tanu_protocol::language::{Language, Localized};

use crate::browser::page;
use crate::text::Text;

/// The language in use, as a context.
#[derive(Clone, Copy)]
pub(crate) struct Locale {
    /// Chosen by the citizen, now or in an earlier visit.
    chosen: RwSignal<Option<Language>>,
    /// Proposed by the relying party whose session this is (`ui_locales`).
    proposed: RwSignal<Option<Language>>,
}

impl Locale {
    /// Provides the remembered language, and keeps the document's own in step.
    pub(crate) fn provide() {
        let locale = Self {
            chosen: RwSignal::new(page::remembered_language()),
            proposed: RwSignal::new(None),
        };
        provide_context(locale);
        Effect::new(move |_| page::set_document_language(locale.get()));
    }

    /// The language, reactively.
    pub(crate) fn get(self) -> Language {
        self.chosen.get().or(self.proposed.get()).unwrap_or_default()
    }

    /// Chooses a language and remembers it.
    pub(crate) fn choose(self, language: Language) {
        page::remember_language(language);
        self.chosen.set(Some(language));
    }

    /// Takes the language of a relying party, until the citizen chooses one.
    pub(crate) fn propose(self, language: Option<Language>) {
        self.proposed.set(language);
    }
}

/// The language in use.
pub(crate) fn locale() -> Locale {
    expect_context()
}

/// A text of the pages, reactively.
pub(crate) fn say(text: Text) -> impl Fn() -> &'static str + Copy + Send + Sync + 'static {
    let locale = locale();
    move || text.get(locale.get())
}

/// A text that came in all languages, reactively.
pub(crate) fn say_localized(text: Localized) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    let locale = locale();
    move || text.get(locale.get()).to_owned()
}
