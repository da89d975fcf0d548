use leptos::prelude::*;
use tanu_protocol::challenge::Command;

use crate::wording;

/// What the head of the picture does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Movement {
    /// It comes into the oval.
    FindPlace,
    /// It rests and looks straight.
    LookStraight,
    /// It does what is asked.
    Command(Command),
}

impl Movement {
    const fn name(self) -> &'static str {
        match self {
            Self::FindPlace => "find_place",
            Self::LookStraight => "look_straight",
            Self::Command(command) => wording::command_name(command),
        }
    }
}

/// A head that does what is said, as in a mirror: the person's left is on the left. The movement is the style's
/// (`command.css`), and stands still at its end where motion is not wanted. The words stand beside it, so it is decoration.
#[component]
pub(crate) fn MovingPicture(movement: Movement) -> impl IntoView {
    let place = (!matches!(movement, Movement::Command(_)))
        .then(|| view! { <ellipse class="command-place" cx="48" cy="50" rx="36" ry="43" /> });
    view! {
        <svg class="command" data-movement=movement.name() viewBox="0 0 96 96" aria-hidden="true" focusable="false">
            {place}
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
            {arrow(movement)}
        </svg>
    }
}

/// The direction, where there is one.
fn arrow(movement: Movement) -> Option<impl IntoView> {
    let Movement::Command(command) = movement else {
        return None;
    };
    let path = match command {
        Command::TurnLeft => "M14 38 l-9 12 l9 12",
        Command::TurnRight => "M82 38 l9 12 l-9 12",
        Command::LookUp => "M36 12 l12 -9 l12 9",
        Command::LookDown => "M36 86 l12 8 l12 -8",
        Command::Blink | Command::OpenMouth | Command::ComeCloser => return None,
    };
    Some(view! { <path class="command-arrow" d=path /> })
}
