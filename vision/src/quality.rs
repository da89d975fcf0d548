//! Suitability of a face's picture: light, contrast, sharpness.

use tanu_protocol::observation::Quality;

use crate::{
    embedder::{ALIGNED_SIDE, aligned_to_picture},
    geometry::Point,
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

/// The part of the aligned face that is skin, eyes and mouth, not hair or background: rows and columns from … to.
const ROWS: (usize, usize) = (24, 108);
const COLUMNS: (usize, usize) = (20, 92);

/// Weights of red, green and blue in the luma of ITU-R BT.601.
pub(crate) const LUMA: [f32; 3] = [0.299, 0.587, 0.114];

/// Measures the face with these five points (order of [`crate::Face::points`]), after alignment to 112 × 112 pixels, so that
/// its size in the picture matters as little as it can. A face that can't be aligned is black, flat and blurred.
#[must_use]
pub fn measure_quality(view: View<'_>, points: &[Point; 5]) -> Quality {
    let Some(to_picture) = aligned_to_picture(points) else {
        return Quality {
            brightness: 0.0,
            contrast: 0.0,
            sharpness: 0.0,
        };
    };
    let mut planes = vec![0.0; 3 * ALIGNED_SIDE * ALIGNED_SIDE];
    let normalise = Normalise {
        order: Order::Rgb,
        scale: 1.0 / 255.0,
        bias: 0.0,
    };
    warp(
        view,
        &to_picture,
        (ALIGNED_SIDE, ALIGNED_SIDE),
        (Border::Nearest, Shrink::Mean),
        normalise,
        &mut planes,
    );
    quality_of(&luma(&planes))
}

/// Luma of ITU-R BT.601 of each pixel of three planes, red first; in their unit.
pub(crate) fn luma(planes: &[f32]) -> Vec<f32> {
    let (red, rest) = planes.split_at(planes.len() / 3);
    let (green, blue) = rest.split_at(red.len());
    red.iter()
        .zip(green)
        .zip(blue)
        .map(|((r, g), b)| LUMA[0] * r + LUMA[1] * g + LUMA[2] * b)
        .collect()
}

fn quality_of(luma: &[f32]) -> Quality {
    let at = |x: usize, y: usize| luma[y * ALIGNED_SIDE + x];
    let (mut values, mut edges) = (Moments::default(), Moments::default());
    for y in ROWS.0..ROWS.1 {
        for x in COLUMNS.0..COLUMNS.1 {
            values.add(at(x, y));
            edges.add(at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4.0 * at(x, y));
        }
    }
    Quality {
        brightness: values.mean(),
        contrast: values.variance().sqrt(),
        sharpness: edges.variance(),
    }
}

#[derive(Default)]
struct Moments {
    count: f32,
    sum: f32,
    squares: f32,
}

impl Moments {
    fn add(&mut self, value: f32) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> f32 {
        self.sum / self.count
    }

    fn variance(&self) -> f32 {
        (self.squares / self.count - self.mean() * self.mean()).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(f: impl Fn(usize, usize) -> f32) -> Quality {
        let luma: Vec<f32> = (0..ALIGNED_SIDE * ALIGNED_SIDE)
            .map(|i| f(i % ALIGNED_SIDE, i / ALIGNED_SIDE))
            .collect();
        quality_of(&luma)
    }

    #[test]
    fn an_even_grey_is_flat_and_blurred() {
        let quality = pattern(|_, _| 0.25);
        assert!((quality.brightness - 0.25).abs() < 1e-4);
        assert!(quality.contrast < 1e-2 && quality.sharpness < 1e-4);
    }

    #[test]
    fn fine_stripes_are_sharper_than_broad_ones() {
        let stripes = |width: usize| pattern(move |x, _| ((x / width) % 2) as f32);
        let (fine, broad) = (stripes(1), stripes(8));
        assert!((fine.contrast - 0.5).abs() < 0.02 && (broad.contrast - 0.5).abs() < 0.06);
        assert!(fine.sharpness > 4.0 * broad.sharpness);
    }
}
