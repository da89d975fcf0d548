//! The face mesh: 468 points of a face, from a level cut-out around it.
//!
//! Source of the method: Y. Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs", 2019;
//! the cut-out (square, 1.5 times the face, turned so that the eyes are level) follows the same paper's pipeline.

use tanu_protocol::observation::Bounds;

use crate::{
    detector::Face,
    geometry::Point,
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

mod roi;

pub use roi::Roi;

/// Number of points of a mesh.
pub const MESH_POINTS: usize = 468;

const SIDE: usize = 192;

/// Least presence at which a mesh is a face's. Of 1,248 pictures of Labeled Faces in the Wild 99 % have 0.9999 and more, faces on their
/// side or upside down, of which the mesh makes nothing, 0.5 and less.
const PRESENT: f32 = 0.8;

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

    /// The mesh of a detected face; `None` where there is no face after all.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`FaceMesh::load`] asks of it.
    pub fn of_face(&self, view: View<'_>, face: &Face) -> Result<Option<Mesh>, InferenceError> {
        // A detection's box is a rough guide: the first mesh finds the square in which the second is measured.
        match self.find(view, Roi::from_face(face))? {
            Some(mesh) => self.find(view, Roi::from_mesh(&mesh)),
            None => Ok(None),
        }
    }

    /// The mesh of the face in `roi`; `None` where the square is too small to hold one, or holds none.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`FaceMesh::load`] asks of it.
    pub fn find(&self, view: View<'_>, roi: Roi) -> Result<Option<Mesh>, InferenceError> {
        if !roi.is_usable() {
            return Ok(None);
        }
        Ok(Some(self.measure(view, roi)?).filter(|mesh| mesh.presence() >= PRESENT))
    }

    /// Measures what `roi` holds, be it a face or not.
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

/// Left, top, right and bottom edge of the upright box around points.
fn edges(points: impl Iterator<Item = Point>) -> [f32; 4] {
    points.fold(
        [f32::MAX, f32::MAX, f32::MIN, f32::MIN],
        |[left, top, right, bottom], p| [left.min(p.x), top.min(p.y), right.max(p.x), bottom.max(p.y)],
    )
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A mesh of the given points.
    pub(crate) fn mesh_of(points: Vec<[f32; 3]>) -> Mesh {
        Mesh { points, presence: 1.0 }
    }
}
