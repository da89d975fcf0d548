//! Where points of the skull are in the frame, from the mesh.

use tanu_protocol::observation::Shape;

use crate::{mesh::Mesh, picture::View};

/// The mesh's points of a [`Shape`], in its order.
const POINTS: [usize; Shape::LENGTH] = [
    4, 195, 197, 6, 2, 168, 151, 10, 69, 299, 129, 358, 67, 297, 133, 362, 33, 263, 117, 346, 116, 345, 127, 356,
];

/// The shape of a face whose mesh is known.
#[must_use]
pub(crate) fn shape_of(mesh: &Mesh, view: View<'_>) -> Shape {
    let width = view.width() as f32;
    Shape::new(POINTS.map(|index| {
        let point = mesh.point(index);
        [point.x / width, point.y / width]
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canonical::canonical_point;

    #[test]
    fn the_average_shape_is_that_of_the_canonical_face() {
        for (index, average) in POINTS.into_iter().zip(Shape::AVERAGE) {
            assert_eq!(canonical_point(index).map(|v| v as f32), average, "{index}");
        }
    }
}
