use leptos::prelude::*;
use tanu_protocol::problem::ProblemCode;

use crate::components::Heading;
use crate::locale::{locale, say, say_localized};
use crate::text::Text;

/// The registry of problem codes: each at its own anchor, which is the `type` of its problem details (RFC 9457).
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let locale = locale();
    // The browser looked for the anchor before these were there.
    Effect::new(|_| {
        let hash = window().location().hash().unwrap_or_default();
        if let Some(target) = document().get_element_by_id(hash.trim_start_matches('#')) {
            target.scroll_into_view();
        }
    });
    view! {
        <article class="page">
            <Heading text=Signal::derive(move || Text::ProblemsTitle.get(locale.get()).to_owned()) />
            <p class="lead">{say(Text::ProblemsLead)}</p>
            {ProblemCode::ALL.iter().map(|code| view! { <Entry code=*code /> }).collect_view()}
        </article>
    }
}

#[component]
fn Entry(code: ProblemCode) -> impl IntoView {
    view! {
        <section class="problem" id=code.as_str()>
            <h2>{say_localized(code.title())}</h2>
            <dl class="facts">
                <dt>{say(Text::ProblemsRemedy)}</dt>
                <dd>{say_localized(code.remedy())}</dd>
                <dt>{say(Text::ProblemsCode)}</dt>
                <dd><a href=format!("#{}", code.as_str()) rel="external"><code>{code.as_str()}</code></a></dd>
                <dt>{say(Text::ProblemsStatus)}</dt>
                <dd>{code.status()}</dd>
                {code.clause().map(|clause| view! {
                    <dt>{say(Text::ProblemsClause)}</dt>
                    <dd>{clause}</dd>
                })}
            </dl>
        </section>
    }
}
