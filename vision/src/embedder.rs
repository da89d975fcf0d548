//! Face embeddings: alignment by five points, EdgeFace-XS, cosine similarity.
//!
//! Sources: A. George et al., "EdgeFace: Efficient Face Recognition Model for Edge Devices", 2023; the five reference points of
//! the aligned 112 × 112 face are those of J. Deng et al., "ArcFace", CVPR 2019.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    geometry::{Affine, Point, similarity},
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

/// Side of an aligned face in pixels.
pub const ALIGNED_SIDE: usize = 112;

/// How faces are laid into the network's input: by five points of the mesh. Embeddings made in another way can't be compared with today's.
pub const ALIGNMENT: &str = "mesh/5";

/// Least cosine similarity at which two pictures show the same person.
///
/// The similarity at a false match rate of 1e-4 over all 12,454,344 pairs of different people among the 4,992 pictures of Labeled Faces
/// in the Wild, View 1, rounded up; there 1.0 % of the 3,192 pairs of one person fall below it. `tanu-evaluate threshold` measures it;
/// the evaluation is `docs/evaluation/comparison.md`.
pub const COMPARISON_THRESHOLD: f32 = 0.323;

const LENGTH: usize = 512;

/// Right eye, left eye, nose tip, right and left mouth corner (the person's) in an aligned face, in pixel indices.
const TEMPLATE: [Point; 5] = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// The embedding of a face: 512 numbers of unit length together.
///
/// Biometric data: `Debug` shows nothing of it, and it is wiped when dropped.
#[derive(Clone, PartialEq, Zeroize, ZeroizeOnDrop)]
pub struct Embedding(Vec<f32>);

impl Embedding {
    /// Numbers in an embedding.
    pub const LENGTH: usize = LENGTH;

    /// Scales 512 finite numbers to unit length; `None` for any other count, a number that is not finite, or all zeros.
    #[must_use]
    pub fn from_slice(values: &[f32]) -> Option<Self> {
        let norm = values.iter().map(|v| v * v).sum::<f32>().sqrt();
        (values.len() == LENGTH && norm.is_normal()).then(|| Self(values.iter().map(|v| v / norm).collect()))
    }

    /// The numbers, for sealing as a template. Keep them nowhere unsealed.
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Cosine similarity: −1 to 1, 1 for the same picture.
    #[must_use]
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0
            .iter()
            .zip(&other.0)
            .map(|(a, b)| a * b)
            .sum::<f32>()
            .clamp(-1.0, 1.0)
    }
}

impl fmt::Debug for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedding(..)")
    }
}

/// The embedding network.
pub struct Embedder {
    network: Network,
}

impl Embedder {
    /// Loads EdgeFace-XS from ONNX bytes: input 1×3×112×112 RGB, (value − 127.5) / 128; output 512 numbers.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such a model.
    pub fn load(onnx: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            network: Network::load("face embedding", onnx, [1, 3, ALIGNED_SIDE, ALIGNED_SIDE])?,
        })
    }

    /// Embeds the face with these five points (order of [`crate::Face::points`]): the mesh's, [`crate::Mesh::five_points`], with which
    /// the threshold was set. [`crate::Comparer`] alone takes the detector's where there is no mesh, and says so.
    ///
    /// # Errors
    /// [`InferenceError`] when the points are not those of a face, or the model does not do what [`Embedder::load`] asks.
    pub fn embed(&self, view: View<'_>, points: &[Point; 5]) -> Result<Embedding, InferenceError> {
        let unusable = |reason: &str| InferenceError {
            task: "face embedding",
            reason: reason.to_owned(),
        };
        let to_picture = aligned_to_picture(points).ok_or_else(|| unusable("the five points coincide"))?;
        let normalise = Normalise {
            order: Order::Rgb,
            scale: 1.0 / 128.0,
            bias: -127.5 / 128.0,
        };
        let size = (ALIGNED_SIDE, ALIGNED_SIDE);
        self.network.run(
            |input| warp(view, &to_picture, size, (Border::Black, Shrink::Mean), normalise, input),
            |outputs| {
                Embedding::from_slice(outputs.get(0, LENGTH)?).ok_or_else(|| unusable("the output is not finite"))
            },
        )
    }
}

/// From the pixels of the aligned face to those of the picture, by least squares over the five points.
pub(crate) fn aligned_to_picture(points: &[Point; 5]) -> Option<Affine> {
    let template = TEMPLATE.map(|p| Point {
        x: p.x + 0.5,
        y: p.y + 0.5,
    });
    similarity(points, &template)?.inverse()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn embeddings_have_unit_length(values in prop::collection::vec(-100.0_f32..100.0, LENGTH)) {
            let embedding = Embedding::from_slice(&values).unwrap();
            prop_assert!((embedding.cosine(&embedding) - 1.0).abs() < 1e-4);
        }

        #[test]
        fn similarity_is_symmetric_and_bounded(a in prop::collection::vec(-1.0_f32..1.0, LENGTH), b in prop::collection::vec(-1.0_f32..1.0, LENGTH)) {
            let (a, b) = (Embedding::from_slice(&a).unwrap(), Embedding::from_slice(&b).unwrap());
            prop_assert_eq!(a.cosine(&b), b.cosine(&a));
            prop_assert!((-1.0..=1.0).contains(&a.cosine(&b)));
        }

        #[test]
        fn alignment_takes_a_moved_template_back(angle in -3.0_f32..3.0, scale in 0.2_f32..8.0, tx in -300.0_f32..300.0, ty in -300.0_f32..300.0) {
            let (sin, cos) = angle.sin_cos();
            let moved = TEMPLATE.map(|p| {
                let (x, y) = (scale * (p.x + 0.5), scale * (p.y + 0.5));
                Point { x: cos * x - sin * y + tx, y: sin * x + cos * y + ty }
            });
            let map = aligned_to_picture(&moved).unwrap();
            let eye = map.apply(Point { x: TEMPLATE[0].x + 0.5, y: TEMPLATE[0].y + 0.5 });
            prop_assert!(eye.distance(moved[0]) < 0.05 * scale.max(1.0));
        }
    }

    #[test]
    fn nonsense_is_no_embedding() {
        assert_eq!(Embedding::from_slice(&[1.0; 511]), None);
        assert_eq!(Embedding::from_slice(&[0.0; 512]), None);
        assert_eq!(Embedding::from_slice(&[f32::NAN; 512]), None);
    }

    #[test]
    fn debug_shows_no_number() {
        assert_eq!(
            format!("{:?}", Embedding::from_slice(&[0.5; 512]).unwrap()),
            "Embedding(..)"
        );
    }
}
