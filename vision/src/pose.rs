//! Head pose: the rotation that fits the canonical face to the mesh.
//!
//! The similarity transform (rotation, scale, shift in space) of the canonical face to the mesh, least squares over the points
//! that move least with expression: everything above the mouth but the lids and brows. The mesh's depth is in the unit of its x and y
//! (weak perspective), so the fit is in space. The rotation is the orthogonal factor of the cross-covariance (N. J. Higham,
//! "Computing the polar decomposition", 1986), which is Umeyama's optimum for the unmirrored case.
//!
//! Rotation = roll about the camera's axis · yaw about the head's upright axis · pitch about the line through the eyes. So a
//! phone held askew changes roll only, and yaw and pitch are those relative to the person's own upright.

use tanu_protocol::observation::HeadPose;

use crate::{canonical::canonical_point, mesh::MESH_POINTS, mesh::Mesh};

type Matrix = [[f64; 3]; 3];

/// The head's place in space.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Head pose.
    pub pose: HeadPose,
    /// Distance between the outer corners of the eyes in pixels, as if the face looked straight into the camera.
    pub eye_distance: f32,
}

/// A point of the canonical face, and the same point of the mesh.
type Pair = ([f64; 3], [f64; 3]);

/// Fits the canonical face to a mesh. `None` where the mesh is flat, mirrored or not finite, so that it has no pose.
#[must_use]
pub fn fit_head(mesh: &Mesh) -> Option<Fit> {
    let pairs: Vec<Pair> = mesh
        .points()
        .iter()
        .enumerate()
        .take(MESH_POINTS)
        .map(|(index, point)| (canonical_point(index), point.map(f64::from)))
        .filter(|(canonical, _)| is_stiff(*canonical))
        .collect();
    let n = pairs.len() as f64;
    let mean = |pick: fn(&Pair) -> [f64; 3]| {
        let sum = pairs
            .iter()
            .map(pick)
            .fold([0.0; 3], |sum, p| [sum[0] + p[0], sum[1] + p[1], sum[2] + p[2]]);
        sum.map(|v| v / n)
    };
    let (mean_canonical, mean_mesh) = (mean(|pair| pair.0), mean(|pair| pair.1));
    let mut covariance: Matrix = [[0.0; 3]; 3];
    let mut spread = 0.0;
    for (canonical, point) in &pairs {
        for column in 0..3 {
            let from = canonical[column] - mean_canonical[column];
            spread += from * from;
            for row in 0..3 {
                covariance[row][column] += (point[row] - mean_mesh[row]) * from;
            }
        }
    }
    let rotation = nearest_rotation(covariance)?;
    let scale = dot(&rotation, &covariance) / spread;
    (scale.is_normal() && scale > 0.0).then(|| Fit {
        pose: angles(&rotation),
        eye_distance: scale as f32,
    })
}

/// Whether expression hardly moves a point: above the mouth, and away from lids and brows.
fn is_stiff([x, y, _]: [f64; 3]) -> bool {
    let side = x.abs();
    let at_eye = (0.1..0.62).contains(&side) && (-0.32..0.12).contains(&y);
    y < 0.62 && !at_eye
}

/// The rotation nearest to a matrix: Newton's iteration for the orthogonal polar factor. `None` where there is none.
fn nearest_rotation(matrix: Matrix) -> Option<Matrix> {
    let size = dot(&matrix, &matrix).sqrt();
    if !size.is_normal() {
        return None;
    }
    let mut current = matrix.map(|row| row.map(|v| v / size));
    for _ in 0..40 {
        let cofactors = cofactors(&current);
        let det = (0..3).map(|i| current[0][i] * cofactors[0][i]).sum::<f64>();
        if det.is_nan() || det <= 1e-12 {
            return None;
        }
        let mut change = 0.0_f64;
        for row in 0..3 {
            for column in 0..3 {
                let next = (current[row][column] + cofactors[row][column] / det) / 2.0;
                change = change.max((next - current[row][column]).abs());
                current[row][column] = next;
            }
        }
        if change < 1e-10 {
            return Some(current);
        }
    }
    None
}

fn cofactors(m: &Matrix) -> Matrix {
    let minor = |row: usize, column: usize| {
        let (r, s, c, d) = ((row + 1) % 3, (row + 2) % 3, (column + 1) % 3, (column + 2) % 3);
        m[r][c] * m[s][d] - m[r][d] * m[s][c]
    };
    [0, 1, 2].map(|row| [0, 1, 2].map(|column| minor(row, column)))
}

fn dot(a: &Matrix, b: &Matrix) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum()
}

/// The angles of roll · yaw · pitch. The camera sees x to the right (the person's left), y down, z away.
fn angles(r: &Matrix) -> HeadPose {
    HeadPose {
        yaw: r[2][0].clamp(-1.0, 1.0).asin().to_degrees() as f32,
        pitch: (-r[2][1]).atan2(r[2][2]).to_degrees() as f32,
        roll: r[1][0].atan2(r[0][0]).to_degrees() as f32,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::mesh::tests::mesh_of;

    /// The canonical face, turned, at `eye_distance` pixels between the eyes and moved into the picture.
    fn posed(yaw: f64, pitch: f64, roll: f64, eye_distance: f64) -> Mesh {
        let (sy, cy) = yaw.to_radians().sin_cos();
        let (sp, cp) = pitch.to_radians().sin_cos();
        let (sr, cr) = roll.to_radians().sin_cos();
        let turn = |[x, y, z]: [f64; 3]| {
            // A look up takes the nose (−z) up (−y); a turn left takes it to the picture's right (+x).
            let (y, z) = (cp * y + sp * z, cp * z - sp * y);
            let (x, z) = (cy * x - sy * z, cy * z + sy * x);
            let (x, y) = (cr * x - sr * y, cr * y + sr * x);
            [300.0 + eye_distance * x, 200.0 + eye_distance * y, eye_distance * z].map(|v| v as f32)
        };
        mesh_of((0..MESH_POINTS).map(|i| turn(canonical_point(i))).collect())
    }

    #[test]
    fn signs_are_the_persons_own() {
        let nose = |mesh: &Mesh| mesh.point(crate::mesh::indices::NOSE_TIP);
        let chin_to_brow = |mesh: &Mesh| mesh.point(10).x - mesh.point(152).x;
        let straight = posed(0.0, 0.0, 0.0, 100.0);
        assert!(
            nose(&posed(20.0, 0.0, 0.0, 100.0)).x > nose(&straight).x,
            "the person's left is the picture's right"
        );
        assert!(nose(&posed(0.0, 20.0, 0.0, 100.0)).y < nose(&straight).y, "up");
        assert!(
            chin_to_brow(&posed(0.0, 0.0, 20.0, 100.0)) > 10.0,
            "the brow leans to the person's left shoulder"
        );
    }

    proptest! {
        #[test]
        fn pose_of_a_posed_face_is_found(yaw in -80.0_f64..80.0, pitch in -80.0_f64..80.0, roll in -170.0_f64..170.0, size in 5.0_f64..900.0) {
            let fit = fit_head(&posed(yaw, pitch, roll, size)).unwrap();
            prop_assert!((f64::from(fit.pose.yaw) - yaw).abs() < 0.1, "{fit:?}");
            prop_assert!((f64::from(fit.pose.pitch) - pitch).abs() < 0.1, "{fit:?}");
            prop_assert!((f64::from(fit.pose.roll) - roll).abs() < 0.1, "{fit:?}");
            prop_assert!((f64::from(fit.eye_distance) - size).abs() < 1e-3 * size, "{fit:?}");
        }
    }

    #[test]
    fn a_mesh_without_shape_has_no_pose() {
        for mesh in [vec![[1.0; 3]; MESH_POINTS], vec![[f32::NAN; 3]; MESH_POINTS], vec![]] {
            assert_eq!(fit_head(&mesh_of(mesh)), None);
        }
        let flat = posed(0.0, 0.0, 0.0, 100.0)
            .points()
            .iter()
            .map(|p| [p[0], p[1], 0.0])
            .collect();
        assert_eq!(fit_head(&mesh_of(flat)), None);
    }
}
