//! Whether dark glasses cover the eyes.
//!
//! Of 1,247 pictures of Labeled Faces in the Wild nine read 0.9 and more: eight people with dark glasses, and one whose cap throws a hard
//! shadow. Tinted and mirroring glasses read 0.1 to 0.5, as do deep-set eyes under a strong light from above: under 3 % of the pictures read
//! more than 0. See `docs/evaluation/passive.md`.

use crate::{light::linear, mesh::Mesh, picture::View};

/// Points on the skin below and above each eye, which glasses cover: the person's right eye, then the left.
const EYES: [[[usize; 4]; 2]; 2] = [
    [[22, 23, 24, 26], [27, 28, 29, 30]],
    [[252, 253, 254, 256], [257, 258, 259, 260]],
];

/// Points on the cheeks.
const CHEEKS: [usize; 10] = [50, 36, 205, 187, 101, 280, 266, 425, 411, 330];

/// Light from around the eyes, over that from the cheeks, of bare eyes in strong shadow and of dark glasses.
const BARE: f32 = 0.30;
const DARK: f32 = 0.06;

/// Least light from the cheeks, of 1, by which anything can be told.
const LIT: f32 = 0.01;

/// How dark the skin around both eyes is against the cheeks: 0 as bare eyes have it to 1 as dark glasses make it. Where the cheeks are not
/// in the frame, or dark themselves, 0.
#[must_use]
pub(crate) fn covered(view: View<'_>, mesh: &Mesh) -> f32 {
    // Bare skin on one side is enough: on the other lies the shadow of the nose, or of a brow.
    let lightest = EYES
        .iter()
        .flatten()
        .filter_map(|points| median(view, mesh, points))
        .reduce(f32::max);
    match (lightest, median(view, mesh, &CHEEKS)) {
        (Some(eyes), Some(cheeks)) if cheeks > LIT => ((BARE - eyes / cheeks) / (BARE - DARK)).clamp(0.0, 1.0),
        _ => 0.0,
    }
}

/// Median of the linear light at points of the mesh, 0 to 1, as far as they are in the frame.
fn median(view: View<'_>, mesh: &Mesh, points: &[usize]) -> Option<f32> {
    let mut lights: Vec<f32> = points
        .iter()
        .map(|index| mesh.point(*index))
        .filter_map(|point| view.pixel(point.x, point.y))
        .map(|pixel| pixel.into_iter().map(linear).sum::<f32>() / 3.0)
        .collect();
    lights.sort_by(f32::total_cmp);
    lights.get(lights.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        canonical::canonical_point,
        mesh::{MESH_POINTS, tests::mesh_of},
        picture::Picture,
    };

    /// A face whose skin is `skin` and whose eyes, from the brows to the cheekbones, are `right` and `left`.
    fn covering(skin: u8, right: u8, left: u8) -> f32 {
        let points = (0..MESH_POINTS).map(|index| {
            let [x, y, z] = canonical_point(index).map(|v| 100.0 * v as f32);
            [150.0 + x, 120.0 + y, z]
        });
        let pixels = (0..300_u32).flat_map(|y| (0..300_u32).map(move |x| (x, y)));
        let rgb = pixels.flat_map(|(x, y)| {
            let eyes = (100..135).contains(&y);
            [if eyes && x < 150 {
                right
            } else if eyes {
                left
            } else {
                skin
            }; 3]
        });
        let picture = Picture::from_rgb(300, 300, rgb.collect()).unwrap();
        covered(picture.view(), &mesh_of(points.collect()))
    }

    #[test]
    fn dark_glasses_cover_and_bare_skin_and_one_shadow_do_not() {
        assert_eq!(covering(180, 20, 20), 1.0);
        assert_eq!(covering(180, 180, 180), 0.0);
        assert_eq!(covering(180, 20, 170), 0.0);
        let shadow = covering(180, 90, 90);
        assert!((0.1..0.9).contains(&shadow), "{shadow}");
    }

    #[test]
    fn in_the_dark_nothing_is_told() {
        assert_eq!(covering(15, 0, 0), 0.0);
    }

    #[test]
    fn dark_skin_is_not_covered() {
        assert_eq!(covering(60, 55, 55), 0.0);
    }
}
