//! How far the mouth is drawn wide, from the mesh.

use crate::mesh::{Mesh, indices};

/// Middle of the forehead at the hair, and base of the nose: the line between them is upright.
const UPRIGHT: [usize; 2] = [10, 2];

/// Middle of the upper lip's inner edge.
const UPPER_LIP: usize = indices::INNER_LIPS[1][0];

/// How far the mouth is drawn wide: 0 a calm mouth to 1 a broad smile.
///
/// A smile takes the corners of the mouth apart and up. Apart: their distance in distances of the outer corners of the eyes. Up:
/// how far they are above the middle of the upper lip along the face, in the same unit. Both with depth, so that a turn or a nod
/// changes little.
#[must_use]
pub fn smile(mesh: &Mesh) -> f32 {
    match measure(mesh) {
        Some(Mouth { width, lift }) => ((width - CALM.width) / WIDTH + (lift - CALM.lift) / LIFT).clamp(0.0, 1.0),
        None => 0.0,
    }
}

/// A calm mouth.
const CALM: Mouth = Mouth {
    width: 0.56,
    lift: -0.02,
};

/// Width that makes a broad smile, where the corners stay as high as they were.
const WIDTH: f32 = 0.3;

/// Lift that makes a broad smile of a mouth that grows no wider.
const LIFT: f32 = 0.12;

/// What is measured of a mouth, in distances of the outer corners of the eyes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mouth {
    /// Distance between the corners.
    width: f32,
    /// Height of the corners above the middle of the upper lip.
    lift: f32,
}

/// `None` where the mesh has no extent.
fn measure(mesh: &Mesh) -> Option<Mouth> {
    let at = |index: usize| mesh.points().get(index).copied().unwrap_or_default();
    let [right, left] = indices::MOUTH_CORNERS.map(at);
    let across = minus(at(indices::LEFT_EYE_CORNERS[0]), at(indices::RIGHT_EYE_CORNERS[0]));
    let unit = dot(across, across).sqrt();
    let along = minus(at(UPRIGHT[1]), at(UPRIGHT[0]));
    // What of it goes across is taken out.
    let share = dot(along, across) / dot(across, across);
    let along = minus(along, across.map(|v| share * v));
    let length = dot(along, along).sqrt();
    let middle = [0, 1, 2].map(|axis| (right[axis] + left[axis]) / 2.0);
    let mouth = Mouth {
        width: mesh.distance3(indices::MOUTH_CORNERS[0], indices::MOUTH_CORNERS[1]) / unit,
        lift: dot(minus(at(UPPER_LIP), middle), along) / (length * unit),
    };
    (mouth.width.is_finite() && mouth.lift.is_finite()).then_some(mouth)
}

fn minus(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
