//! Joins the flow to the browser: turns what happens into events and carries effects out.

use std::rc::Rc;

use js_sys::ArrayBuffer;
use leptos::prelude::*;
use leptos::task::spawn_local;
use tanu_liveness_wasm::message::{BeginStep, Failure, FromEngine, ToEngine};
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::SessionId;
use tanu_protocol::session::StepView;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlVideoElement, MediaStream};

use crate::api::{Call, return_path};
use crate::browser::camera::RunningCamera;
use crate::browser::engine::Engine;
use crate::browser::frames::Frames;
use crate::browser::{clock, http, page};
use crate::camera::CameraTrouble;
use crate::flow::{Effect, Event, Flow};
use crate::guide::{Guide, Instruction};

/// A session that runs in this page. All that it holds ends with its owner: camera, engine, frames.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    id: SessionId,
    flow: RwSignal<Flow>,
    instruction: RwSignal<Instruction>,
    stream: RwSignal<Option<MediaStream>, LocalStorage>,
    host: StoredValue<Host, LocalStorage>,
}

#[derive(Default)]
struct Host {
    engine: Option<Rc<Engine>>,
    engine_ready: bool,
    /// A frame is with the engine: the next one waits (one in flight).
    frame_out: bool,
    camera: Option<RunningCamera>,
    /// Counts openings and closings of the camera: one that was overtaken leaves it off.
    openings: u64,
    guide: Option<Guide>,
    /// The frames of the last step, until the next step's take their place: a call that fails is repeated with the same.
    captured: Option<ArrayBuffer>,
    /// Counts calls: the answer to any but the latest is of no use.
    calls: u64,
}

impl Session {
    /// Begins: looks where the session stands, and keeps the time.
    pub(crate) fn start(id: SessionId) -> Self {
        let (flow, effects) = Flow::start(clock::now());
        let session = Self {
            id,
            flow: RwSignal::new(flow),
            instruction: RwSignal::new(Guide::new(None, 0.0).instruction()),
            stream: RwSignal::new_local(None),
            host: StoredValue::new_local(Host::default()),
        };
        session.run(effects);
        session.listen();
        session
    }

    /// The session's identifier.
    pub(crate) const fn id(self) -> SessionId {
        self.id
    }

    /// Looks at the flow, reactively.
    pub(crate) fn with<T>(self, look: impl FnOnce(&Flow) -> T) -> T {
        self.flow.with(look)
    }

    /// What is said while the camera runs, reactively.
    pub(crate) fn instruction(self) -> Instruction {
        self.instruction.get()
    }

    /// Path back to the relying party.
    pub(crate) fn return_path(self) -> String {
        return_path(&self.id)
    }

    /// Tells the flow what happened.
    pub(crate) fn tell(self, event: Event) {
        // After the page is left, what still happens has no one to tell.
        if let Some(effects) = self.flow.try_update(|flow| flow.on(event)) {
            self.run(effects);
        }
    }

    /// Shows the camera in a video element and hands its frames to the engine, as long as the result lives.
    pub(crate) fn watch(self, video: &HtmlVideoElement) -> Frames {
        video.set_src_object(self.stream.get().as_ref());
        if let Ok(played) = video.play() {
            // Refused only where the page is hidden or left meanwhile; `autoplay` begins it where there is still need.
            spawn_local(async move {
                let _ = JsFuture::from(played).await;
            });
        }
        let host = self.host;
        let wanted = move || {
            host.try_with_value(|host| host.engine_ready && !host.frame_out)
                .unwrap_or(false)
        };
        let on_frame = move |frame: Option<JsValue>, t_ms: f64| {
            let engine = host.try_with_value(|host| host.engine.clone()).flatten();
            match (engine, frame) {
                (Some(engine), Some(frame)) => engine.send_frame(&frame, t_ms),
                _ => self.release_frame(),
            }
        };
        Frames::of(
            video,
            move || wanted() && host.try_update_value(|host| host.frame_out = true).is_some(),
            on_frame,
        )
    }

    fn listen(self) {
        let ticks = set_interval_with_handle(
            move || self.tell(Event::Tick(clock::now())),
            std::time::Duration::from_millis(500),
        );
        // Whoever looks elsewhere does not know what is filmed: the camera runs before their eyes, or not at all.
        let leave = move || {
            if self.stream.try_with_untracked(Option::is_some).unwrap_or(false) {
                self.tell(Event::CameraFailed(CameraTrouble::Left));
            }
        };
        let visible = window_event_listener_untyped("visibilitychange", move |_| {
            if document().hidden() {
                leave();
            } else {
                self.tell(Event::Returned);
            }
        });
        let left = window_event_listener_untyped("pagehide", move |_| leave());
        on_cleanup(move || {
            if let Ok(ticks) = ticks {
                ticks.clear();
            }
            visible.remove();
            left.remove();
            // Drops camera and engine: tracks are stopped, the worker ended.
            self.host.try_update_value(std::mem::take);
        });
    }

    fn run(self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Call(call) => self.call(call),
                Effect::OpenCamera => self.open_camera(),
                Effect::CloseCamera => {
                    self.number_opening();
                    self.stream.try_set(None);
                    self.host.try_update_value(|host| {
                        host.camera = None;
                        if let Some(engine) = &host.engine {
                            engine.send(&ToEngine::Stop);
                        }
                    });
                }
                Effect::StartEngine => self.start_engine(),
                Effect::EndEngine => self.end_engine(),
                Effect::Preview => {
                    self.guide(Guide::new(None, clock::elapsed_ms()));
                    self.send(&ToEngine::Preview);
                }
                Effect::Record { step, camera, limit_ms } => self.record(*step, camera, limit_ms),
                Effect::Leave => page::leave(&self.return_path()),
            }
        }
    }

    fn call(self, call: Call) {
        let number = self.host.try_update_value(|host| {
            host.calls += 1;
            (host.calls, host.captured.clone())
        });
        let Some((number, frames)) = number else {
            return;
        };
        spawn_local(async move {
            let answer = http::call(&self.id, &call, frames).await;
            if self.host.try_with_value(|host| host.calls) == Some(number) {
                self.tell(match answer {
                    Ok(view) => Event::Answered(Box::new(view), clock::now()),
                    Err(error) => Event::CallFailed(error),
                });
            }
        });
    }

    fn open_camera(self) {
        let opening = self.number_opening();
        spawn_local(async move {
            let ended = move || self.tell(Event::CameraFailed(CameraTrouble::Stopped));
            let opened = RunningCamera::start(ended).await;
            if self.host.try_with_value(|host| host.openings) != opening {
                // Closed or opened again meanwhile: the tracks stop here.
                return;
            }
            match opened {
                Ok(_) if document().hidden() => self.tell(Event::CameraFailed(CameraTrouble::Left)),
                Ok((camera, kind)) => {
                    self.stream.try_set(Some(camera.stream()));
                    self.host.try_update_value(|host| host.camera = Some(camera));
                    self.tell(Event::CameraOpened(kind));
                }
                Err(trouble) => self.tell(Event::CameraFailed(trouble)),
            }
        });
    }

    /// Numbers an opening or a closing of the camera, so that one which is overtaken is known when it is done.
    fn number_opening(self) -> Option<u64> {
        self.host.try_update_value(|host| {
            host.openings += 1;
            host.openings
        })
    }

    fn start_engine(self) {
        if self.host.try_with_value(|host| host.engine.is_some()) != Some(false) {
            return;
        }
        match Engine::start(move |message, attachment| self.hear(message, attachment)) {
            Ok(engine) => {
                self.host.try_update_value(|host| host.engine = Some(Rc::new(engine)));
            }
            Err(failure) => self.tell(Event::EngineFailed(failure)),
        }
    }

    fn end_engine(self) {
        let engine = self.host.try_update_value(|host| {
            host.engine_ready = false;
            host.frame_out = false;
            host.engine.take()
        });
        // The engine may be speaking right now: it ends when it has finished.
        spawn_local(async move { drop(engine) });
    }

    fn hear(self, message: FromEngine, attachment: Option<ArrayBuffer>) {
        match message {
            FromEngine::Loading { .. } => {}
            FromEngine::Ready => {
                self.host.try_update_value(|host| host.engine_ready = true);
                self.tell(Event::EngineReady);
            }
            FromEngine::Guided(guided) => {
                self.release_frame();
                let seen = self.host.try_update_value(|host| {
                    let guide = host.guide.as_mut()?;
                    let steady = guide.see(&guided.guidance, guided.t_ms);
                    Some((guide.instruction(), steady))
                });
                if let Some((instruction, steady)) = seen.flatten() {
                    self.show(instruction);
                    if steady {
                        self.tell(Event::FaceSteady);
                    }
                }
            }
            FromEngine::StepCaptured { run, step, frames, .. } => {
                self.host.try_update_value(|host| host.captured = attachment);
                self.tell(Event::Captured {
                    index: StepIndex { run, step },
                    frames,
                });
            }
            FromEngine::Failed { failure } => self.tell(Event::EngineFailed(failure)),
        }
    }

    fn record(self, step: StepView, camera: ClientReportedCamera, limit_ms: f64) {
        let Some(transaction) = self
            .flow
            .try_with_untracked(|flow| flow.view().map(|view| view.transaction))
            .flatten()
        else {
            return;
        };
        let shown_at_ms = clock::elapsed_ms();
        self.guide(Guide::new(Some(step.command), shown_at_ms));
        self.send(&ToEngine::BeginStep(BeginStep {
            step,
            transaction,
            camera,
            shown_at_ms,
            limit_ms,
        }));
    }

    fn send(self, message: &ToEngine) {
        match self.host.try_with_value(|host| host.engine.clone()).flatten() {
            Some(engine) => engine.send(message),
            None => self.tell(Event::EngineFailed(Failure::Engine)),
        }
    }

    fn guide(self, guide: Guide) {
        self.show(guide.instruction());
        self.host.try_update_value(|host| host.guide = Some(guide));
    }

    fn show(self, instruction: Instruction) {
        if self
            .instruction
            .try_get_untracked()
            .is_some_and(|shown| shown != instruction)
        {
            self.instruction.try_set(instruction);
        }
    }

    fn release_frame(self) {
        self.host.try_update_value(|host| host.frame_out = false);
    }
}
