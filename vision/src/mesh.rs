//! The face mesh: 468 points of a face, from a level cut-out around it.
//!
//! Source of the method: Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019;
//! the cut-out (square, 1.5 times the face, turned so that the eyes are level) follows the same paper's pipeline.

use tanu_protocol::observation::Bounds;

use crate::{
    detector::Face,
    geometry::{Affine, Point},
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

/// Number of points of a mesh.
pub const MESH_POINTS: usize = 468;

const SIDE: usize = 192;

/// Side of the cut-out in sides of the square around the mesh.
const MARGIN: f32 = 1.5;

/// Longer side of the box around a mesh, in longer sides of the detector's box: median over Labeled Faces in the Wild, View 1.
const FACE_SHARE: f32 = 0.89;

/// How far below the middle of the detector's box that of the mesh's lies, in longer sides of the detector's box.
const FACE_SHIFT: f32 = 0.05;

/// Indices of mesh points that measurements use. "Left" and "right" are the person's.
pub mod indices {
    /// Right eye: outer and inner corner.
    pub const RIGHT_EYE_CORNERS: [usize; 2] = [33, 133];
    /// Left eye: outer and inner corner.
    pub const LEFT_EYE_CORNERS: [usize; 2] = [263, 362];
    /// Right eye: pairs of points on the upper and the lower lid.
    pub const RIGHT_LIDS: [[usize; 2]; 3] = [[160, 144], [159, 145], [158, 153]];
    /// Left eye: pairs of points on the upper and the lower lid.
    pub const LEFT_LIDS: [[usize; 2]; 3] = [[387, 373], [386, 374], [385, 380]];
    /// Nose tip.
    pub const NOSE_TIP: usize = 1;
    /// Corners of the mouth, right and left.
    pub const MOUTH_CORNERS: [usize; 2] = [61, 291];
    /// Inner edges of the lips: pairs of points on the upper and the lower lip.
    pub const INNER_LIPS: [[usize; 2]; 3] = [[82, 87], [13, 14], [312, 317]];
}

/// A square of the picture in which a face is looked for: level with the face.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Roi {
    /// Middle of the square, in pixels of the picture.
    pub centre: Point,
    /// Side, in pixels of the picture.
    pub side: f32,
    /// Tilt of the square in radians, positive where its right side hangs lower in the picture.
    pub angle: f32,
}

/// A measured mesh, in pixels of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Mesh {
    points: Vec<[f32; 3]>,
    presence: f32,
}

/// The mesh network.
pub struct FaceMesh {
    network: Network,
}

impl FaceMesh {
    /// Loads the mesh model from ONNX bytes: input 1×3×192×192 RGB 0..1; outputs 1,404 numbers (x, y, z in input pixels for each
    /// point) and the logit of a face's presence.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such a model.
    pub fn load(onnx: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            network: Network::load("face mesh", onnx, [1, 3, SIDE, SIDE])?,
        })
    }

    /// Measures the face in `roi`.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`FaceMesh::load`] asks of it.
    pub fn measure(&self, view: View<'_>, roi: Roi) -> Result<Mesh, InferenceError> {
        let to_picture = roi.to_picture(SIDE);
        let normalise = Normalise {
            order: Order::Rgb,
            scale: 1.0 / 255.0,
            bias: 0.0,
        };
        self.network.run(
            |input| {
                warp(
                    view,
                    &to_picture,
                    (SIDE, SIDE),
                    (Border::Nearest, Shrink::Mean),
                    normalise,
                    input,
                )
            },
            |outputs| {
                let presence = 1.0 / (1.0 + (-outputs.get(1, 1)?[0]).exp());
                let scale = to_picture.scale();
                let points = outputs
                    .get(0, 3 * MESH_POINTS)?
                    .chunks_exact(3)
                    .map(|p| {
                        let Point { x, y } = to_picture.apply(Point { x: p[0], y: p[1] });
                        [x, y, p[2] * scale]
                    })
                    .collect();
                Ok(Mesh { points, presence })
            },
        )
    }
}

impl Mesh {
    /// All points: x and y in pixels of the picture, z in the same unit, growing away from the camera.
    #[must_use]
    pub fn points(&self) -> &[[f32; 3]] {
        &self.points
    }

    /// How sure the network is that it saw a face, 0 to 1.
    #[must_use]
    pub fn presence(&self) -> f32 {
        self.presence
    }

    /// Point `index` in the picture's plane. An index past the last point gives the last point.
    #[must_use]
    pub fn point(&self, index: usize) -> Point {
        let [x, y, _] = self.point3(index);
        Point { x, y }
    }

    /// Distance between two points, depth included.
    #[must_use]
    pub fn distance3(&self, a: usize, b: usize) -> f32 {
        let (a, b) = (self.point3(a), self.point3(b));
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    }

    /// The person's right eye, left eye, nose tip, right and left corner of the mouth: as [`Face::points`].
    #[must_use]
    pub fn five_points(&self) -> [Point; 5] {
        let middle = |[a, b]: [usize; 2]| self.point(a).middle(self.point(b));
        [
            middle(indices::RIGHT_EYE_CORNERS),
            middle(indices::LEFT_EYE_CORNERS),
            self.point(indices::NOSE_TIP),
            self.point(indices::MOUTH_CORNERS[0]),
            self.point(indices::MOUTH_CORNERS[1]),
        ]
    }

    /// Left, top, right and bottom edge of the upright box around all points.
    #[must_use]
    pub fn edges(&self) -> [f32; 4] {
        edges(self.points.iter().map(|p| Point { x: p[0], y: p[1] }))
    }

    /// The box around all points, in fractions of a picture of this size.
    #[must_use]
    pub fn bounds(&self, view: View<'_>) -> Bounds {
        let [left, top, right, bottom] = self.edges();
        let (width, height) = (view.width() as f32, view.height() as f32);
        Bounds {
            x: left / width,
            y: top / height,
            width: (right - left) / width,
            height: (bottom - top) / height,
        }
    }

    /// Tilt of the line through the eyes' outer corners, in radians.
    #[must_use]
    pub fn tilt(&self) -> f32 {
        let (right, left) = (
            self.point(indices::RIGHT_EYE_CORNERS[0]),
            self.point(indices::LEFT_EYE_CORNERS[0]),
        );
        (left.y - right.y).atan2(left.x - right.x)
    }

    fn point3(&self, index: usize) -> [f32; 3] {
        self.points
            .get(index)
            .or(self.points.last())
            .copied()
            .unwrap_or_default()
    }
}

impl Roi {
    /// The square for a face that was detected.
    #[must_use]
    pub fn from_face(face: &Face) -> Self {
        let [right, left, ..] = face.points;
        let angle = (left.y - right.y).atan2(left.x - right.x);
        let side = face.width.max(face.height);
        // The detector's box starts higher on the forehead than the mesh does.
        let (sin, cos) = angle.sin_cos();
        let (centre, down) = (face.centre(), FACE_SHIFT * side);
        let centre = Point {
            x: centre.x - sin * down,
            y: centre.y + cos * down,
        };
        Self {
            centre,
            side: MARGIN * FACE_SHARE * side,
            angle,
        }
    }

    /// The square for the frame after the one that gave this mesh.
    #[must_use]
    pub fn from_mesh(mesh: &Mesh) -> Self {
        let angle = mesh.tilt();
        let (sin, cos) = angle.sin_cos();
        // The box around the mesh in the level frame, its middle turned back into the picture.
        let [left, top, right, bottom] = edges(mesh.points.iter().map(|p| Point {
            x: cos * p[0] + sin * p[1],
            y: cos * p[1] - sin * p[0],
        }));
        let (x, y) = ((left + right) / 2.0, (top + bottom) / 2.0);
        Self {
            centre: Point {
                x: cos * x - sin * y,
                y: sin * x + cos * y,
            },
            side: MARGIN * (right - left).max(bottom - top),
            angle,
        }
    }

    /// From the pixels of a cut-out with `side` pixels along a side to those of the picture.
    pub(crate) fn to_picture(self, side: usize) -> Affine {
        let scale = self.side / side as f32;
        let (sin, cos) = self.angle.sin_cos();
        let (a, c) = (scale * cos, scale * sin);
        let half = side as f32 / 2.0;
        Affine {
            a,
            b: -c,
            c,
            d: a,
            tx: self.centre.x - (a - c) * half,
            ty: self.centre.y - (c + a) * half,
        }
    }

    /// Whether the square can hold a face: finite, and at least a few pixels wide.
    pub(crate) fn is_usable(&self) -> bool {
        self.side.is_finite()
            && self.side >= 16.0
            && self.centre.x.is_finite()
            && self.centre.y.is_finite()
            && self.angle.is_finite()
    }
}

fn edges(points: impl Iterator<Item = Point>) -> [f32; 4] {
    points.fold(
        [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
        |[left, top, right, bottom], p| [left.min(p.x), top.min(p.y), right.max(p.x), bottom.max(p.y)],
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A mesh of the given points.
    pub(crate) fn mesh_of(points: Vec<[f32; 3]>) -> Mesh {
        Mesh { points, presence: 1.0 }
    }

    proptest! {
        #[test]
        fn roi_maps_its_middle_and_its_side(x in -99.0_f32..99.0, y in -99.0_f32..99.0, side in 16.0_f32..900.0, angle in -3.0_f32..3.0) {
            let roi = Roi { centre: Point { x, y }, side, angle };
            let map = roi.to_picture(192);
            let middle = Point { x: 96.0, y: 96.0 };
            prop_assert!(map.apply(middle).distance(roi.centre) < 0.01);
            let across = map.apply(Point { x: 0.0, y: 10.0 }).distance(map.apply(Point { x: 192.0, y: 10.0 }));
            prop_assert!((across - side).abs() < 0.01 * side);
        }

        #[test]
        fn roi_of_a_turned_mesh_is_the_turned_roi(angle in -1.2_f32..1.2) {
            let mut flat = vec![[0.0, 0.0, 0.0]; MESH_POINTS];
            flat[indices::RIGHT_EYE_CORNERS[0]] = [-40.0, -10.0, 0.0];
            flat[indices::LEFT_EYE_CORNERS[0]] = [40.0, -10.0, 0.0];
            flat[152] = [0.0, 70.0, 0.0];
            let (sin, cos) = angle.sin_cos();
            let turned = flat.iter().map(|p| [cos * p[0] - sin * p[1], sin * p[0] + cos * p[1], p[2]]).collect();
            let (level, tilted) = (Roi::from_mesh(&mesh_of(flat)), Roi::from_mesh(&mesh_of(turned)));
            prop_assert!((tilted.angle - angle).abs() < 1e-3);
            prop_assert!((tilted.side - level.side).abs() < 0.1);
            let expected = Point { x: -sin * level.centre.y, y: cos * level.centre.y };
            prop_assert!(tilted.centre.distance(expected) < 0.1);
        }
    }
}
