//! Frames of a video element as `ImageBitmap`s, one at a time.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::HtmlVideoElement;

#[wasm_bindgen]
extern "C" {
    /// `HTMLVideoElement` as far as W3C's `requestVideoFrameCallback` goes, which `web-sys` has as unstable only.
    #[derive(Clone)]
    #[wasm_bindgen(extends = HtmlVideoElement)]
    type VideoFrames;

    #[wasm_bindgen(method, js_name = requestVideoFrameCallback)]
    fn request_video_frame_callback(this: &VideoFrames, callback: &js_sys::Function) -> u32;

    #[wasm_bindgen(method, getter, js_name = requestVideoFrameCallback)]
    fn video_frame_callback(this: &VideoFrames) -> JsValue;
}

type Tick = Closure<dyn FnMut(f64)>;

/// Hands over the frames of a video as they come. Dropping it ends that.
pub(crate) struct Frames {
    running: Rc<Cell<bool>>,
    _tick: Rc<RefCell<Option<Tick>>>,
}

impl Frames {
    /// Begins. `wanted` says before each frame whether it is wanted; `on_frame` gets the picture, or `None` where it could
    /// not be taken, and its time by `performance.now()`.
    pub(crate) fn of(
        video: &HtmlVideoElement,
        wanted: impl Fn() -> bool + 'static,
        on_frame: impl Fn(Option<JsValue>, f64) + Clone + 'static,
    ) -> Self {
        let video: VideoFrames = video.clone().unchecked_into();
        let running = Rc::new(Cell::new(true));
        let tick: Rc<RefCell<Option<Tick>>> = Rc::default();
        let step = {
            let (video, running, tick) = (video.clone(), Rc::clone(&running), Rc::downgrade(&tick));
            move |t_ms: f64| {
                if !running.get() {
                    return;
                }
                if video.video_width() > 0 && wanted() {
                    take(&video, t_ms, on_frame.clone());
                }
                if let Some(tick) = tick.upgrade() {
                    schedule(&video, &tick);
                }
            }
        };
        *tick.borrow_mut() = Some(Closure::new(step));
        schedule(&video, &tick);
        Self { running, _tick: tick }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.running.set(false);
        // The closure may be running right now: it is given to the garbage collector's turn of the event loop.
        let tick = Rc::clone(&self._tick);
        spawn_local(async move { drop(tick.borrow_mut().take()) });
    }
}

fn schedule(video: &VideoFrames, tick: &Rc<RefCell<Option<Tick>>>) {
    let tick = tick.borrow();
    let Some(callback) = tick.as_ref().map(|tick| tick.as_ref().unchecked_ref::<js_sys::Function>()) else {
        return;
    };
    if video.video_frame_callback().is_function() {
        video.request_video_frame_callback(callback);
    } else {
        // Browsers without the call: at display rate instead of camera rate.
        let _ = leptos::prelude::window().request_animation_frame(callback);
    }
}

fn take(video: &VideoFrames, t_ms: f64, on_frame: impl Fn(Option<JsValue>, f64) + 'static) {
    let promise = leptos::prelude::window().create_image_bitmap_with_html_video_element(video);
    spawn_local(async move {
        let bitmap = match promise {
            Ok(promise) => JsFuture::from(promise).await.ok(),
            Err(_) => None,
        };
        on_frame(bitmap, t_ms);
    });
}
