use leptos::html::H2;
use leptos::prelude::*;
use tanu_protocol::problem::ProblemCode;

use crate::browser::page;
use crate::components::Heading;
use crate::locale::{locale, say, say_localized};
use crate::text::Text;

/// The registry of problem codes: each at its own anchor, which is the `type` of its problem details (RFC 9457).
#[component]
pub(crate) fn Problems() -> impl IntoView {
    let locale = locale();
    let sought = page::fragment().and_then(|code| ProblemCode::from_code(&code));
    let entry = |code: &ProblemCode| view! { <Entry code=*code sought={sought == Some(*code)} /> };
    view! {
        <article class="page">
            <Heading
                text=Signal::derive(move || Text::ProblemsTitle.get(locale.get()).to_owned())
                focused={sought.is_none()}
            />
            <p class="lead">{say(Text::ProblemsLead)}</p>
            {ProblemCode::ALL.iter().map(entry).collect_view()}
        </article>
    }
}

#[component]
fn Entry(
    code: ProblemCode,
    /// The address names this one: the page begins here.
    sought: bool,
) -> impl IntoView {
    let title = NodeRef::<H2>::new();
    if sought {
        // The browser looked for the anchor before it was there.
        title.on_load(|title| {
            request_animation_frame(move || {
                let _ = title.focus();
                if let Some(entry) = title.parent_element() {
                    entry.scroll_into_view();
                }
            });
        });
    }
    view! {
        <section class="problem" id=code.as_str()>
            <h2 node_ref=title tabindex=sought.then_some("-1")>{say_localized(code.title())}</h2>
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
