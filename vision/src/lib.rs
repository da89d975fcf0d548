//! Pixels to faces: decode, detect, landmarks, head pose, eyes, mouth, alignment, embedding, passive attack score, quality.
//!
//! In scope: everything that turns the pixels of one picture, or of a stream of pictures, into the numbers of
//! [`tanu_protocol::observation`]. Out of scope: what those numbers mean (`tanu-liveness`), where models come from
//! (`tanu-models`), and any IO or clock: pictures and models are bytes, times are arguments.
//!
//! Two pipelines cover the uses:
//!
//! * [`Guide`]: detector, mesh and eyes on a stream of canvas frames, tracking from frame to frame. It runs in the browser.
//! * [`Examiner`]: the same, and the embedding and the passive attack score. It runs natively, and its numbers decide.
//!
//! Coordinates are continuous pixels: the picture's top left corner is (0, 0), the first pixel's centre is (0.5, 0.5).
//! Directions are the person's own, as in [`tanu_protocol::observation`].

mod canonical;
mod comparer;
mod covered;
pub mod decode;
mod detector;
mod embedder;
mod examiner;
mod eyes;
pub mod geometry;
mod guide;
mod light;
mod mesh;
mod mouth;
mod network;
mod observer;
mod passive;
mod picture;
mod pose;
mod quality;
mod shape;
mod smile;
mod texture;
mod warp;
mod window;

pub use comparer::{Alignment, Compared, Comparer, ComparerModels};
pub use decode::{DecodeError, decode, decode_frame};
pub use detector::{DETECTION_THRESHOLD, Detector, Face};
pub use embedder::{ALIGNED_SIDE, ALIGNMENT, COMPARISON_THRESHOLD, Embedder, Embedding};
pub use examiner::{Examination, Examiner, ExaminerModels, anchor, observe_step};
pub use eyes::{EyeClassifier, EyesOpen};
pub use geometry::Point;
pub use guide::{Guide, GuideModels};
pub use mesh::{FaceMesh, MESH_POINTS, Mesh, Roi, indices};
pub use mouth::mouth_openness;
pub use network::{InferenceError, LoadError};
pub use observer::{Observer, Seen, Track};
pub use passive::PassiveAttack;
pub use picture::{Picture, SizeMismatch, View};
pub use pose::{Fit, fit_head};
pub use quality::measure_quality;
pub use smile::smile;
pub use texture::Texture;
