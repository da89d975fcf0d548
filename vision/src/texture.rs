//! How the frames of a step differ from each other in their fine structure.

use tanu_protocol::observation::Change;

use crate::{picture::View, quality::LUMA};

/// Cells across and down, whatever the frame's size and shape.
const COLUMNS: usize = 80;
const ROWS: usize = 60;

/// The fine structure of a frame's luma: a small picture of it, without what changes slowly from place to place.
///
/// `Debug` prints no values: a face never reaches a log.
#[derive(Clone, PartialEq)]
pub struct Texture {
    size: (u32, u32),
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
                let mut sum = 0.0;
                for near in row - 1..=row + 1 {
                    sum += at(near, column - 1) + at(near, column) + at(near, column + 1);
                }
                cells.push(at(row, column) - sum / 9.0);
            }
        }
        Self {
            size: (view.width(), view.height()),
            cells,
        }
    }

    /// Root mean square difference in levels of 255; `None` where the frames are not of one size.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Option<f32> {
        let squares = self.cells.iter().zip(&other.cells).map(|(a, b)| (a - b) * (a - b));
        (self.size == other.size).then(|| root_mean(squares))
    }

    /// Root mean square difference from the mean of two others, as [`Texture::difference`].
    fn difference_from_mean(&self, before: &Self, after: &Self) -> Option<f32> {
        let means = before.cells.iter().zip(&after.cells).map(|(a, b)| (a + b) / 2.0);
        let squares = self.cells.iter().zip(means).map(|(a, b)| (a - b) * (a - b));
        (self.size == before.size && self.size == after.size).then(|| root_mean(squares))
    }
}

impl std::fmt::Debug for Texture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Texture({}×{})", self.size.0, self.size.1)
    }
}

fn root_mean(squares: impl ExactSizeIterator<Item = f32>) -> f32 {
    let count = squares.len() as f32;
    (squares.sum::<f32>() / count).sqrt()
}

/// How each frame differs from the others of its step, which are in order; `None` for frames that have not all the others that it
/// takes: one after it, two before it, all of one size.
#[must_use]
pub(crate) fn changes(frames: &[&Texture]) -> Vec<Option<Change>> {
    (0..frames.len()).map(|frame| change(frames, frame)).collect()
}

/// Share that the difference from the mean of two has of the difference of those two, where all three are independent noise of one
/// strength: √1.5 over √2.
const NOISE_SHARE: f32 = 0.866_025_4;

/// Difference of two neighbours below which there is no telling what is between them, in levels.
const STILL: f32 = 1e-3;

fn change(frames: &[&Texture], frame: usize) -> Option<Change> {
    let this = frames.get(frame)?;
    let (before, after) = (frames.get(frame.checked_sub(1)?)?, frames.get(frame + 1)?);
    let earlier = frames.get(..frame - 1)?;
    let mut nearest = f32::MAX;
    for other in earlier {
        nearest = nearest.min(this.difference(other)?);
    }
    if earlier.is_empty() {
        return None;
    }
    let apart = before.difference(after)?;
    Some(Change {
        previous: this.difference(before)?,
        nearest,
        between: this.difference_from_mean(before, after)? / (NOISE_SHARE * apart.max(STILL)),
    })
}

/// Mean luma of each cell, in levels of 255.
fn cell_means(view: View<'_>) -> Vec<f32> {
    let (width, height) = (view.width() as usize, view.height() as usize);
    let bounds = |cell: usize, cells: usize, size: usize| {
        let (from, to) = (cell * size / cells, (cell + 1) * size / cells);
        from..to.max(from + 1)
    };
    let mut means = Vec::with_capacity(ROWS * COLUMNS);
    for row in 0..ROWS {
        let rows = bounds(row, ROWS, height);
        for column in 0..COLUMNS {
            let columns = bounds(column, COLUMNS, width);
            let count = rows.len() * columns.len();
            let mut sums = [0_u32; 3];
            for y in rows.clone() {
                for pixel in view.row(y, columns.clone()) {
                    for (sum, value) in sums.iter_mut().zip(pixel) {
                        *sum += u32::from(*value);
                    }
                }
            }
            let luma: f32 = sums.iter().zip(LUMA).map(|(sum, weight)| weight * *sum as f32).sum();
            means.push(luma / count as f32);
        }
    }
    means
}
