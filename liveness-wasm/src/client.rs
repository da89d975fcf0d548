//! How a page starts the worker and speaks to it.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::ArrayBuffer;
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

use crate::envelope;
use crate::message::{Failure, FromEngine, ToEngine};
use crate::models::GUIDANCE_MODELS;

/// A worker that runs the engine. Dropping it ends the worker.
pub struct Engine {
    worker: Worker,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(JsValue)>,
}

impl Engine {
    /// Starts the worker, which begins to fetch the models at once.
    ///
    /// `script` is the address of the worker's script (the asset `liveness-worker.js`) and `models` the folder of the models
    /// with a `/` at its end (`/assets/models/`), both on the page's origin.
    /// `on_message` gets all that the worker says, and the bytes that come with [`FromEngine::StepCaptured`].
    ///
    /// # Errors
    /// [`Failure::Unsupported`] where the browser can't start a worker. All later failures come as [`FromEngine::Failed`].
    pub fn spawn(
        script: &str,
        models: &str,
        on_message: impl FnMut(FromEngine, Option<ArrayBuffer>) + 'static,
    ) -> Result<Self, Failure> {
        let query: Vec<String> = GUIDANCE_MODELS
            .iter()
            .map(|model| format!("model={models}{}", model.file_name()))
            .collect();
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let worker = Worker::new_with_options(&format!("{script}?{}", query.join("&")), &options)
            .map_err(|_| Failure::Unsupported)?;

        let hear = Rc::new(RefCell::new(on_message));
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new({
            let hear = Rc::clone(&hear);
            move |event: MessageEvent| match envelope::open::<FromEngine>(&event.data()) {
                Some((message, attachment)) => (hear.borrow_mut())(message, attachment.dyn_into().ok()),
                None => (hear.borrow_mut())(
                    FromEngine::Failed {
                        failure: Failure::Engine,
                    },
                    None,
                ),
            }
        });
        // The worker's script did not load or an exception left it: a page can't tell which.
        let on_error = Closure::<dyn FnMut(JsValue)>::new(move |_| {
            (hear.borrow_mut())(
                FromEngine::Failed {
                    failure: Failure::Engine,
                },
                None,
            );
        });
        worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        Ok(Self {
            worker,
            _on_message: on_message,
            _on_error: on_error,
        })
    }

    /// Says something that has no attachment.
    pub fn send(&self, message: &ToEngine) {
        self.post(message, &JsValue::UNDEFINED);
    }

    /// Gives the worker one frame, a `VideoFrame` or an `ImageBitmap`, taken at `t_ms` of `performance.now()`. The frame is
    /// transferred: it is of no use to the page afterwards.
    pub fn send_frame(&self, frame: &JsValue, t_ms: f64) {
        self.post(&ToEngine::Frame { t_ms }, frame);
    }

    fn post(&self, message: &ToEngine, attachment: &JsValue) {
        let Some((envelope, transfer)) = envelope::seal(message, attachment) else {
            return;
        };
        // Fails only for an attachment that can't be transferred: then no `Guided` comes, and the frame was none.
        let _ = self.worker.post_message_with_transfer(&envelope, &transfer);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.worker.set_onmessage(None);
        self.worker.set_onerror(None);
        self.worker.terminate();
    }
}
