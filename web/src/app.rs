//! The pages and what surrounds them.

use leptos::prelude::*;
use leptos_router::components::{A, Route, Router, Routes};
use leptos_router::path;

use crate::components::LanguageSwitch;
use crate::locale::{Locale, say};
use crate::pages::{Home, NotFound, Problems, SessionPage};
use crate::text::Text;

/// All pages.
#[component]
pub(crate) fn App() -> impl IntoView {
    Locale::provide();
    view! {
        <Router>
            <a class="skip" href="#main" rel="external">{say(Text::AppSkip)}</a>
            <header class="banner">
                <A href="/" attr:class="brand" attr:data-testid="brand">"Tanu"<span class="brand-tagline">{say(Text::AppTagline)}</span></A>
                <LanguageSwitch />
            </header>
            <main id="main" tabindex="-1">
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Home />
                    <Route path=path!("/session/:id") view=SessionPage />
                    <Route path=path!("/problems") view=Problems />
                </Routes>
            </main>
            <footer class="foot">
                <A href="/">{say(Text::AppHome)}</A>
                <A href="/problems">{say(Text::AppProblems)}</A>
            </footer>
        </Router>
    }
}
