//! The camera: started when the citizen asks for it, stopped when it is dropped.

use js_sys::{JSON, Reflect};
use tanu_protocol::capture::ClientReportedCamera;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaStream, MediaStreamConstraints, MediaStreamTrack};

use crate::camera::{CameraTrouble, Track};

/// 640 × 480 is what the models need; more would only be scaled down.
const WANTED: &str = r#"{"facingMode":"user","width":{"ideal":640},"height":{"ideal":480},"frameRate":{"ideal":30}}"#;

/// A running camera. Dropping it stops its tracks.
pub(crate) struct RunningCamera {
    stream: MediaStream,
    _on_ended: Closure<dyn FnMut()>,
}

impl RunningCamera {
    /// Starts the camera. `on_ended` is called when it stops by itself.
    pub(crate) async fn start(on_ended: impl FnMut() + 'static) -> Result<(Self, ClientReportedCamera), CameraTrouble> {
        let devices = leptos::prelude::window()
            .navigator()
            .media_devices()
            .map_err(|_| CameraTrouble::Unsupported)?;
        if devices.is_undefined() {
            // Outside a secure context the property is missing.
            return Err(CameraTrouble::Unsupported);
        }
        let constraints = MediaStreamConstraints::new();
        constraints.set_audio(&JsValue::FALSE);
        constraints.set_video(&JSON::parse(WANTED).unwrap_or(JsValue::TRUE));
        let promise = devices
            .get_user_media_with_constraints(&constraints)
            .map_err(|error| trouble(&error))?;
        let stream: MediaStream = JsFuture::from(promise)
            .await
            .map_err(|error| trouble(&error))?
            .dyn_into()
            .map_err(|_| CameraTrouble::Other)?;
        let on_ended = Closure::<dyn FnMut()>::new(on_ended);
        let camera = Self {
            stream,
            _on_ended: on_ended,
        };
        let track = camera.tracks().next().ok_or(CameraTrouble::Missing)?;
        track.set_onended(Some(camera._on_ended.as_ref().unchecked_ref()));
        let kind = kind(&track);
        Ok((camera, kind))
    }

    /// The stream, for a video element.
    pub(crate) fn stream(&self) -> MediaStream {
        self.stream.clone()
    }

    fn tracks(&self) -> impl Iterator<Item = MediaStreamTrack> + use<> {
        self.stream
            .get_video_tracks()
            .to_vec()
            .into_iter()
            .filter_map(|track| track.dyn_into().ok())
    }
}

impl Drop for RunningCamera {
    fn drop(&mut self) {
        for track in self.tracks() {
            track.set_onended(None);
            track.stop();
        }
    }
}

fn kind(track: &MediaStreamTrack) -> ClientReportedCamera {
    let class = js_sys::Object::get_prototype_of(track).constructor().name();
    let device_id = Reflect::get(&track.get_settings(), &"deviceId".into())
        .ok()
        .and_then(|id| id.as_string());
    Track {
        class: &String::from(class),
        device_id: device_id.as_deref(),
        label: &track.label(),
    }
    .kind()
}

fn trouble(error: &JsValue) -> CameraTrouble {
    let name = Reflect::get(error, &"name".into())
        .ok()
        .and_then(|name| name.as_string());
    CameraTrouble::of_exception(&name.unwrap_or_default())
}
