//! A camera's frame as pixels and as JPEG, by way of a canvas.

use js_sys::{ArrayBuffer, Promise, Reflect, Uint8Array};
use tanu_vision::View;
use tanu_vision::decode::MAX_FRAME_SIDE;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageEncodeOptions, OffscreenCanvas, OffscreenCanvasRenderingContext2d};

use crate::message::Failure;

/// The longer side of a captured picture in pixels: enough for 112 pixels of face at arm's length, and all that the matcher takes.
const LONGEST_SIDE: f64 = MAX_FRAME_SIDE as f64;

/// JPEG quality: the passive score and the embedding change by less than their noise, at a third of the bytes of 0.95.
const JPEG_QUALITY: f64 = 0.85;

#[wasm_bindgen]
extern "C" {
    /// A `VideoFrame` or an `ImageBitmap`.
    type Picture;

    #[wasm_bindgen(method, catch)]
    fn close(this: &Picture) -> Result<(), JsValue>;

    /// The context, as it draws either kind of picture.
    type Drawing;

    #[wasm_bindgen(method, catch, js_name = drawImage)]
    fn draw_image(this: &Drawing, picture: &Picture, x: f64, y: f64, width: f64, height: f64) -> Result<(), JsValue>;
}

/// One frame of the camera.
pub(super) struct CameraFrame(Picture);

impl From<JsValue> for CameraFrame {
    fn from(frame: JsValue) -> Self {
        Self(frame.unchecked_into())
    }
}

impl CameraFrame {
    /// Gives the frame's memory back: cameras stop when too many frames are held.
    pub(super) fn close(&self) {
        // A frame that is none has nothing to give back; drawing it has failed already.
        let _ = self.0.close();
    }

    /// Width and height of the canvas that the frame is drawn to.
    fn drawn_size(&self) -> Option<(u32, u32)> {
        let side = |names: [&str; 2]| {
            let mut sides = names
                .into_iter()
                .filter_map(|name| Reflect::get(&self.0, &name.into()).ok()?.as_f64());
            sides.find(|side| *side >= 1.0)
        };
        let (width, height) = (side(["displayWidth", "width"])?, side(["displayHeight", "height"])?);
        let shrink = (LONGEST_SIDE / width.max(height)).min(1.0);
        let drawn = |side: f64| (side * shrink).round().max(1.0) as u32;
        Some((drawn(width), drawn(height)))
    }
}

/// A canvas whose pixels are read often.
pub(super) struct Canvas {
    canvas: OffscreenCanvas,
    context: OffscreenCanvasRenderingContext2d,
}

/// The pixels of a frame: RGBA.
pub(super) struct Pixels {
    width: u32,
    height: u32,
    rgba: Vec<u8>,
}

impl Pixels {
    pub(super) fn view(&self) -> Option<View<'_>> {
        View::rgba(self.width, self.height, &self.rgba).ok()
    }
}

impl Canvas {
    pub(super) fn new() -> Result<Self, Failure> {
        let canvas = OffscreenCanvas::new(1, 1).map_err(|_| Failure::Unsupported)?;
        let options = js_sys::Object::new();
        for (name, value) in [("willReadFrequently", true), ("alpha", false)] {
            Reflect::set(&options, &name.into(), &value.into()).map_err(|_| Failure::Unsupported)?;
        }
        let context = canvas
            .get_context_with_context_options("2d", &options)
            .ok()
            .flatten()
            .ok_or(Failure::Unsupported)?;
        Ok(Self {
            canvas,
            context: context.unchecked_into(),
        })
    }

    /// Draws a frame and reads its pixels, unless it has none.
    pub(super) fn draw(&mut self, frame: &CameraFrame) -> Option<Pixels> {
        let (width, height) = frame.drawn_size()?;
        // Setting a side clears the canvas and takes new memory, even to the same value.
        if (self.canvas.width(), self.canvas.height()) != (width, height) {
            self.canvas.set_width(width);
            self.canvas.set_height(height);
        }
        let drawing: &Drawing = self.context.unchecked_ref();
        let (columns, rows) = (f64::from(width), f64::from(height));
        drawing.draw_image(&frame.0, 0.0, 0.0, columns, rows).ok()?;
        let pixels = self.context.get_image_data(0.0, 0.0, columns, rows).ok()?;
        Some(Pixels {
            width,
            height,
            rgba: pixels.data().0,
        })
    }

    /// Begins to compress what was drawn last. The canvas must not be drawn to until that is done.
    pub(super) fn compress(&self) -> Result<Compressing, Failure> {
        let options = ImageEncodeOptions::new();
        options.set_type("image/jpeg");
        options.set_quality(JPEG_QUALITY);
        let blob = self
            .canvas
            .convert_to_blob_with_options(&options)
            .map_err(|_| Failure::Unsupported)?;
        Ok(Compressing(blob))
    }
}

/// A picture on its way to JPEG.
pub(super) struct Compressing(Promise);

impl Compressing {
    /// The JPEG file's bytes, unless the browser failed.
    pub(super) async fn finish(self) -> Option<Vec<u8>> {
        let blob: Blob = JsFuture::from(self.0).await.ok()?.dyn_into().ok()?;
        let buffer: ArrayBuffer = JsFuture::from(blob.array_buffer()).await.ok()?.dyn_into().ok()?;
        Some(Uint8Array::new(&buffer).to_vec())
    }
}
