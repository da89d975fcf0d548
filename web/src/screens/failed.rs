use leptos::prelude::*;
use tanu_protocol::challenge::Mismatch;

use crate::browser::Session;
use crate::components::Heading;
use crate::flow::Event;
use crate::locale::{locale, say};
use crate::text::{Text, phrase};
use crate::wording;

/// A run failed (BNK-8b): why, what to do better, how often still.
#[component]
pub(crate) fn Failed(session: Session, mismatches: Vec<Mismatch>, repeats_left: u8) -> impl IntoView {
    let locale = locale();
    let reason = |mismatch: Mismatch| {
        let (why, remedy) = wording::mismatch(mismatch);
        view! {
            <li>
                <p class="reason">{say(why)}</p>
                <p>{say(remedy)}</p>
            </li>
        }
    };
    // The server counts the repeats after the run that may be begun now; the citizen counts that run too.
    let left = move || match repeats_left {
        0 => Text::FailedLast.get(locale.get()).to_owned(),
        count => phrase::failed_repeats_left(locale.get(), u16::from(count) + 1),
    };
    view! {
        <section class="screen">
            <Heading text=Signal::derive(move || Text::FailedTitle.get(locale.get()).to_owned()) />
            <h2>{say(Text::FailedReasons)}</h2>
            <ul class="reasons" data-testid="mismatches">{mismatches.into_iter().map(reason).collect_view()}</ul>
            <p><strong data-testid="repeats-left">{left}</strong></p>
            <p>{say(Text::FailedNext)}</p>
            <div class="actions">
                <button type="button" class="button primary" data-testid="try-again" on:click=move |_| session.tell(Event::Begin)>
                    {say(Text::ActionTryAgain)}
                </button>
            </div>
        </section>
    }
}
