use leptos::prelude::*;

use crate::components::Heading;
use crate::locale::{locale, say};
use crate::text::Text;

/// What Tanu is.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let locale = locale();
    let steps = [
        Text::HomeStepConsent,
        Text::HomeStepCamera,
        Text::HomeStepCompare,
        Text::HomeStepReturn,
    ];
    let data = [Text::HomeDataConsent, Text::HomeDataStored, Text::HomeDataTemplate];
    let item = |text: Text| view! { <li>{say(text)}</li> };
    view! {
        <article class="page">
            <Heading text=Signal::derive(move || Text::HomeTitle.get(locale.get()).to_owned()) />
            <p class="lead">{say(Text::HomeLead)}</p>
            <h2>{say(Text::HomeHow)}</h2>
            <ol class="steps">{steps.map(item).to_vec()}</ol>
            <h2>{say(Text::HomeData)}</h2>
            <ul class="points">{data.map(item).to_vec()}</ul>
            <h2>{say(Text::HomeBegin)}</h2>
            <p>{say(Text::HomeBeginText)}</p>
        </article>
    }
}
