//! Detector, mesh and eyes as one: finds the face in each frame, following it from the frame before where it can.

use tanu_protocol::observation::{FaceObservation, FrameObservation};

use crate::{
    covered::covered,
    detector::{Detector, Face},
    eyes::EyeClassifier,
    light::light_of,
    mesh::{FaceMesh, Mesh, Roi},
    mouth::mouth_openness,
    network::{InferenceError, LoadError},
    picture::View,
    pose::fit_head,
    quality::measure_quality,
    shape::shape_of,
    smile::smile,
};

/// The light models. Holds no state of a stream, so that one observer can serve many.
pub struct Observer {
    detector: Detector,
    mesh: FaceMesh,
    eyes: EyeClassifier,
}

/// What is known of a stream from the frame before. Start each stream with a new one.
#[derive(Clone, Debug, Default)]
pub struct Track {
    faces: Vec<Face>,
    mesh: Option<Mesh>,
    /// When faces were last detected.
    detected_ms: Option<f64>,
}

/// A frame's observation, and the geometry that it was computed from.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The numbers.
    pub observation: FrameObservation,
    /// The measured face's mesh, where there is a face.
    pub mesh: Option<Mesh>,
    /// The measured face's detection in this very frame; absent where detection was skipped.
    pub detection: Option<Face>,
}

impl Observer {
    /// Loads the three models from ONNX bytes.
    ///
    /// # Errors
    /// [`LoadError`], naming the model's task.
    pub fn load(detector: &[u8], mesh: &[u8], eyes: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            detector: Detector::load(detector)?,
            mesh: FaceMesh::load(mesh)?,
            eyes: EyeClassifier::load(eyes)?,
        })
    }

    /// Observes one frame, taken at `t_ms`. Faces are detected in the first frame that is `detect_every_ms` or more after the last
    /// detection (0: in every frame) or was taken before it, and in each frame where there is no face to follow; between, the face is
    /// measured where the frame before had it.
    ///
    /// # Errors
    /// [`InferenceError`]; the track then stays as it was.
    pub fn observe(
        &self,
        track: &mut Track,
        view: View<'_>,
        t_ms: f64,
        detect_every_ms: f64,
    ) -> Result<Seen, InferenceError> {
        let mut next = track.clone();
        let due = next.is_due(t_ms, detect_every_ms);
        if due {
            next.detect(self.detector.detect(view)?, t_ms);
        }
        let measured = self.measure(&next, view)?;
        let detection = if due { next.face().copied() } else { None };
        let face = match &measured {
            Some(mesh) => self.describe(view, mesh, next.face())?,
            None => None,
        };
        let faces = if face.is_some() {
            next.faces.len().max(1)
        } else {
            next.faces.len()
        };
        let mesh = measured.filter(|_| face.is_some());
        next.mesh.clone_from(&mesh);
        *track = next;
        let faces = u8::try_from(faces).unwrap_or(u8::MAX);
        Ok(Seen {
            observation: FrameObservation::new(t_ms, faces, face),
            mesh,
            detection,
        })
    }

    fn measure(&self, track: &Track, view: View<'_>) -> Result<Option<Mesh>, InferenceError> {
        if let Some(mesh) = &track.mesh {
            let followed = self.mesh.find(view, Roi::from_mesh(mesh))?;
            if followed.is_some() {
                return Ok(followed);
            }
        }
        match track.face() {
            Some(face) => self.mesh.of_face(view, face),
            None => Ok(None),
        }
    }

    fn describe(
        &self,
        view: View<'_>,
        mesh: &Mesh,
        face: Option<&Face>,
    ) -> Result<Option<FaceObservation>, InferenceError> {
        let Some(fit) = fit_head(mesh) else { return Ok(None) };
        let eyes = self.eyes.measure(view, mesh)?;
        Ok(Some(FaceObservation {
            bounds: mesh.bounds(view),
            confidence: face.map_or(mesh.presence(), |face| face.score),
            pose: fit.pose,
            eye_left: eyes.left,
            eye_right: eyes.right,
            mouth: mouth_openness(mesh),
            smile: smile(mesh),
            covered: covered(view, mesh),
            scale: fit.eye_distance / view.width() as f32,
            shape: shape_of(mesh, view),
            light: light_of(view, mesh),
            quality: measure_quality(view, &mesh.five_points()),
            passive: None,
            identity: None,
        }))
    }
}

impl Track {
    /// The face that is measured: the most prominent.
    fn face(&self) -> Option<&Face> {
        self.faces.first()
    }

    /// Whether faces are to be detected in a frame taken at `t_ms`.
    fn is_due(&self, t_ms: f64, every_ms: f64) -> bool {
        let lately = |at: f64| (0.0..every_ms).contains(&(t_ms - at));
        self.mesh.is_none() || !self.detected_ms.is_some_and(lately)
    }

    /// Takes a new detection. The mesh of the frame before is kept only while it lies in the most prominent face.
    fn detect(&mut self, faces: Vec<Face>, t_ms: f64) {
        self.detected_ms = Some(t_ms);
        self.faces = faces;
        let same = match (self.face(), &self.mesh) {
            (Some(face), Some(mesh)) => is_same(face, mesh),
            _ => false,
        };
        if !same {
            self.mesh = None;
        }
    }
}

/// Whether a mesh is that of a detected face: its middle is near the box's, and it is about as large.
fn is_same(face: &Face, mesh: &Mesh) -> bool {
    let [left, top, right, bottom] = mesh.edges();
    let centre = face.centre();
    let (dx, dy) = ((left + right) / 2.0 - centre.x, (top + bottom) / 2.0 - centre.y);
    let (face_side, mesh_side) = (face.width.max(face.height), (right - left).max(bottom - top));
    dx.hypot(dy) < 0.35 * face_side && (0.5..2.0).contains(&(mesh_side / face_side))
}
