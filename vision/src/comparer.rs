//! The face of a still picture, embedded: what a comparison of two pictures takes.
//!
//! A stream shows its face again in the next frame; a still shows it once. So here the picture is also looked at turned and in parts
//! before it counts as one without a face.

use crate::{
    detector::{DETECTION_SIDE, Detector, Face},
    embedder::{Embedder, Embedding},
    geometry::Point,
    mesh::{FaceMesh, Mesh},
    network::{InferenceError, LoadError},
    picture::View,
    window::{Turn, Window},
};

/// The ONNX bytes of the comparer's models.
#[derive(Clone, Copy)]
pub struct ComparerModels<'a> {
    /// YuNet, see [`Detector::load`].
    pub detector: &'a [u8],
    /// The mesh of 468 points, see [`FaceMesh::load`].
    pub mesh: &'a [u8],
    /// EdgeFace-XS, see [`Embedder::load`].
    pub embedder: &'a [u8],
}

/// Finds and embeds the face of a still.
pub struct Comparer {
    detector: Detector,
    mesh: FaceMesh,
    embedder: Embedder,
}

/// Whose five points a face was aligned by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// The mesh's, as the matcher aligns every face.
    Mesh,
    /// The detector's: the mesh did not find the face that the detector saw, and the matcher takes such a picture for one without.
    Detector,
}

/// The embedding of a still's face.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Of the most prominent face.
    pub embedding: Embedding,
    /// How it was aligned.
    pub alignment: Alignment,
}

/// Least score of a face that is surely upright. Detector and mesh see faces in faces that are upside down, with scores up to 0.91;
/// the same faces upright score 0.93 and more (twelve of Labeled Faces in the Wild).
const UPRIGHT: f32 = 0.92;

/// How much better a face must score in the turned picture than in the picture as it lies.
const TURNED_MARGIN: f32 = 0.02;

/// Shares of the picture's longer side that parts of it have which are looked at by themselves.
const PARTS: [f32; 2] = [0.5, 0.25];

impl Comparer {
    /// Loads the models.
    ///
    /// # Errors
    /// [`LoadError`], naming the model's task.
    pub fn load(models: ComparerModels<'_>) -> Result<Self, LoadError> {
        Ok(Self {
            detector: Detector::load(models.detector)?,
            mesh: FaceMesh::load(models.mesh)?,
            embedder: Embedder::load(models.embedder)?,
        })
    }

    /// Embeds the most prominent face of a still; `None` where nobody is there.
    ///
    /// # Errors
    /// [`InferenceError`] when a model does not fit its task.
    pub fn embed(&self, view: View<'_>) -> Result<Option<Compared>, InferenceError> {
        let mut seen = Seen::default();
        let whole = Window::whole(view);
        self.look(view, &whole, &mut seen)?;
        if !seen.surely_upright() {
            for turn in [Turn::Right, Turn::Left, Turn::Half] {
                self.look(view, &whole.turned(turn), &mut seen)?;
            }
        }
        for part in parts(view) {
            if seen.best.is_some() {
                break;
            }
            self.look(view, &part, &mut seen)?;
        }
        let Some((points, alignment)) = seen.points() else {
            return Ok(None);
        };
        Ok(Some(Compared {
            embedding: self.embedder.embed(view, &points)?,
            alignment,
        }))
    }

    /// Looks for the most prominent face that has a mesh.
    fn look(&self, view: View<'_>, window: &Window, seen: &mut Seen) -> Result<(), InferenceError> {
        for face in self.detector.detect_in(view, window)? {
            if let Some(mesh) = self.mesh.of_face(view, &face)? {
                seen.take(face.score, mesh);
                break;
            }
            seen.without_mesh.get_or_insert(face);
        }
        Ok(())
    }
}

/// What was seen of a still so far.
#[derive(Default)]
struct Seen {
    /// The detector's score of the best face, and its mesh.
    best: Option<(f32, Mesh)>,
    /// The first face that has no mesh.
    without_mesh: Option<Face>,
}

impl Seen {
    fn take(&mut self, score: f32, mesh: Mesh) {
        if self.best.as_ref().is_none_or(|(best, _)| score > best + TURNED_MARGIN) {
            self.best = Some((score, mesh));
        }
    }

    fn surely_upright(&self) -> bool {
        self.best.as_ref().is_some_and(|(score, _)| *score >= UPRIGHT)
    }

    fn points(&self) -> Option<([Point; 5], Alignment)> {
        match (&self.best, &self.without_mesh) {
            (Some((_, mesh)), _) => Some((mesh.five_points(), Alignment::Mesh)),
            (None, Some(face)) => Some((face.points, Alignment::Detector)),
            (None, None) => None,
        }
    }
}

/// Parts of a picture so large that its small faces vanish in the whole.
fn parts(view: View<'_>) -> impl Iterator<Item = Window> {
    let longer = view.width().max(view.height()) as f32;
    PARTS
        .into_iter()
        // Smaller parts would show no more than there is.
        .filter(move |share| longer * share >= DETECTION_SIDE as f32)
        .flat_map(move |share| Window::tiles(view, share))
}
