use leptos::prelude::*;
use tanu_protocol::challenge::Command;

use crate::wording;

/// A head that does what is asked, as in a mirror: the person's left is on the left. The movement is the style's
/// (`command.css`), and stands still at its end where motion is not wanted. The words stand beside it, so it is decoration.
#[component]
pub(crate) fn CommandPicture(command: Command) -> impl IntoView {
    view! {
        <svg class="command" data-movement=wording::command_name(command) viewBox="0 0 96 96" aria-hidden="true" focusable="false">
            <g class="command-head">
                <ellipse class="command-skin" cx="48" cy="50" rx="27" ry="33" />
                <g class="command-features">
                    <g class="command-eyes">
                        <ellipse class="command-ink" cx="38" cy="44" rx="3.5" ry="4.5" />
                        <ellipse class="command-ink" cx="58" cy="44" rx="3.5" ry="4.5" />
                    </g>
                    <path class="command-line" d="M48 48 v8 h-3" />
                    <ellipse class="command-mouth" cx="48" cy="66" rx="9" ry="2" />
                </g>
            </g>
            {arrow(command)}
        </svg>
    }
}

/// The direction, where there is one.
fn arrow(command: Command) -> Option<impl IntoView> {
    let path = match command {
        Command::TurnLeft => "M14 38 l-9 12 l9 12",
        Command::TurnRight => "M82 38 l9 12 l-9 12",
        Command::LookUp => "M36 12 l12 -9 l12 9",
        Command::LookDown => "M36 86 l12 8 l12 -8",
        Command::Blink | Command::OpenMouth | Command::ComeCloser => return None,
    };
    Some(view! { <path class="command-arrow" d=path /> })
}
