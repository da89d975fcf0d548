//! The parts of a picture that faces are looked for in: squares, upright or turned by quarters.

use crate::{
    geometry::{Affine, Point},
    picture::View,
};

/// How a window is turned before it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// As the picture lies.
    None,
    /// A quarter to the right: what lies on its left side comes upright.
    Right,
    /// A quarter to the left: what lies on its right side comes upright.
    Left,
    /// Upside down.
    Half,
}

/// A square of a picture. What lies outside the picture is black.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Window {
    /// Left top corner, in pixels of the picture.
    corner: Point,
    /// In pixels of the picture.
    side: f32,
    turn: Turn,
}

impl Window {
    /// The whole picture, in the left top part of a square as large as its longer side.
    pub(crate) fn whole(view: View<'_>) -> Self {
        Self {
            corner: Point::default(),
            side: view.width().max(view.height()) as f32,
            turn: Turn::None,
        }
    }

    /// The same window, turned.
    pub(crate) fn turned(self, turn: Turn) -> Self {
        Self { turn, ..self }
    }

    /// Upright windows of `share` of the picture's longer side, each half over its neighbours, so that whatever is at most half as large
    /// as a window lies in one of them. Row by row, all of the picture.
    pub(crate) fn tiles(view: View<'_>, share: f32) -> Vec<Self> {
        let side = Self::whole(view).side * share;
        // The last tile ends at the edge.
        let starts = |length: u32| {
            let last = (length as f32 - side).max(0.0);
            let steps = (last / (side / 2.0)).ceil().max(1.0);
            let count = if last > 0.0 { steps as u32 + 1 } else { 1 };
            (0..count).map(move |n| last * n as f32 / steps)
        };
        let columns = || starts(view.width());
        let rows = starts(view.height());
        rows.flat_map(|y| columns().map(move |x| Point { x, y }))
            .map(|corner| Self {
                corner,
                side,
                turn: Turn::None,
            })
            .collect()
    }

    /// From the pixels of a square of `side` pixels that shows the window to those of the picture.
    pub(crate) fn to_picture(self, side: usize) -> Affine {
        let scale = self.side / side as f32;
        let (cos, sin) = match self.turn {
            Turn::None => (1.0, 0.0),
            Turn::Right => (0.0, -1.0),
            Turn::Left => (0.0, 1.0),
            Turn::Half => (-1.0, 0.0),
        };
        let half = self.side / 2.0;
        Affine {
            a: scale * cos,
            b: -scale * sin,
            c: scale * sin,
            d: scale * cos,
            tx: self.corner.x + half * (1.0 - cos + sin),
            ty: self.corner.y + half * (1.0 - sin - cos),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sized(width: u32, height: u32, check: impl Fn(View<'_>)) {
        let pixels = vec![0; 3 * (width * height) as usize];
        check(View::rgb(width, height, &pixels).unwrap());
    }

    #[test]
    fn turning_keeps_the_square_and_moves_its_top() {
        sized(400, 300, |view| {
            // The middle of the top of what is looked at, and where it comes from in the picture.
            let top = Point { x: 160.0, y: 0.0 };
            for (turn, x, y) in [
                (Turn::None, 200.0, 0.0),
                (Turn::Right, 0.0, 200.0),
                (Turn::Left, 400.0, 200.0),
                (Turn::Half, 200.0, 400.0),
            ] {
                let map = Window::whole(view).turned(turn).to_picture(320);
                assert!(
                    map.apply(top).distance(Point { x, y }) < 1e-3,
                    "{turn:?}: {:?}",
                    map.apply(top)
                );
                let middle = map.apply(Point { x: 160.0, y: 160.0 });
                assert!(middle.distance(Point { x: 200.0, y: 200.0 }) < 1e-3, "{turn:?}");
            }
        });
    }

    proptest! {
        #[test]
        fn tiles_hold_whatever_is_half_as_large(
            width in 40_u32..400, height in 40_u32..400, quarter: bool, at in prop::array::uniform2(0.0_f32..1.0),
        ) {
            let share = if quarter { 0.25 } else { 0.5 };
            sized(width, height, |view| {
                let side = width.max(height) as f32 * share;
                let (face, tiles) = (side / 2.0, Window::tiles(view, share));
                let room = |length: u32| (length as f32 - face).max(0.0);
                let (x, y) = (at[0] * room(width), at[1] * room(height));
                let holds = |tile: &Window| {
                    let inside = |start: f32, corner: f32| start >= corner - 0.01 && start + face <= corner + side + 0.01;
                    inside(x, tile.corner.x) && inside(y, tile.corner.y)
                };
                assert!(tiles.iter().any(holds), "{x} {y} {tiles:?}");
            });
        }
    }
}
