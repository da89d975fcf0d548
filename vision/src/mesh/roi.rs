//! The square of a picture that the mesh is measured in.

use super::{Mesh, edges};
use crate::{
    detector::Face,
    geometry::{Affine, Point},
};

/// Side of the cut-out in sides of the square around the mesh.
const MARGIN: f32 = 1.5;

/// Longer side of the box around a mesh, in longer sides of the detector's box: median over Labeled Faces in the Wild, View 1.
const FACE_SHARE: f32 = 0.89;

/// How far below the middle of the detector's box that of the mesh's lies, in longer sides of the detector's box.
const FACE_SHIFT: f32 = 0.05;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mesh::{MESH_POINTS, indices, tests::mesh_of};

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
