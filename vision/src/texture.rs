//! How the frames of a step differ from each other in their fine structure.
//!
//! The noise of a camera's sensor, and a living head, make each frame differ from all others. A picture shown twice does not, and one
//! mixed of its neighbours lies between them. The evaluation is `docs/evaluation/frames.md`.

use std::fmt;

use tanu_protocol::observation::Change;

use crate::{picture::View, quality::LUMA};

/// Cells across and down, whatever the frame's size and shape. With more of them what compression leaves drowns the difference of a
/// frame from its copy; with fewer a moving head looks like one mixed of its neighbours.
const COLUMNS: usize = 48;
const ROWS: usize = 36;

/// Each how many pixels one is looked at, along both axes.
const STEP: usize = 2;

/// Difference below which two frames are the same, in levels of 255: what compression makes of a still picture.
const SAME: f32 = 0.05;

/// Share that the difference from the mean of two has of the difference of those two, where all three are independent noise of one
/// strength: √1.5 over √2.
const NOISE_SHARE: f32 = 0.866_025_4;

/// The fine structure of a frame's luma: a small picture of it, without what changes slowly from place to place.
///
/// `Debug` prints no values: a face never reaches a log.
#[derive(Clone, PartialEq)]
pub struct Texture {
    width: u32,
    height: u32,
    /// Rows of cells without those at the edge, in levels of 255.
    cells: Vec<f32>,
}

impl Texture {
    /// Looks at a frame.
    #[must_use]
    pub fn of(view: View<'_>) -> Self {
        let means = cell_means(view);
        let at = |row: usize, column: usize| means[row * COLUMNS + column];
        let mut cells = Vec::with_capacity((ROWS - 2) * (COLUMNS - 2));
        for row in 1..ROWS - 1 {
            for column in 1..COLUMNS - 1 {
                let around: f32 = (row - 1..=row + 1)
                    .map(|near| at(near, column - 1) + at(near, column) + at(near, column + 1))
                    .sum();
                cells.push(at(row, column) - around / 9.0);
            }
        }
        Self {
            width: view.width(),
            height: view.height(),
            cells,
        }
    }

    /// How this frame differs from others of its step: `earlier` are those before it, in order, and `after` is the next one. `None` where
    /// fewer than two are earlier, and where frames differ in size.
    #[must_use]
    pub fn change<'a>(&self, earlier: impl DoubleEndedIterator<Item = &'a Self>, after: &Self) -> Option<Change> {
        let mut earlier = earlier.rev();
        let before = earlier.next()?;
        let mut nearest = self.difference(earlier.next()?)?;
        for other in earlier {
            nearest = nearest.min(self.difference(other)?);
        }
        let apart = before.difference(after)?;
        let from_mean = root_mean_square(&self.cells, &before.cells, &after.cells);
        Some(Change {
            previous: self.difference(before)?,
            nearest,
            between: from_mean / (NOISE_SHARE * apart.max(SAME)),
        })
    }

    /// Root mean square difference in levels of 255; `None` where the frames differ in size.
    fn difference(&self, other: &Self) -> Option<f32> {
        let same = self.width == other.width && self.height == other.height;
        same.then(|| root_mean_square(&self.cells, &other.cells, &other.cells))
    }
}

impl fmt::Debug for Texture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Texture({}×{})", self.width, self.height)
    }
}

/// Root of the mean square difference of values from the mean of two others.
fn root_mean_square(values: &[f32], a: &[f32], b: &[f32]) -> f32 {
    /// Sums kept side by side, so that a processor adds them at once.
    const LANES: usize = 8;
    let mut sums = [0.0; LANES];
    for ((values, a), b) in values.chunks(LANES).zip(a.chunks(LANES)).zip(b.chunks(LANES)) {
        for (((sum, value), a), b) in sums.iter_mut().zip(values).zip(a).zip(b) {
            let difference = value - (a + b) / 2.0;
            *sum += difference * difference;
        }
    }
    (sums.iter().sum::<f32>() / values.len() as f32).sqrt()
}

/// Mean luma of each cell, in levels of 255.
fn cell_means(view: View<'_>) -> Vec<f32> {
    let (width, height) = (view.width() as usize, view.height() as usize);
    let bounds = |cell: usize, cells: usize, size: usize| {
        let from = cell * size / cells;
        from..((cell + 1) * size / cells).max(from + 1)
    };
    let mut means = Vec::with_capacity(ROWS * COLUMNS);
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let columns = bounds(column, COLUMNS, width);
            let (mut sums, mut count) = ([0_u32; 3], 0);
            for y in bounds(row, ROWS, height).step_by(STEP) {
                for pixel in view.row(y, columns.clone()).step_by(STEP) {
                    for (sum, value) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                    count += 1;
                }
            }
            let luma: f32 = sums.iter().zip(LUMA).map(|(sum, weight)| weight * *sum as f32).sum();
            means.push(luma / count.max(1) as f32);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::picture::Picture;

    const SIZE: (u32, u32) = (160, 120);

    /// Numbers that look random, from −1 to 1.
    fn noise(seed: u64, index: u64) -> f32 {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ index.wrapping_mul(0xbf58_476d_1ce4_e5b9);
        for _ in 0..3 {
            state ^= state >> 29;
            state = state.wrapping_mul(0x94d0_49bb_1331_11eb);
        }
        (state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// A frame of a camera: a pattern that has moved by `shift` pixels, under noise of `strength` levels that differs from seed to
    /// seed.
    fn frame(seed: u64, shift: f32, strength: f32) -> Vec<f32> {
        let pixels = (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x as f32, y as f32)));
        let values = pixels.enumerate().map(|(index, (x, y))| {
            let pattern = ((x + shift) / 5.0).sin() * (y / 6.0).cos();
            128.0 + 60.0 * pattern + strength * noise(seed, index as u64)
        });
        values.collect()
    }

    fn texture(levels: &[f32]) -> Texture {
        let rgb = levels.iter().flat_map(|level| [level.round() as u8; 3]).collect();
        Texture::of(Picture::from_rgb(SIZE.0, SIZE.1, rgb).unwrap().view())
    }

    fn mixed(a: &[f32], b: &[f32]) -> Vec<f32> {
        a.iter().zip(b).map(|(a, b)| (a + b) / 2.0).collect()
    }

    proptest! {
        #[test]
        fn only_repeated_frames_hardly_change(seed in 1_u64..1_000_000, sway in -3.0_f32..3.0) {
            let films: Vec<_> = (0..5).map(|n| frame(seed + n, sway * n as f32, 12.0)).collect();
            let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|n: usize| texture(&films[n]));
            let live = d.change([&a, &b, &c].into_iter(), &e).unwrap();
            prop_assert!(live.previous > 0.5 && live.nearest > 0.5 && live.between > 0.3, "{live:?}");
            let frozen = c.change([&a, &b, &c].into_iter(), &e).unwrap();
            prop_assert_eq!(frozen.previous, 0.0);
            let looped = a.change([&a, &b, &c].into_iter(), &b).unwrap();
            prop_assert!(looped.nearest == 0.0 && looped.previous > 0.5, "{looped:?}");
            let between = texture(&mixed(&films[2], &films[3]));
            let interpolated = between.change([&a, &b, &c].into_iter(), &d).unwrap();
            prop_assert!(interpolated.between < 0.2 && interpolated.previous > 0.2, "{interpolated:?}");
        }

        #[test]
        fn independent_noise_lies_as_far_from_the_mean_as_expected(seed in 1_u64..1_000_000) {
            let [a, b, c, d] = [0, 1, 2, 3].map(|n| texture(&frame(seed + n, 0.0, 12.0)));
            let change = c.change([&a, &b].into_iter(), &d).unwrap();
            prop_assert!((change.between - 1.0).abs() < 0.15, "{change:?}");
            prop_assert!((change.nearest / change.previous - 1.0).abs() < 0.15, "{change:?}");
        }
    }

    #[test]
    fn a_change_takes_two_frames_before_and_one_size() {
        let [a, b] = [1, 2].map(|seed| texture(&frame(seed, 0.0, 3.0)));
        let small = Texture::of(Picture::from_rgb(8, 6, vec![90; 144]).unwrap().view());
        assert_eq!(a.change([&b].into_iter(), &b), None);
        assert_eq!(a.change([].into_iter(), &b), None);
        assert!(a.change([&b, &b].into_iter(), &b).is_some());
        for (earlier, after) in [([&small, &b], &b), ([&b, &small], &b), ([&b, &b], &small)] {
            assert_eq!(a.change(earlier.into_iter(), after), None);
        }
    }

    #[test]
    fn a_still_picture_is_the_same_throughout() {
        let small = Texture::of(Picture::from_rgb(3, 2, vec![90; 18]).unwrap().view());
        let change = small.change([&small, &small].into_iter(), &small);
        let nothing = Change {
            previous: 0.0,
            nearest: 0.0,
            between: 0.0,
        };
        assert_eq!(change, Some(nothing));
    }

    #[test]
    fn debug_shows_no_pixel() {
        assert_eq!(format!("{:?}", texture(&frame(1, 0.0, 0.0))), "Texture(160×120)");
    }
}
