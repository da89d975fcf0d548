//! The language of the pages: chosen by the citizen, remembered, Kazakh at first.

use leptos::prelude::*;
use tanu_protocol::language::{Language, Localized};

use crate::browser::page;
use crate::text::Text;

/// The language in use, as a context.
#[derive(Clone, Copy)]
pub(crate) struct Locale(RwSignal<Language>);

impl Locale {
    /// Provides the remembered language, and keeps the document's own in step.
    pub(crate) fn provide() -> Self {
        let locale = Self(RwSignal::new(page::remembered_language().unwrap_or_default()));
        provide_context(locale);
        Effect::new(move |_| page::set_document_language(locale.get()));
        locale
    }

    /// The language, reactively.
    pub(crate) fn get(self) -> Language {
        self.0.get()
    }

    /// Chooses a language and remembers it.
    pub(crate) fn choose(self, language: Language) {
        page::remember_language(language);
        self.0.set(language);
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
