//! The light pipeline of the browser.

use tanu_protocol::observation::FrameObservation;

use crate::{
    mesh::Mesh,
    network::{InferenceError, LoadError},
    observer::{Observer, Seen, Track},
    picture::View,
};

/// Milliseconds between detections while a face is followed: a second face is noticed within half a second, whatever the rate of the
/// frames; at 30 frames a second that is each 15th.
const DETECT_EVERY_MS: f64 = 500.0;

/// The ONNX bytes of the guide's models.
#[derive(Clone, Copy)]
pub struct GuideModels<'a> {
    /// YuNet, see [`crate::Detector::load`].
    pub detector: &'a [u8],
    /// The mesh of 468 points, see [`crate::FaceMesh::load`].
    pub mesh: &'a [u8],
    /// The classifier of eyes, see [`crate::EyeClassifier::load`].
    pub eyes: &'a [u8],
}

/// Observes one stream of frames with the light models: no embedding, no passive score.
pub struct Guide {
    observer: Observer,
    track: Track,
    mesh: Option<Mesh>,
}

impl Guide {
    /// Loads the models.
    ///
    /// # Errors
    /// [`LoadError`], naming the model's task.
    pub fn load(models: GuideModels<'_>) -> Result<Self, LoadError> {
        let observer = Observer::load(models.detector, models.mesh, models.eyes)?;
        Ok(Self {
            observer,
            track: Track::default(),
            mesh: None,
        })
    }

    /// Observes the stream's next frame, taken at `t_ms`. Where times begin anew, faces are detected at once.
    ///
    /// # Errors
    /// [`InferenceError`] when a model does not fit its task.
    pub fn observe(&mut self, view: View<'_>, t_ms: f64) -> Result<FrameObservation, InferenceError> {
        let Seen { observation, mesh, .. } = self.observer.observe(&mut self.track, view, t_ms, DETECT_EVERY_MS)?;
        self.mesh = mesh;
        Ok(observation)
    }

    /// The mesh of the last observed frame, where it had a face.
    #[must_use]
    pub fn mesh(&self) -> Option<&Mesh> {
        self.mesh.as_ref()
    }

    /// Forgets the stream: the next frame is the first of a new one.
    pub fn restart(&mut self) {
        self.track = Track::default();
        self.mesh = None;
    }
}
