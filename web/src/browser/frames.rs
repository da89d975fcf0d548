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

    #[wasm_bindgen(method, js_name = cancelVideoFrameCallback)]
    fn cancel_video_frame_callback(this: &VideoFrames, handle: u32);

    #[wasm_bindgen(method, getter, js_name = requestVideoFrameCallback)]
    fn video_frame_callback(this: &VideoFrames) -> JsValue;
}

type Tick = Closure<dyn FnMut(f64)>;

/// Hands over the frames of a video as they come. Dropping it ends that.
pub(crate) struct Frames {
    video: VideoFrames,
    next: Rc<Cell<Option<Next>>>,
    tick: Rc<RefCell<Option<Tick>>>,
}

/// The call that is awaited.
#[derive(Clone, Copy)]
enum Next {
    /// At the camera's rate.
    Video(u32),
    /// At the display's rate, in browsers without the other.
    Display(i32),
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
        let next = Rc::new(Cell::new(None));
        let tick: Rc<RefCell<Option<Tick>>> = Rc::default();
        let step = {
            let (video, next, tick) = (video.clone(), Rc::clone(&next), Rc::downgrade(&tick));
            move |t_ms: f64| {
                if video.video_width() > 0 && wanted() {
                    take(&video, t_ms, on_frame.clone());
                }
                if let Some(tick) = tick.upgrade() {
                    next.set(schedule(&video, &tick));
                }
            }
        };
        *tick.borrow_mut() = Some(Closure::new(step));
        next.set(schedule(&video, &tick));
        Self { video, next, tick }
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        match self.next.take() {
            Some(Next::Video(handle)) => self.video.cancel_video_frame_callback(handle),
            Some(Next::Display(handle)) => {
                let _ = leptos::prelude::window().cancel_animation_frame(handle);
            }
            None => {}
        }
        // Never called again; but it may be running right now, so it goes when this turn of the event loop is over.
        let tick = Rc::clone(&self.tick);
        spawn_local(async move { drop(tick.take()) });
    }
}

fn schedule(video: &VideoFrames, tick: &Rc<RefCell<Option<Tick>>>) -> Option<Next> {
    let tick = tick.borrow();
    let callback = tick.as_ref()?.as_ref().unchecked_ref::<js_sys::Function>();
    if video.video_frame_callback().is_function() {
        Some(Next::Video(video.request_video_frame_callback(callback)))
    } else {
        leptos::prelude::window()
            .request_animation_frame(callback)
            .ok()
            .map(Next::Display)
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
