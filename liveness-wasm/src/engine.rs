//! The worker: models in, frames in, guidance and captures out.
//!
//! Everything runs on the worker's one thread. A frame is drawn and measured in one go; while a step is under way its
//! picture is compressed meanwhile, and taken into the capture when that is done.

mod canvas;
mod download;
mod step;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Array;
use tanu_liveness::guidance::{Guidance, Hint, Phase};
use tanu_liveness::measure::PlacingJudge;
use tanu_liveness::policy::Policy;
use tanu_protocol::observation::FrameObservation;
use tanu_vision::{Guide, GuideModels};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use self::canvas::{CameraFrame, Canvas};
use self::step::Step;
use crate::envelope;
use crate::message::{BeginStep, Failure, FromEngine, Guided, ToEngine};

/// Canvases in turn: one may still be read by the compressor while the next frame is drawn.
const CANVASES: usize = 3;

/// Starts the engine: `models` are promises of the responses to the models' requests, in the order of
/// [`GUIDANCE_MODELS`](crate::models::GUIDANCE_MODELS), `early` the messages that came before. What goes wrong is said to the
/// page, not to the caller.
#[wasm_bindgen]
pub async fn start(models: Array, early: Array) {
    match Engine::load(&models).await {
        Ok(engine) => listen(Rc::new(RefCell::new(engine)), &early),
        Err(failure) => say(&FromEngine::Failed { failure }),
    }
}

struct Engine {
    guide: Guide,
    policy: Policy,
    canvases: Vec<Canvas>,
    drawn: usize,
    placing: PlacingJudge,
    step: Option<Step>,
    last: Option<Guided>,
}

impl Engine {
    async fn load(models: &Array) -> Result<Self, Failure> {
        let files = download::models(models, |received, total| say(&FromEngine::Loading { received, total })).await?;
        let [detector, mesh, eyes] = &files;
        let guide = Guide::load(GuideModels { detector, mesh, eyes }).map_err(|_| Failure::Engine)?;
        let policy = Policy::default().for_guidance();
        Ok(Self {
            guide,
            placing: PlacingJudge::new(&policy),
            policy,
            canvases: Self::new_canvases()?,
            drawn: 0,
            step: None,
            last: None,
        })
    }

    fn new_canvases() -> Result<Vec<Canvas>, Failure> {
        (0..CANVASES).map(|_| Canvas::new()).collect()
    }

    fn begin(&mut self, begin: BeginStep) {
        self.step = Some(Step::new(begin, &self.policy));
    }

    fn preview(&mut self) {
        self.step = None;
        self.placing = PlacingJudge::new(&self.policy);
    }

    fn stop(&mut self) -> Result<(), Failure> {
        self.preview();
        self.guide.restart();
        self.last = None;
        // The last frames' pixels are in them.
        self.canvases = Self::new_canvases()?;
        Ok(())
    }

    /// Measures one frame. Gives what to say, and what is left to compress for the capture.
    fn frame(&mut self, frame: &CameraFrame, t_ms: f64) -> Result<(Guided, Option<Compression>), Failure> {
        let in_step = self.step.as_ref().and_then(|step| step.time_of(t_ms));
        if let (Some(step), Some(since_shown)) = (&mut self.step, in_step)
            && !step.takes(since_shown)
            && let Some(last) = &self.last
        {
            return Ok((Guided { t_ms, ..last.clone() }, None));
        }
        self.drawn += 1;
        let turn = self.drawn % self.canvases.len();
        let canvas = self.canvases.get_mut(turn).ok_or(Failure::Engine)?;
        // A camera that is starting may give frames without pixels.
        let Some(pixels) = canvas.draw(frame) else {
            return Ok((nothing_seen(t_ms), None));
        };
        let view = pixels.view().ok_or(Failure::Engine)?;
        let time = in_step.unwrap_or(t_ms);
        let observation = self.guide.observe(view, time).map_err(|_| Failure::Engine)?;
        let (guidance, compression) = match (&mut self.step, in_step) {
            (Some(step), Some(since_shown)) => {
                let picture = canvas.compress()?;
                (
                    step.observe(&observation),
                    Some(Compression {
                        since_shown,
                        id: step.id(),
                        picture,
                    }),
                )
            }
            // Frames taken before the command was shown are not part of the step.
            (Some(_), None) => (
                Guidance {
                    phase: Phase::Hold,
                    hint: None,
                },
                None,
            ),
            (None, _) => (self.placing.observe(&observation), None),
        };
        let guided = guided(t_ms, guidance, &observation);
        self.last = Some(guided.clone());
        Ok((guided, compression))
    }
}

/// A picture that is being compressed for a step.
struct Compression {
    since_shown: f64,
    id: step::Id,
    picture: canvas::Compressing,
}

fn guided(t_ms: f64, guidance: Guidance, observation: &FrameObservation) -> Guided {
    Guided {
        t_ms,
        guidance,
        faces: observation.faces,
        bounds: observation.face.as_ref().map(|face| face.bounds),
        pose: observation.face.as_ref().map(|face| face.pose),
    }
}

fn nothing_seen(t_ms: f64) -> Guided {
    Guided {
        t_ms,
        guidance: Guidance {
            phase: Phase::Searching,
            hint: Some(Hint::NoFace),
        },
        faces: 0,
        bounds: None,
        pose: None,
    }
}

fn listen(engine: Rc<RefCell<Engine>>, early: &Array) {
    say(&FromEngine::Ready);
    for event in early.iter() {
        hear(&engine, event.unchecked_ref());
    }
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| hear(&engine, &event));
    scope().set_onmessage(Some(on_message.into_js_value().unchecked_ref()));
}

fn hear(engine: &Rc<RefCell<Engine>>, event: &MessageEvent) {
    match envelope::open::<ToEngine>(&event.data()) {
        Some((ToEngine::Frame { t_ms }, frame)) => hear_frame(engine, frame, t_ms),
        Some((ToEngine::BeginStep(begin), _)) => engine.borrow_mut().begin(begin),
        Some((ToEngine::Preview, _)) => engine.borrow_mut().preview(),
        Some((ToEngine::Stop, _)) => {
            if let Err(failure) = engine.borrow_mut().stop() {
                say(&FromEngine::Failed { failure });
            }
        }
        None => say(&FromEngine::Failed {
            failure: Failure::Engine,
        }),
    }
}

fn hear_frame(engine: &Rc<RefCell<Engine>>, frame: JsValue, t_ms: f64) {
    let frame = CameraFrame::from(frame);
    let result = engine.borrow_mut().frame(&frame, t_ms);
    frame.close();
    match result {
        Err(failure) => say(&FromEngine::Failed { failure }),
        Ok((guided, None)) => say(&FromEngine::Guided(guided)),
        Ok((guided, Some(compression))) => {
            say(&FromEngine::Guided(guided));
            let engine = Rc::clone(engine);
            spawn_local(async move { record(&engine, compression).await });
        }
    }
}

/// Takes a compressed picture into its step, and ends the step when that was the last one.
async fn record(engine: &RefCell<Engine>, compression: Compression) {
    let jpeg = compression.picture.finish().await;
    let captured = {
        let mut engine = engine.borrow_mut();
        // The step may have been stopped or replaced meanwhile.
        let Some(step) = engine.step.as_mut().filter(|step| step.id() == compression.id) else {
            return;
        };
        step.record(compression.since_shown, jpeg.unwrap_or_default());
        if !step.is_complete() {
            return;
        }
        engine.step.take()
    };
    match captured.map(Step::capture) {
        Some(Ok((message, bytes))) => say_with(&message, &bytes),
        Some(Err(failure)) => say(&FromEngine::Failed { failure }),
        None => {}
    }
}

fn say(message: &FromEngine) {
    say_with(message, &JsValue::UNDEFINED);
}

fn say_with(message: &FromEngine, attachment: &JsValue) {
    if let Some((envelope, transfer)) = envelope::seal(message, attachment) {
        // Fails only for an attachment that can't be transferred; an `ArrayBuffer` can.
        let _ = scope().post_message_with_transfer(&envelope, &transfer);
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}
