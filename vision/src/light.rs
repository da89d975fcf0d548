//! The light that comes from a face and from what is around it.

use std::sync::LazyLock;

use tanu_protocol::observation::{Bounds, FaceLight};

use crate::{mesh::Mesh, picture::View};

/// Triangles of mesh points on bare skin: forehead, nose, the person's right cheek, left cheek. Each runs clockwise in the picture where
/// the face looks at the camera.
const SKIN: [[usize; 3]; 6] = [
    [69, 299, 9],
    [197, 371, 142],
    [117, 36, 187],
    [118, 36, 205],
    [266, 346, 411],
    [266, 347, 425],
];

/// Rows of samples in a triangle: `ROWS · (ROWS + 1) / 2` samples, whatever its size.
const ROWS: usize = 16;

/// Samples of the frame along its longer side.
const GRID: f32 = 64.0;

/// What is beyond the head is farther from the middle of the face than this times half its box.
const HEAD: f32 = 1.6;

/// Least share of the frame that shows enough of the surroundings.
const ENOUGH: f32 = 0.02;

/// From this value on a channel counts as overexposed: what it would be is not known.
const OVEREXPOSED: u8 = 250;

/// Share of the skin's samples left out at either end, ordered by how bright they are: highlights here, hair, glasses, brows and
/// shadows there.
const TRIM: f32 = 0.2;

/// Measures the light of a face whose mesh is known.
#[must_use]
pub(crate) fn light_of(view: View<'_>, mesh: &Mesh) -> FaceLight {
    FaceLight {
        face: of_skin(view, mesh),
        around: of_surroundings(view, mesh.bounds(view)),
    }
}

fn of_skin(view: View<'_>, mesh: &Mesh) -> [f32; 3] {
    let mut samples = Vec::with_capacity(SKIN.len() * ROWS * (ROWS + 1) / 2);
    for triangle in SKIN {
        let [a, b, c] = triangle.map(|index| mesh.point(index));
        let turned = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
        // One that is seen from behind, on the far side of a turned head, shows other skin or none.
        if turned <= 0.0 {
            continue;
        }
        for row in 0..ROWS {
            for column in 0..ROWS - row {
                let (u, v) = (
                    (row as f32 + 1.0 / 3.0) / ROWS as f32,
                    (column as f32 + 1.0 / 3.0) / ROWS as f32,
                );
                let x = a.x + u * (b.x - a.x) + v * (c.x - a.x);
                let y = a.y + u * (b.y - a.y) + v * (c.y - a.y);
                samples.extend(view.pixel(x, y));
            }
        }
    }
    let exposed = samples.iter().filter(|pixel| is_exposed(pixel)).count();
    // Where all is overexposed that is what there is to say.
    if exposed > 0 {
        samples.retain(is_exposed);
    }
    samples.sort_unstable_by_key(brightness);
    let trimmed = (TRIM * samples.len() as f32) as usize;
    mean(samples.get(trimmed..samples.len() - trimmed).unwrap_or_default())
}

fn of_surroundings(view: View<'_>, face: Bounds) -> [f32; 3] {
    let (width, height) = (view.width() as f32, view.height() as f32);
    let step = (width.max(height) / GRID).max(1.0);
    let (columns, rows) = ((width / step) as usize, (height / step) as usize);
    let (mut beside, mut below) = (Vec::new(), Vec::new());
    for row in 0..rows {
        for column in 0..columns {
            let (x, y) = ((column as f32 + 0.5) * step, (row as f32 + 0.5) * step);
            let across = 2.0 * (x / width - face.x) / face.width - 1.0;
            let down = 2.0 * (y / height - face.y) / face.height - 1.0;
            if across.abs() > HEAD || down.abs() > HEAD {
                // Lower than the chin are the shoulders, on which the same light falls.
                let samples = if down < 1.0 { &mut beside } else { &mut below };
                samples.extend(view.pixel(x, y).filter(is_exposed));
            }
        }
    }
    if (beside.len() as f32) < ENOUGH * (columns * rows) as f32 {
        beside.append(&mut below);
    }
    mean(&beside)
}

fn is_exposed(pixel: &[u8; 3]) -> bool {
    pixel.iter().all(|value| *value < OVEREXPOSED)
}

fn brightness(pixel: &[u8; 3]) -> u32 {
    let [red, green, blue] = pixel.map(u32::from);
    2 * red + 5 * green + blue
}

/// Mean of the linear light; zero of no pixels.
fn mean(pixels: &[[u8; 3]]) -> [f32; 3] {
    let mut sum = [0.0; 3];
    for pixel in pixels {
        for (sum, value) in sum.iter_mut().zip(pixel) {
            *sum += linear(*value);
        }
    }
    sum.map(|sum| sum / pixels.len().max(1) as f32)
}

/// Linear light of a channel's value, 0 to 1.
pub(crate) fn linear(value: u8) -> f32 {
    LINEAR[usize::from(value)]
}

/// Linear light of each value of a channel (IEC 61966-2-1).
static LINEAR: LazyLock<[f32; 256]> = LazyLock::new(|| {
    std::array::from_fn(|value| {
        let value = value as f32 / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    })
});

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        canonical::canonical_point,
        mesh::{MESH_POINTS, tests::mesh_of},
        picture::Picture,
    };

    const WIDTH: u32 = 320;
    const HEIGHT: u32 = 240;

    /// The canonical face in the middle of a frame, turned by `yaw`, with `eyes` pixels between the outer corners of the eyes.
    fn face(yaw: f32, eyes: f32) -> Mesh {
        let (sin, cos) = yaw.to_radians().sin_cos();
        let points = (0..MESH_POINTS).map(|index| {
            let [x, y, z] = canonical_point(index).map(|v| v as f32);
            [
                160.0 + eyes * (cos * x - sin * z),
                100.0 + eyes * y,
                eyes * (cos * z + sin * x),
            ]
        });
        mesh_of(points.collect())
    }

    /// A frame of pixels that are those of `skin` within the face's box, else those of `wall`.
    fn frame(mesh: &Mesh, skin: impl Fn(u32, u32) -> [u8; 3], wall: [u8; 3]) -> Picture {
        let [left, top, right, bottom] = mesh.edges();
        let pixels = (0..HEIGHT).flat_map(|y| (0..WIDTH).map(move |x| (x, y)));
        let rgb = pixels.flat_map(|(x, y)| {
            let inside = (left..right).contains(&(x as f32)) && (top..bottom).contains(&(y as f32));
            if inside { skin(x, y) } else { wall }
        });
        Picture::from_rgb(WIDTH, HEIGHT, rgb.collect()).unwrap()
    }

    fn linear_light(pixel: [u8; 3]) -> [f32; 3] {
        pixel.map(linear)
    }

    fn near(a: [f32; 3], b: [f32; 3]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3)
    }

    /// A value whose linear light is `share` of that of `value`.
    fn dimmed(value: u8, share: f32) -> u8 {
        let wanted = share * linear(value);
        (0..=u8::MAX)
            .min_by(|a, b| {
                let off = |v: &u8| (linear(*v) - wanted).abs();
                off(a).total_cmp(&off(b))
            })
            .unwrap()
    }

    #[test]
    fn black_is_dark_and_white_is_bright() {
        assert_eq!((LINEAR[0], LINEAR[255]), (0.0, 1.0));
        assert!((LINEAR[188] - 0.503).abs() < 1e-3);
        assert!(LINEAR.is_sorted());
    }

    proptest! {
        #[test]
        fn a_tint_scales_each_channel_of_the_face_alone(share in prop::array::uniform3(0.3_f32..1.0), yaw in -50.0_f32..50.0) {
            let mesh = face(yaw, 60.0);
            let skin = [180, 140, 120];
            let tinted = [0, 1, 2].map(|channel: usize| dimmed(skin[channel], share[channel]));
            let wall = [90, 100, 110];
            let light = |skin: [u8; 3]| light_of(frame(&mesh, |_, _| skin, wall).view(), &mesh);
            let (before, after) = (light(skin), light(tinted));
            prop_assert!(near(before.face, linear_light(skin)) && near(before.around, linear_light(wall)));
            prop_assert_eq!(before.around, after.around);
            for ((after, before), share) in after.face.into_iter().zip(before.face).zip(share) {
                prop_assert!((after / before - share).abs() < 0.02);
            }
        }
    }

    #[test]
    fn highlights_shadows_and_overexposed_skin_do_not_count() {
        let (mesh, skin) = (face(0.0, 60.0), [150, 120, 100]);
        let spotted = |x: u32, y: u32| match (x / 3 + y / 3) % 10 {
            0 => [255, 255, 250],
            1 => [240, 235, 230],
            2 => [20, 15, 10],
            _ => skin,
        };
        let light = light_of(frame(&mesh, spotted, [60; 3]).view(), &mesh);
        assert!(near(light.face, linear_light(skin)), "{light:?}");
    }

    #[test]
    fn skin_that_is_overexposed_throughout_is_white() {
        let mesh = face(0.0, 60.0);
        let light = light_of(frame(&mesh, |_, _| [255; 3], [60; 3]).view(), &mesh);
        assert_eq!(light.face, [1.0; 3]);
    }

    #[test]
    fn overexposed_surroundings_do_not_count_and_a_head_that_fills_the_frame_has_none() {
        let mesh = face(0.0, 60.0);
        let window = frame(&mesh, |_, _| [150; 3], [255; 3]);
        assert_eq!(light_of(window.view(), &mesh).around, [0.0; 3]);
        let near = face(0.0, 200.0);
        let filled = frame(&near, |_, _| [150; 3], [60; 3]);
        assert_eq!(light_of(filled.view(), &near).around, [0.0; 3]);
    }

    #[test]
    fn a_face_outside_the_frame_has_no_light() {
        let away = mesh_of(
            face(0.0, 60.0)
                .points()
                .iter()
                .map(|[x, y, z]| [x + 900.0, *y, *z])
                .collect(),
        );
        let frame = Picture::from_rgb(8, 8, vec![100; 192]).unwrap();
        assert_eq!(light_of(frame.view(), &away).face, [0.0; 3]);
    }
}
