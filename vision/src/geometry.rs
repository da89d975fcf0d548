//! Points and plane transforms.

/// A point in continuous pixels of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Distance from the left edge.
    pub x: f32,
    /// Distance from the top edge.
    pub y: f32,
}

impl Point {
    /// The point halfway to `other`.
    #[must_use]
    pub fn middle(self, other: Self) -> Self {
        Self {
            x: (self.x + other.x) / 2.0,
            y: (self.y + other.y) / 2.0,
        }
    }

    /// Distance to `other`.
    #[must_use]
    pub fn distance(self, other: Self) -> f32 {
        (self.x - other.x).hypot(self.y - other.y)
    }
}

/// An affine map of the plane: `(x, y)` → `(a·x + b·y + tx, c·x + d·y + ty)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Affine {
    /// Share of x in the new x.
    pub a: f32,
    /// Share of y in the new x.
    pub b: f32,
    /// Share of x in the new y.
    pub c: f32,
    /// Share of y in the new y.
    pub d: f32,
    /// Shift of x.
    pub tx: f32,
    /// Shift of y.
    pub ty: f32,
}

impl Affine {
    /// The image of a point.
    #[must_use]
    pub fn apply(&self, p: Point) -> Point {
        Point {
            x: self.a * p.x + self.b * p.y + self.tx,
            y: self.c * p.x + self.d * p.y + self.ty,
        }
    }

    /// The map that undoes this one; `None` where this one flattens the plane.
    #[must_use]
    pub fn inverse(&self) -> Option<Self> {
        let det = self.a * self.d - self.b * self.c;
        if !det.is_normal() {
            return None;
        }
        let (a, b, c, d) = (self.d / det, -self.b / det, -self.c / det, self.a / det);
        Some(Self {
            a,
            b,
            c,
            d,
            tx: -(a * self.tx + b * self.ty),
            ty: -(c * self.tx + d * self.ty),
        })
    }

    /// Square root of the area that one unit of area becomes.
    #[must_use]
    pub fn scale(&self) -> f32 {
        (self.a * self.d - self.b * self.c).abs().sqrt()
    }
}

/// The similarity transform (rotation, uniform scale, shift; no mirroring) that takes `from` closest to `to` in the sense of
/// least squares (Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991).
///
/// In the plane the optimum has a closed form: the rotation and scale are one complex factor. `None` where `from` is a
/// single point or not finite.
#[must_use]
pub fn similarity<const N: usize>(from: &[Point; N], to: &[Point; N]) -> Option<Affine> {
    let (mean_from, mean_to) = (mean(from), mean(to));
    let (mut dot, mut cross, mut spread) = (0.0, 0.0, 0.0);
    for (p, q) in from.iter().zip(to) {
        let (px, py) = (p.x - mean_from.x, p.y - mean_from.y);
        let (qx, qy) = (q.x - mean_to.x, q.y - mean_to.y);
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
        spread += px * px + py * py;
    }
    if !spread.is_normal() || !dot.is_finite() || !cross.is_finite() {
        return None;
    }
    let (a, c) = (dot / spread, cross / spread);
    let (tx, ty) = (
        mean_to.x - a * mean_from.x + c * mean_from.y,
        mean_to.y - c * mean_from.x - a * mean_from.y,
    );
    Some(Affine {
        a,
        b: -c,
        c,
        d: a,
        tx,
        ty,
    })
}

fn mean(points: &[Point]) -> Point {
    let n = points.len() as f32;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.x, y + p.y));
    Point { x: x / n, y: y / n }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIVE: [Point; 5] = [
        Point { x: 30.0, y: 40.0 },
        Point { x: 70.0, y: 42.0 },
        Point { x: 51.0, y: 60.0 },
        Point { x: 35.0, y: 80.0 },
        Point { x: 66.0, y: 79.0 },
    ];

    proptest! {
        #[test]
        fn similarity_recovers_the_transform(angle in -3.1_f32..3.1, scale in 0.05_f32..20.0, tx in -500.0_f32..500.0, ty in -500.0_f32..500.0) {
            let (sin, cos) = angle.sin_cos();
            let truth = Affine { a: scale * cos, b: -scale * sin, c: scale * sin, d: scale * cos, tx, ty };
            let found = similarity(&FIVE, &FIVE.map(|p| truth.apply(p))).unwrap();
            for p in FIVE {
                prop_assert!(found.apply(p).distance(truth.apply(p)) < 0.01 * scale.max(1.0));
            }
        }

        #[test]
        fn similarity_is_the_least_squares_one(noise in prop::array::uniform10(-8.0_f32..8.0), da in -0.05_f32..0.05, dc in -0.05_f32..0.05) {
            let mut to = FIVE;
            for (i, p) in to.iter_mut().enumerate() {
                p.x += noise[2 * i];
                p.y += noise[2 * i + 1];
            }
            let best = similarity(&FIVE, &to).unwrap();
            let error = |map: Affine| -> f32 { FIVE.iter().zip(&to).map(|(p, q)| map.apply(*p).distance(*q).powi(2)).sum() };
            let other = Affine { a: best.a + da, d: best.d + da, b: best.b - dc, c: best.c + dc, ..best };
            prop_assert!(error(best) <= error(other) + 0.05);
        }

        #[test]
        fn inverse_undoes(a in 0.5_f32..2.0, b in -0.4_f32..0.4, c in -0.4_f32..0.4, d in 0.5_f32..2.0, tx in -99.0_f32..99.0, ty in -99.0_f32..99.0) {
            let map = Affine { a, b, c, d, tx, ty };
            let back = map.inverse().unwrap();
            for p in FIVE {
                prop_assert!(back.apply(map.apply(p)).distance(p) < 0.01);
            }
        }
    }

    #[test]
    fn coinciding_points_have_no_similarity() {
        assert_eq!(similarity(&[Point::default(); 5], &FIVE), None);
        assert_eq!(similarity(&[Point { x: f32::NAN, y: 0.0 }; 5], &FIVE), None);
    }
}
