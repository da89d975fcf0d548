//! How open the mouth is, from the mesh.

use crate::mesh::{Mesh, indices};

/// Gap between the lips, in widths of the mouth, of a mouth that is closed: the mesh leaves a hair.
const CLOSED: f32 = 0.03;

/// The same gap of a mouth that is wide open. Of the people of Labeled Faces in the Wild, View 1, those who shout have 0.55 to
/// 0.75, those who laugh with bare teeth 0.25 to 0.35.
const WIDE_OPEN: f32 = 0.65;

/// How open the mouth is: 0 closed to 1 wide open.
///
/// The mean gap between the inner lips (three pairs of points) over the distance between the corners of the mouth, both with
/// depth, so that a turn or a nod changes little. The width tells a smile, which widens the mouth, from an open mouth, which
/// narrows it.
#[must_use]
pub fn mouth_openness(mesh: &Mesh) -> f32 {
    let width = mesh.distance3(indices::MOUTH_CORNERS[0], indices::MOUTH_CORNERS[1]);
    if !width.is_normal() {
        return 0.0;
    }
    let gap = indices::INNER_LIPS
        .iter()
        .map(|[upper, lower]| mesh.distance3(*upper, *lower))
        .sum::<f32>()
        / 3.0;
    ((gap / width - CLOSED) / (WIDE_OPEN - CLOSED)).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mesh::{MESH_POINTS, tests::mesh_of};

    fn with_gap(gap: f32) -> Mesh {
        let mut points = vec![[0.0; 3]; MESH_POINTS];
        points[indices::MOUTH_CORNERS[1]] = [100.0, 0.0, 0.0];
        for [_, lower] in indices::INNER_LIPS {
            points[lower] = [0.0, gap, 0.0];
        }
        mesh_of(points)
    }

    #[test]
    fn openness_grows_from_closed_to_wide_open() {
        assert_eq!(mouth_openness(&with_gap(0.0)), 0.0);
        assert!((mouth_openness(&with_gap(34.0)) - 0.5).abs() < 1e-5);
        assert_eq!(mouth_openness(&with_gap(90.0)), 1.0);
    }

    #[test]
    fn a_mesh_without_extent_has_a_closed_mouth() {
        assert_eq!(mouth_openness(&mesh_of(vec![[5.0; 3]; MESH_POINTS])), 0.0);
    }
}
