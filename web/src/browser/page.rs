//! Small things that a page asks of its browser.

use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, window};
use tanu_protocol::language::Language;
use wasm_bindgen::JsCast;
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// Where the chosen language is remembered.
const LANGUAGE_KEY: &str = "tanu-language";

/// Leaves for a path that is not the pages' own.
pub(crate) fn leave(path: &str) {
    // Fails only for malformed addresses, and ours are made of an identifier.
    let _ = window().location().assign(path);
}

/// What the address names within its page, where it names anything: what follows the `#`.
pub(crate) fn fragment() -> Option<String> {
    let hash = window().location().hash().ok()?;
    hash.strip_prefix('#').map(Into::into)
}

/// Takes away what the document shows until the pages are there.
pub(crate) fn end_loading() {
    if let Some(loading) = document().get_element_by_id("loading") {
        loading.remove();
    }
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// The language that was chosen before, where storage is allowed.
pub(crate) fn remembered_language() -> Option<Language> {
    let storage = window().local_storage().ok()??;
    Language::from_tag(&storage.get_item(LANGUAGE_KEY).ok()??)
}

/// Remembers the language, where storage is allowed.
pub(crate) fn remember_language(language: Language) {
    if let Ok(Some(storage)) = window().local_storage() {
        let _ = storage.set_item(LANGUAGE_KEY, language.tag());
    }
}

/// Sets the language of the document (WCAG 3.1.1).
pub(crate) fn set_document_language(language: Language) {
    if let Some(root) = document().document_element() {
        let _ = root.set_attribute("lang", language.tag());
    }
}

/// Sets the document's title.
pub(crate) fn set_title(title: &str) {
    document().set_title(title);
}

/// Saves a text as a file of the citizen's.
pub(crate) fn download(name: &str, media_type: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(media_type);
    let parts = Array::of1(&Uint8Array::from(text.as_bytes()));
    let Ok(blob) = Blob::new_with_u8_array_sequence_and_options(&parts, &options) else {
        return;
    };
    let Ok(address) = Url::create_object_url_with_blob(&blob) else {
        return;
    };
    if let Ok(Ok(anchor)) = document()
        .create_element("a")
        .map(JsCast::dyn_into::<HtmlAnchorElement>)
    {
        anchor.set_href(&address);
        anchor.set_download(name);
        anchor.click();
    }
    let _ = Url::revoke_object_url(&address);
}
