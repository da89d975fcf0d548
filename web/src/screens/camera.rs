use leptos::html::Video;
use leptos::prelude::*;

use crate::browser::Session;
use crate::browser::frames::Frames;
use crate::components::{Heading, Movement, MovingPicture};
use crate::flow::Stage;
use crate::locale::{locale, say};
use crate::text::{Text, phrase};

/// The camera with its oval, one instruction at a time, and the ring that fills.
#[component]
pub(crate) fn Camera(session: Session) -> impl IntoView {
    let locale = locale();
    let video = NodeRef::<Video>::new();
    let frames = StoredValue::new_local(None::<Frames>);
    Effect::new(move |_| {
        if let Some(video) = video.get() {
            frames.set_value(Some(session.watch(&video)));
        }
    });
    on_cleanup(move || {
        frames.try_update_value(|frames| frames.take());
    });
    view! {
        <section class="screen camera">
            <Heading text=Signal::derive(move || Text::CameraTitle.get(locale.get()).to_owned()) hidden=true />
            <div class="camera-stage">
                <Words session />
                // Mirrored by the style: people know themselves so. What is sent is as the camera took it.
                <video node_ref=video class="camera-video" autoplay muted playsinline aria-label=say(Text::CameraPreview)></video>
                <Oval session />
            </div>
        </section>
    }
}

/// The instruction, its picture, how far it is, and the time left.
#[component]
fn Words(session: Session) -> impl IntoView {
    let locale = locale();
    let stage = Memo::new(move |_| session.with(|flow| flow.stage()));
    let instruction = Memo::new(move |_| session.instruction());
    let text = Memo::new(move |_| match *stage.read() {
        Stage::Starting => Text::CameraStarting,
        Stage::Loading => Text::CameraLoading,
        Stage::Beginning => Text::SessionBusy,
        Stage::Sending(_) => Text::CameraSending,
        Stage::Searching | Stage::Challenge(_) => instruction.read().text,
    });
    let movement = Memo::new(move |_| match &*stage.read() {
        Stage::Challenge(step) if instruction.read().picture => Movement::Command(step.command),
        Stage::Starting | Stage::Loading | Stage::Searching => Movement::FindPlace,
        Stage::Beginning | Stage::Challenge(_) | Stage::Sending(_) => Movement::LookStraight,
    });
    let place = Memo::new(move |_| stage.read().step().map(|step| (u16::from(step.step) + 1, step.of)));
    let seconds = Memo::new(move |_| match &*stage.read() {
        Stage::Challenge(_) => session.with(|flow| flow.step_left()).map(|left| left.as_secs().max(0)),
        _ => None,
    });
    view! {
        <div class="camera-words">
            <div class="camera-picture">{move || view! { <MovingPicture movement=movement.get() /> }}</div>
            <p class="camera-instruction" role="status" aria-live="polite" data-testid="instruction">
                {move || text.get().get(locale.get())}
            </p>
            <p class="camera-place">
                <span data-testid="step">{move || place.get().map(|(step, of)| phrase::camera_step(locale.get(), of, step))}</span>
                <span class="camera-seconds" data-testid="seconds">
                    {move || seconds.get().map(|seconds| phrase::camera_seconds(locale.get(), seconds))}
                </span>
            </p>
        </div>
    }
}

/// The oval, from its top and clockwise.
const OVAL: &str = "M150 50 a105 145 0 0 1 0 290 a105 145 0 0 1 0 -290";
/// All around the oval, as far as any stage reaches.
const SHADE: &str = "M-3000 -3000 h6300 v6400 h-6300 z M150 50 a105 145 0 0 1 0 290 a105 145 0 0 1 0 -290";

/// Where the face goes, and how much is done.
#[component]
fn Oval(session: Session) -> impl IntoView {
    let instruction = Memo::new(move |_| session.instruction());
    // Said in quarters: often enough to follow, and not at every frame.
    let quarters = Memo::new(move |_| format!("{:.0}", 25.0 * (4.0 * instruction.read().ring).round()));
    // The ring's length counts as 100 (`pathLength`).
    let rest = move || format!("{:.1}", 100.0 * (1.0 - instruction.read().ring));
    let busy = Memo::new(move |_| {
        session.with(|flow| {
            matches!(
                flow.stage(),
                Stage::Starting | Stage::Loading | Stage::Beginning | Stage::Sending(_)
            )
        })
    });
    view! {
        <svg class="oval" class:busy=busy viewBox="38 43 224 304" preserveAspectRatio="xMidYMid meet" aria-hidden="true" focusable="false">
            <path class="oval-shade" fill-rule="evenodd" d=SHADE />
            <path class="oval-place" d=OVAL />
            <path class="oval-ring" d=OVAL pathLength="100" stroke-dasharray="100" stroke-dashoffset=rest />
        </svg>
        // The ring, for those who do not see it. While one has to wait, it has no value.
        <div class="visually-hidden" role="progressbar" aria-label=say(Text::CameraProgress)
            aria-valuemin="0" aria-valuemax="100" aria-valuenow=move || (!busy.get()).then(|| quarters.get())></div>
    }
}
