//! Faces in a picture: YuNet on a 320 × 320 letterbox.
//!
//! Source of the method: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence
//! Research 2023: anchor-free heads at strides 8, 16 and 32, score = √(class · objectness).

use crate::{
    geometry::{Affine, Point},
    network::{InferenceError, LoadError, Network, Outputs},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
    window::Window,
};

/// Least score of a face.
pub const DETECTION_THRESHOLD: f32 = 0.6;

/// Overlap (intersection over union) above which the weaker of two detections is the same face.
const SAME_FACE_OVERLAP: f32 = 0.3;

/// Most faces that are told apart: a picture with more is no use to anybody here.
const MOST_FACES: usize = 32;

/// Pixels along a side of what the detector sees.
pub(crate) const DETECTION_SIDE: usize = 320;
const STRIDES: [usize; 3] = [8, 16, 32];

/// A detected face, in pixels of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Face {
    /// Confidence, 0 to 1.
    pub score: f32,
    /// Left edge of the box.
    pub x: f32,
    /// Top edge of the box.
    pub y: f32,
    /// Width of the box.
    pub width: f32,
    /// Height of the box.
    pub height: f32,
    /// The person's right eye, left eye, nose tip, right and left corner of the mouth.
    pub points: [Point; 5],
}

impl Face {
    /// Area of the box in square pixels.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width * self.height
    }

    /// Middle of the box.
    #[must_use]
    pub fn centre(&self) -> Point {
        Point {
            x: self.x + self.width / 2.0,
            y: self.y + self.height / 2.0,
        }
    }

    /// The face with this middle, size and points in a window's pixels, in those of the picture. The window is turned by quarters only,
    /// so that the box stays upright.
    fn seen_through(map: &Affine, score: f32, centre: Point, [width, height]: [f32; 2], points: [Point; 5]) -> Self {
        let centre = map.apply(centre);
        let across = |by_width: f32, by_height: f32| (by_width * width).abs() + (by_height * height).abs();
        let (width, height) = (across(map.a, map.b), across(map.c, map.d));
        Self {
            score,
            x: centre.x - width / 2.0,
            y: centre.y - height / 2.0,
            width,
            height,
            points: points.map(|point| map.apply(point)),
        }
    }

    /// Area, less twice the squared distance from the picture's middle: a passer-by at the edge is not the one who is asked.
    fn prominence(&self, middle: Point) -> f32 {
        let distance = self.centre().distance(middle);
        self.area() - 2.0 * distance * distance
    }

    fn overlap(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        if width <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        width * height / (self.area() + other.area() - width * height)
    }
}

/// The face detector.
pub struct Detector {
    network: Network,
}

impl Detector {
    /// Loads YuNet from ONNX bytes: input 1×3×320×320 BGR 0..255; outputs `cls`, `obj`, `bbox`, `kps`, each for the strides 8,
    /// 16, 32.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such a model.
    pub fn load(onnx: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            network: Network::load("face detection", onnx, [1, 3, DETECTION_SIDE, DETECTION_SIDE])?,
        })
    }

    /// All faces that score [`DETECTION_THRESHOLD`] or more, the most prominent first: large, and near the picture's middle.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`Detector::load`] asks of it.
    pub fn detect(&self, view: View<'_>) -> Result<Vec<Face>, InferenceError> {
        self.detect_in(view, &Window::whole(view))
    }

    /// As [`Detector::detect`], in a part of the picture only.
    pub(crate) fn detect_in(&self, view: View<'_>, window: &Window) -> Result<Vec<Face>, InferenceError> {
        let to_picture = window.to_picture(DETECTION_SIDE);
        let normalise = Normalise {
            order: Order::Bgr,
            scale: 1.0,
            bias: 0.0,
        };
        let candidates = self.network.run(
            |input| {
                warp(
                    view,
                    &to_picture,
                    (DETECTION_SIDE, DETECTION_SIDE),
                    (Border::Black, Shrink::Mean),
                    normalise,
                    input,
                )
            },
            |outputs| candidates(outputs, &to_picture),
        )?;
        let mut faces = suppress_overlaps(candidates);
        let middle = Point {
            x: view.width() as f32 / 2.0,
            y: view.height() as f32 / 2.0,
        };
        faces.sort_by(|a, b| b.prominence(middle).total_cmp(&a.prominence(middle)));
        Ok(faces)
    }
}

fn candidates(outputs: &Outputs, to_picture: &Affine) -> Result<Vec<Face>, InferenceError> {
    let mut found = Vec::new();
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let columns = DETECTION_SIDE / stride;
        let cells = columns * columns;
        let classes = outputs.get(level, cells)?;
        let objects = outputs.get(3 + level, cells)?;
        let boxes = outputs.get(6 + level, 4 * cells)?;
        let points = outputs.get(9 + level, 10 * cells)?;
        let unit = stride as f32;
        for cell in 0..cells {
            let score = (classes[cell].clamp(0.0, 1.0) * objects[cell].clamp(0.0, 1.0)).sqrt();
            // A score that is not a number is no face.
            if score.is_nan() || score < DETECTION_THRESHOLD {
                continue;
            }
            let (column, row) = ((cell % columns) as f32, (cell / columns) as f32);
            let at = |dx: f32, dy: f32| Point {
                x: (column + dx) * unit,
                y: (row + dy) * unit,
            };
            let [dx, dy, log_width, log_height] = [0, 1, 2, 3].map(|i| boxes[4 * cell + i]);
            let size = [log_width.exp() * unit, log_height.exp() * unit];
            let points = [0, 1, 2, 3, 4].map(|i| at(points[10 * cell + 2 * i], points[10 * cell + 2 * i + 1]));
            let face = Face::seen_through(to_picture, score, at(dx, dy), size, points);
            let places = [face.centre()].into_iter().chain(face.points);
            if face.area().is_normal() && places.into_iter().all(|p| p.x.is_finite() && p.y.is_finite()) {
                found.push(face);
            }
        }
    }
    Ok(found)
}

/// Greedy non-maximum suppression: the best score of each overlapping group stays.
fn suppress_overlaps(mut candidates: Vec<Face>) -> Vec<Face> {
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut kept: Vec<Face> = Vec::new();
    for face in candidates {
        if kept.len() == MOST_FACES {
            break;
        }
        if kept.iter().all(|other| other.overlap(&face) < SAME_FACE_OVERLAP) {
            kept.push(face);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Turn;

    fn face(score: f32, x: f32, width: f32) -> Face {
        Face {
            score,
            x,
            y: 0.0,
            width,
            height: width,
            points: [Point::default(); 5],
        }
    }

    #[test]
    fn the_better_of_two_overlapping_boxes_stays() {
        let kept = suppress_overlaps(vec![face(0.7, 0.0, 10.0), face(0.9, 1.0, 10.0), face(0.8, 50.0, 10.0)]);
        assert_eq!(kept.iter().map(|f| f.score).collect::<Vec<_>>(), [0.9, 0.8]);
    }

    #[test]
    fn boxes_that_only_touch_are_two_faces() {
        assert_eq!(
            suppress_overlaps(vec![face(0.7, 0.0, 10.0), face(0.9, 10.0, 10.0)]).len(),
            2
        );
    }

    #[test]
    fn a_face_seen_in_a_turned_window_has_its_upright_box() {
        let view = [0; 3 * 640 * 400];
        let view = View::rgb(640, 400, &view).unwrap();
        let window = Window::whole(view).turned(Turn::Right);
        // A window of 320 pixels over 640: the face's middle is at its (80, 60), it is 20 wide and 30 high there.
        let middle = Point { x: 80.0, y: 60.0 };
        let face = Face::seen_through(
            &window.to_picture(DETECTION_SIDE),
            1.0,
            middle,
            [20.0, 30.0],
            [middle; 5],
        );
        assert_eq!((face.width, face.height), (60.0, 40.0));
        assert_eq!(face.centre(), face.points[0]);
    }

    #[test]
    fn bytes_that_are_no_model_are_refused() {
        assert_eq!(Detector::load(b"not a model").err().unwrap().task, "face detection");
    }
}
