//! The frame of every page.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use tanu_protocol::language::Language;

use super::texts::Text;
use super::visitor::Visitor;

/// A whole page.
pub(super) struct Page<'a> {
    /// Who looks.
    pub(super) visitor: &'a Visitor,
    /// Title, also the heading.
    pub(super) title: &'a str,
    /// Addresses of the scripts that it needs.
    pub(super) scripts: &'static [&'static str],
    /// Content under the heading.
    pub(super) content: Markup,
}

impl<'a> Page<'a> {
    /// A page without scripts.
    pub(super) const fn new(visitor: &'a Visitor, title: &'a str, content: Markup) -> Self {
        Self {
            visitor,
            title,
            scripts: &[],
            content,
        }
    }

    /// The page as an answer with this status.
    pub(super) fn with_status(self, status: StatusCode) -> Response {
        let vary: [(HeaderName, &str); 1] = [(header::VARY, "Cookie")];
        (status, vary, self.render()).into_response()
    }

    fn render(&self) -> Markup {
        let say = |text| self.visitor.say(text);
        html! {
            (DOCTYPE)
            html lang=(self.visitor.language.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " · " (say(Text::BankName)) }
                    link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                    link rel="stylesheet" href="/assets/bank.css";
                    @for script in self.scripts {
                        script src=(script) defer {}
                    }
                }
                body {
                    a.skip href="#content" { (say(Text::SkipToContent)) }
                    header {
                        a.brand href="/" {
                            img src="/assets/icon.svg" alt="" width="28" height="28";
                            span { (say(Text::BankName)) }
                        }
                        (self.languages())
                        p.notice { (say(Text::TestEnvironment)) }
                    }
                    main #content tabindex="-1" {
                        h1 { (self.title) }
                        (self.content)
                    }
                    footer {
                        a href="/agreement" { (say(Text::Agreement)) }
                        a href="/privacy" { (say(Text::Privacy)) }
                    }
                }
            }
        }
    }

    fn languages(&self) -> Markup {
        html! {
            nav.languages aria-label=(self.visitor.say(Text::LanguageLabel)) {
                @for language in Language::ALL {
                    @let current = language == self.visitor.language;
                    a
                        href=(language_link(language, &self.visitor.page))
                        lang=(language.tag())
                        hreflang=(language.tag())
                        aria-current=[current.then_some("true")]
                    { (own_name(language)) }
                }
            }
        }
    }
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        self.with_status(StatusCode::OK)
    }
}

fn language_link(language: Language, path: &str) -> String {
    let next = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("next", path)
        .finish();
    format!("/language/{}?{next}", language.tag())
}

const fn own_name(language: Language) -> &'static str {
    match language {
        Language::Kk => "Қазақша",
        Language::Ru => "Русский",
        Language::En => "English",
    }
}
