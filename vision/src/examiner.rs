//! The whole pipeline, whose numbers decide.

use tanu_protocol::observation::{Change, FrameObservation};

use crate::{
    embedder::{Embedder, Embedding},
    guide::GuideModels,
    network::{InferenceError, LoadError},
    observer::{Observer, Seen, Track},
    passive::PassiveAttack,
    picture::View,
    texture::Texture,
};

/// The ONNX bytes of the examiner's models.
#[derive(Clone, Copy)]
pub struct ExaminerModels<'a> {
    /// Detector, mesh and eyes.
    pub guide: GuideModels<'a>,
    /// EdgeFace-XS, see [`Embedder::load`].
    pub embedder: &'a [u8],
    /// MiniFASNetV2 for the near crop, see [`PassiveAttack::load`].
    pub passive_near: &'a [u8],
    /// MiniFASNetV1SE for the far crop, see [`PassiveAttack::load`].
    pub passive_far: &'a [u8],
}

/// Observes frames with all models. Holds no state of a stream: share one between threads, and keep a [`Track`] a stream.
pub struct Examiner {
    observer: Observer,
    embedder: Embedder,
    passive: PassiveAttack,
}

/// What the examiner found in one frame.
#[derive(Clone, Debug)]
pub struct Examination {
    /// What the frame shows by itself; with the passive score, without what [`observe_step`] adds.
    pub observation: FrameObservation,
    /// The measured face's embedding, where there is a face.
    pub embedding: Option<Embedding>,
    /// The frame's fine structure, by which [`observe_step`] compares frames. Without it they are not compared.
    pub texture: Option<Texture>,
}

/// Within how many degrees of straight a face looks at the camera.
const STRAIGHT: f32 = 12.0;

/// The frame that the others of a session are compared with: the first single face that looks at the camera, else the first single
/// face, else the first of several, so that no frame with a face goes without a comparison; else none. The frames are those of a
/// step, in order.
#[must_use]
pub fn anchor(frames: &[Examination]) -> Option<usize> {
    let single = |frame: &Examination| frame.observation.faces == 1 && frame.embedding.is_some();
    let straight = |frame: &Examination| {
        let face = frame.observation.face.as_ref();
        face.is_some_and(|face| face.pose.yaw.abs() <= STRAIGHT && face.pose.pitch.abs() <= STRAIGHT)
    };
    frames
        .iter()
        .position(|frame| single(frame) && straight(frame))
        .or_else(|| frames.iter().position(single))
        .or_else(|| frames.iter().position(|frame| frame.embedding.is_some()))
}

/// The observations of a step's frames, in order: each as examined, with its similarity to the anchor, where there is one, and how it
/// differs from the others.
#[must_use]
pub fn observe_step(frames: &[Examination], anchor: Option<&Embedding>) -> Vec<FrameObservation> {
    frames
        .iter()
        .enumerate()
        .map(|(number, frame)| FrameObservation {
            change: change(frames, number),
            ..anchor.map_or_else(|| frame.observation.clone(), |anchor| frame.identify(anchor))
        })
        .collect()
}

/// How a frame differs from the others, as far as it and they have a texture.
fn change(frames: &[Examination], number: usize) -> Option<Change> {
    let this = frames.get(number)?.texture.as_ref()?;
    let after = frames.get(number + 1)?.texture.as_ref()?;
    let earlier = frames.get(..number)?.iter().filter_map(|frame| frame.texture.as_ref());
    this.change(earlier, after)
}

impl Examination {
    /// The observation, with the similarity to the session's anchor frame filled in.
    #[must_use]
    pub fn identify(&self, anchor: &Embedding) -> FrameObservation {
        let mut observation = self.observation.clone();
        if let (Some(face), Some(embedding)) = (&mut observation.face, &self.embedding) {
            face.identity = Some(embedding.cosine(anchor));
        }
        observation
    }
}

impl Examiner {
    /// Loads the models.
    ///
    /// # Errors
    /// [`LoadError`], naming the model's task.
    pub fn load(models: ExaminerModels<'_>) -> Result<Self, LoadError> {
        Ok(Self {
            observer: Observer::load(models.guide.detector, models.guide.mesh, models.guide.eyes)?,
            embedder: Embedder::load(models.embedder)?,
            passive: PassiveAttack::load(models.passive_near, models.passive_far)?,
        })
    }

    /// Examines the next frame of a stream, taken at `t_ms`. Faces are detected in every frame.
    ///
    /// # Errors
    /// [`InferenceError`] when a model does not fit its task.
    pub fn examine(&self, track: &mut Track, view: View<'_>, t_ms: f64) -> Result<Examination, InferenceError> {
        let Seen {
            mut observation,
            mesh,
            detection,
        } = self.observer.observe(track, view, t_ms, 0.0)?;
        let texture = Some(Texture::of(view));
        let (Some(face), Some(mesh), Some(detection)) = (&mut observation.face, mesh, detection) else {
            return Ok(Examination {
                observation,
                embedding: None,
                texture,
            });
        };
        face.passive = Some(self.passive.score(view, &detection)?);
        let embedding = self.embedder.embed(view, &mesh.five_points())?;
        Ok(Examination {
            observation,
            embedding: Some(embedding),
            texture,
        })
    }

    /// Examines a picture by itself, as the first frame of a stream of its own, taken at `t_ms`: what it shows then depends on no
    /// other frame, and frames may be examined in any order.
    ///
    /// # Errors
    /// [`InferenceError`] when a model does not fit its task.
    pub fn examine_still(&self, view: View<'_>, t_ms: f64) -> Result<Examination, InferenceError> {
        self.examine(&mut Track::default(), view, t_ms)
    }
}
