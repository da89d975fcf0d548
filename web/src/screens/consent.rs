use leptos::html::Input;
use leptos::prelude::*;
use tanu_protocol::iin::Iin;
use tanu_protocol::session::{ConsentAnswer, RequestView};

use crate::browser::Session;
use crate::components::Heading;
use crate::flow::Event;
use crate::locale::{locale, say, say_localized};
use crate::screens::iin_field::IinField;
use crate::text::{Text, phrase};
use crate::typed_iin::{self, TypedIin};
use crate::wording;

/// The question of consent (NBS-4): who, what for, which data, how long; and apart from it, unticked, the template (NBS-5).
#[component]
pub(crate) fn Consent(session: Session) -> impl IntoView {
    // What is asked does not change while the session lives.
    let request = untrack(|| session.with(|flow| flow.view().map(|view| view.request.clone())));
    request.map(|request| view! { <Question session request /> })
}

#[component]
fn Question(session: Session, request: RequestView) -> impl IntoView {
    let locale = locale();
    let typed = RwSignal::new(String::new());
    let submitted = RwSignal::new(false);
    let template = RwSignal::new(false);
    let field = NodeRef::<Input>::new();
    let person_known = request.person_known;
    let busy = move || session.with(|flow| flow.busy());

    let error = Signal::derive(move || {
        let language = locale.get();
        let refused = session.with(|flow| {
            flow.notice()
                .map(|error| format!("{} {}", error.title(language), error.remedy(language)))
        });
        let local = submitted.get().then(|| typed_iin::read(&typed.read()).err()).flatten();
        local
            .map(|why| typed_iin::wording(why).get(language).to_owned())
            .or(refused)
    });
    let answer = move |agreed: bool, iin: Option<Iin>| {
        let template = agreed && template.get_untracked();
        session.tell(Event::Consent(ConsentAnswer {
            agreed,
            template,
            iin,
            language: locale.get(),
        }));
    };
    let agree = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if person_known {
            return answer(true, None);
        }
        submitted.set(true);
        match typed_iin::read(&typed.read_untracked()) {
            Ok(TypedIin(iin)) => answer(true, Some(iin)),
            Err(_) => {
                if let Some(field) = field.get_untracked() {
                    let _ = field.focus();
                }
            }
        }
    };
    let title = {
        let name = request.relying_party.clone();
        Signal::derive(move || phrase::consent_title(locale.get(), name.get(locale.get())))
    };
    view! {
        <section class="screen">
            <Heading text=title />
            <Facts request />
            <form class="form" novalidate on:submit=agree>
                {(!person_known).then(|| view! { <IinField value=typed error node=field /> })}
                <div class="choice">
                    <input
                        id="template"
                        type="checkbox"
                        data-testid="template"
                        aria-describedby="template-hint"
                        prop:checked=template
                        on:change=move |event| template.set(event_target_checked(&event))
                    />
                    <label for="template">{say(Text::ConsentTemplate)}</label>
                    <p id="template-hint" class="hint">{say(Text::ConsentTemplateHint)}</p>
                </div>
                <p>{say(Text::ConsentMeaning)}</p>
                <div class="actions">
                    <button type="submit" class="button primary" data-testid="agree" disabled=busy>{say(Text::ActionAgree)}</button>
                    <button type="button" class="button" data-testid="refuse" disabled=busy on:click=move |_| answer(false, None)>
                        {say(Text::ActionRefuse)}
                    </button>
                </div>
            </form>
        </section>
    }
}

/// Who asks, what for, which data, how long, and where to read more.
#[component]
fn Facts(request: RequestView) -> impl IntoView {
    let locale = locale();
    let RequestView {
        relying_party,
        bin,
        purpose,
        data,
        retention_days,
        user_agreement,
        privacy_policy,
        ..
    } = request;
    let link = |address: String, text: Text, testid: &'static str| {
        view! {
            <li>
                <a href=address target="_blank" rel="noopener noreferrer external" data-testid=testid>
                    {say(text)} " " {say(Text::ConsentNewTab)}
                </a>
            </li>
        }
    };
    view! {
        <dl class="facts" data-testid="request">
            <dt>{say(Text::ConsentWho)}</dt>
            <dd>{say_localized(relying_party)}<br /><span class="hint">{move || phrase::consent_bin(locale.get(), &bin)}</span></dd>
            <dt>{say(Text::ConsentPurpose)}</dt>
            <dd>{say_localized(purpose)}</dd>
            <dt>{say(Text::ConsentData)}</dt>
            <dd><ul>{data.into_iter().map(|item| view! { <li>{say(wording::data_item(item))}</li> }).collect_view()}</ul></dd>
            <dt>{say(Text::ConsentRetention)}</dt>
            <dd>{move || phrase::consent_retention_days(locale.get(), retention_days)}</dd>
            <dt>{say(Text::ConsentLinks)}</dt>
            <dd>
                <ul class="links">
                    {link(user_agreement, Text::ConsentUserAgreement, "user-agreement")}
                    {link(privacy_policy, Text::ConsentPrivacyPolicy, "privacy-policy")}
                </ul>
            </dd>
        </dl>
    }
}
