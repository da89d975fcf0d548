//! Where points of the skull are in the frame.

use serde::{Deserialize, Serialize};

/// Points of a face that move with the skull and hardly with its expression, in units of the frame's *width* along both axes, origin
/// at the frame's top left, y down. Each is a multiple of [`Shape::UNIT`], so that what is stored is exactly what was measured.
///
/// From the nearest to the camera to the farthest, as a face that looks at the camera has them ([`Shape::DEPTHS`]); of a pair the
/// person's right comes first:
///
/// | index | point |
/// |---|---|
/// | 0 | nose tip |
/// | 1, 2, 3 | ridge of the nose, going up |
/// | 4 | base of the nose |
/// | 5 | root of the nose, between the eyes |
/// | 6 | forehead, middle |
/// | 7 | forehead, at the hair |
/// | 8, 9 | forehead, above the middle of the brows |
/// | 10, 11 | wings of the nose |
/// | 12, 13 | forehead, at the hair, above the outer brows |
/// | 14, 15 | inner corners of the eyes |
/// | 16, 17 | outer corners of the eyes |
/// | 18, 19 | cheekbones, below the outer corners of the eyes |
/// | 20, 21 | cheekbones, farther out |
/// | 22, 23 | temples, before the ears |
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[[i32; 2]; Shape::LENGTH]", into = "[[i32; 2]; Shape::LENGTH]")]
pub struct Shape([[f32; 2]; Self::LENGTH]);

impl Shape {
    /// Number of points.
    pub const LENGTH: usize = 24;

    /// Step of the coordinates, in widths of the frame: 0.0064 pixels of a frame of 640.
    pub const UNIT: f32 = 1e-5;

    /// Each point of an average face: x to the person's left, y down, z away from the camera; the unit is the distance between the
    /// outer corners of the eyes, and their middle is the origin.
    #[rustfmt::skip]
    pub const AVERAGE: [[f32; 3]; Self::LENGTH] = [
        [0.0, 0.375, -0.490],
        [0.0, 0.198, -0.405],
        [0.0, 0.123, -0.348],
        [0.0, 0.042, -0.295],
        [0.0, 0.517, -0.292],
        [0.0, -0.041, -0.248],
        [0.0, -0.413, -0.245],
        [0.0, -0.600, -0.209],
        [-0.342, -0.410, -0.178],
        [0.342, -0.410, -0.178],
        [-0.234, 0.406, -0.160],
        [0.234, 0.406, -0.160],
        [-0.390, -0.562, -0.117],
        [0.390, -0.562, -0.117],
        [-0.195, 0.015, -0.057],
        [0.195, 0.015, -0.057],
        [-0.500, 0.0, 0.0],
        [0.500, 0.0, 0.0],
        [-0.585, 0.184, 0.007],
        [0.585, 0.184, 0.007],
        [-0.708, 0.185, 0.141],
        [0.708, 0.185, 0.141],
        [-0.788, 0.040, 0.544],
        [0.788, 0.040, 0.544],
    ];

    /// Rounds positions to whole units, and moves those farther than ten widths from the frame's corner there. What is no number
    /// becomes 0.
    #[must_use]
    pub fn new(points: [[f32; 2]; Self::LENGTH]) -> Self {
        points.map(|point| point.map(units)).into()
    }

    /// The positions: x and y of each point.
    #[must_use]
    pub fn points(&self) -> &[[f32; 2]; Self::LENGTH] {
        &self.0
    }
}

/// Most units of a coordinate: ten widths.
const MOST: f32 = 1e6;

fn units(position: f32) -> i32 {
    (position / Shape::UNIT).round().clamp(-MOST, MOST) as i32
}

impl From<[[i32; 2]; Shape::LENGTH]> for Shape {
    fn from(points: [[i32; 2]; Shape::LENGTH]) -> Self {
        Self(points.map(|point| point.map(|units| (units as f32).clamp(-MOST, MOST) * Self::UNIT)))
    }
}

impl From<Shape> for [[i32; 2]; Shape::LENGTH] {
    fn from(shape: Shape) -> Self {
        shape.0.map(|point| point.map(units))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn points_go_from_the_nearest_to_the_farthest() {
        assert!(Shape::AVERAGE.is_sorted_by_key(|[.., depth]| *depth));
    }

    #[test]
    fn a_shape_takes_few_bytes() {
        let shape = Shape::new([[0.512_345, 0.398_765]; Shape::LENGTH]);
        assert!(serde_json::to_vec(&shape).unwrap().len() <= 15 * Shape::LENGTH + 1);
        let mut cbor = Vec::new();
        ciborium::into_writer(&shape, &mut cbor).unwrap();
        assert!(cbor.len() <= 9 * Shape::LENGTH + 2, "{}", cbor.len());
    }

    proptest! {
        #[test]
        fn what_is_stored_is_what_was_measured(
            x in prop_oneof![-12.0_f32..12.0, prop::num::f32::ANY], y in -1.0_f32..2.0,
        ) {
            let shape = Shape::new([[x, y]; Shape::LENGTH]);
            let json = serde_json::to_string(&shape).unwrap();
            prop_assert_eq!(serde_json::from_str::<Shape>(&json).unwrap(), shape);
            let mut cbor = Vec::new();
            ciborium::into_writer(&shape, &mut cbor).unwrap();
            prop_assert_eq!(ciborium::from_reader::<Shape, _>(cbor.as_slice()).unwrap(), shape);
            let [found_x, found_y] = shape.points()[0];
            prop_assert!((found_y - y).abs() < Shape::UNIT);
            prop_assert!(!(-10.0..10.0).contains(&x) || (found_x - x).abs() < Shape::UNIT);
            prop_assert!(found_x.abs() <= 10.001);
        }
    }
}
