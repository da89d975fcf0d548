//! What one frame of the video stream shows, as numbers: made by `tanu-vision` from pixels, judged by `tanu-liveness`, printed
//! by `tanu-evaluate video`.
//!
//! Directions are the person's own: a positive yaw is a turn to the person's left, a positive pitch is a look up, a positive
//! roll is a tilt towards the person's left shoulder. Pictures are as the camera took them, not mirrored.

use serde::{Deserialize, Serialize};

mod shape;
#[cfg(feature = "testing")]
pub mod testing;

pub use shape::Shape;

/// What one frame shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FrameObservation {
    /// Time of the frame in milliseconds since the step was shown (browser, matcher) or since the video's start.
    pub t_ms: f64,
    /// Number of faces that the detector found.
    pub faces: u8,
    /// The face that is measured: the most prominent one (large, near the middle), if there is any.
    pub face: Option<FaceObservation>,
    /// How the frame differs from those before and after it. Absent where frames were not compared (the browser's guidance), and
    /// for the first two frames and the last of a step, which have not all the frames that it takes.
    pub change: Option<Change>,
}

impl FrameObservation {
    /// What a frame shows by itself, not compared with others.
    #[must_use]
    pub fn new(t_ms: f64, faces: u8, face: Option<FaceObservation>) -> Self {
        Self {
            t_ms,
            faces,
            face,
            change: None,
        }
    }
}

/// The measured face of one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceObservation {
    /// Bounding box of the face.
    pub bounds: Bounds,
    /// Confidence that this is a face, 0 to 1.
    pub confidence: f32,
    /// Head pose.
    pub pose: HeadPose,
    /// How open the person's left eye is: 0 closed to 1 open.
    pub eye_left: f32,
    /// How open the person's right eye is: 0 closed to 1 open.
    pub eye_right: f32,
    /// How open the mouth is: 0 closed to 1 wide open.
    pub mouth: f32,
    /// How far the mouth is drawn wide: 0 a calm mouth to 1 a broad smile. Faces differ at rest: judge the difference from the
    /// person's own.
    pub smile: f32,
    /// How dark the skin around the eyes is against the cheeks: 0 as bare eyes have it to 1 as dark glasses make it.
    pub covered: f32,
    /// Distance between the outer corners of the eyes, corrected for yaw, as a fraction of the frame's width: grows as the
    /// person comes closer.
    pub scale: f32,
    /// Where points of the skull are in the frame.
    pub shape: Shape,
    /// The light that the face and what is around it throw back.
    pub light: FaceLight,
    /// Suitability of the picture.
    pub quality: Quality,
    /// Passive presentation-attack score: 0 attack to 1 live. Absent where it was not computed (the browser's guidance).
    pub passive: Option<f32>,
    /// Cosine similarity of this frame's embedding to the session's anchor frame. Absent where it was not computed.
    pub identity: Option<f32>,
}

/// A rectangle in fractions of the frame's width and height, origin at the top left.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Left edge, as a fraction of the width.
    pub x: f32,
    /// Top edge, as a fraction of the height.
    pub y: f32,
    /// Width, as a fraction of the frame's width.
    pub width: f32,
    /// Height, as a fraction of the frame's height.
    pub height: f32,
}

/// Head pose in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadPose {
    /// Turn: positive to the person's left.
    pub yaw: f32,
    /// Nod: positive up.
    pub pitch: f32,
    /// Tilt: positive towards the person's left shoulder.
    pub roll: f32,
}

/// Suitability of the face's picture for measuring and comparing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Mean luma of the face: 0 black to 1 white.
    pub brightness: f32,
    /// Standard deviation of the face's luma: 0 flat to 0.5.
    pub contrast: f32,
    /// Sharpness: variance of the Laplacian of the aligned face's luma (0 to 1 scale), 0 is fully blurred.
    pub sharpness: f32,
}

/// Light that comes from the face and from what is around it: red, green and blue of linear light (sRGB decoded), 0 to 1 of what the
/// camera can show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FaceLight {
    /// Trimmed mean over the skin of cheeks, forehead and nose, without highlights and overexposed pixels. All zero where none of it is
    /// in the frame.
    pub face: [f32; 3],
    /// Mean over what is beyond the head, without overexposed pixels. All zero where there is no such pixel.
    pub around: [f32; 3],
}

/// How a frame differs from others of its step, in the fine structure of its luma.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Difference from the frame before, root mean square, in levels of 255.
    pub previous: f32,
    /// Difference from the most similar of the frames before that one, in the same unit: near 0 where a stretch is shown again.
    pub nearest: f32,
    /// Difference from the mean of the two neighbours, over what it would be if the three differed as independent noise does: 1 for
    /// noise, near 0 where the frame was mixed of its neighbours.
    pub between: f32,
}
