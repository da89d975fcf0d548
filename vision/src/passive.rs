//! Passive presentation-attack score: two MiniFASNets on crops of two sizes, fused.
//!
//! Source of the method and the crop: minivision-ai, Silent-Face-Anti-Spoofing. One score among several, never the judge: single
//! frames of a replay can look live.

use crate::{
    detector::Face,
    geometry::Affine,
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

const SIDE: usize = 80;

/// Side of the near crop in sides of the face's box.
const NEAR: f32 = 2.7;

/// Side of the far crop in sides of the face's box.
const FAR: f32 = 4.0;

/// Index of the class "live".
const LIVE: usize = 1;

/// The two networks.
pub struct PassiveAttack {
    near: Network,
    far: Network,
}

impl PassiveAttack {
    /// Loads MiniFASNetV2 (crop of 2.7) and MiniFASNetV1SE (crop of 4.0) from ONNX bytes: input 1×3×80×80 BGR 0..255, output
    /// three logits of which the second is live.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such models.
    pub fn load(near: &[u8], far: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            near: Network::load("passive attack score, near crop", near, [1, 3, SIDE, SIDE])?,
            far: Network::load("passive attack score, far crop", far, [1, 3, SIDE, SIDE])?,
        })
    }

    /// Mean probability of the two networks that the face is live: 0 attack to 1 live.
    ///
    /// # Errors
    /// [`InferenceError`] when the models do not do what [`PassiveAttack::load`] asks of them.
    pub fn score(&self, view: View<'_>, face: &Face) -> Result<f32, InferenceError> {
        Ok((live(&self.near, view, face, NEAR)? + live(&self.far, view, face, FAR)?) / 2.0)
    }
}

fn live(network: &Network, view: View<'_>, face: &Face, scale: f32) -> Result<f32, InferenceError> {
    let to_picture = crop(view, face, scale);
    let normalise = Normalise {
        order: Order::Bgr,
        scale: 1.0,
        bias: 0.0,
    };
    network.run(
        |input| {
            warp(
                view,
                &to_picture,
                (SIDE, SIDE),
                (Border::Nearest, Shrink::Sample),
                normalise,
                input,
            )
        },
        |outputs| Ok(softmax(outputs.get(0, 3)?, LIVE)),
    )
}

/// The crop: the face's box times `scale`, made smaller until it fits the picture, then moved until it lies inside.
fn crop(view: View<'_>, face: &Face, scale: f32) -> Affine {
    let (width, height) = (view.width() as f32, view.height() as f32);
    let scale = scale.min((width - 1.0) / face.width).min((height - 1.0) / face.height);
    let (crop_width, crop_height) = (face.width * scale, face.height * scale);
    let centre = face.centre();
    let left = (centre.x - crop_width / 2.0).min(width - crop_width).max(0.0);
    let top = (centre.y - crop_height / 2.0).min(height - crop_height).max(0.0);
    Affine {
        a: crop_width / SIDE as f32,
        b: 0.0,
        c: 0.0,
        d: crop_height / SIDE as f32,
        tx: left,
        ty: top,
    }
}

fn softmax(logits: &[f32], class: usize) -> f32 {
    let most = logits.iter().copied().fold(f32::MIN, f32::max);
    let total: f32 = logits.iter().map(|v| (v - most).exp()).sum();
    logits.get(class).map_or(0.0, |v| (v - most).exp() / total)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{geometry::Point, picture::Picture};

    proptest! {
        #[test]
        fn the_crop_lies_in_the_picture_and_keeps_the_box_shape(
            (x, y) in (-20.0_f32..110.0, -20.0_f32..70.0), (width, height) in (5.0_f32..120.0, 5.0_f32..120.0), far: bool,
        ) {
            let picture = Picture::from_rgb(100, 60, vec![0; 18_000]).unwrap();
            let face = Face { score: 1.0, x, y, width, height, points: [Point::default(); 5] };
            let map = crop(picture.view(), &face, if far { FAR } else { NEAR });
            let (first, last) = (map.apply(Point { x: 0.0, y: 0.0 }), map.apply(Point { x: 80.0, y: 80.0 }));
            prop_assert!(first.x >= 0.0 && first.y >= 0.0 && last.x <= 100.01 && last.y <= 60.01);
            prop_assert!((map.a / map.d - width / height).abs() < 1e-2 * width / height);
        }
    }

    #[test]
    fn softmax_is_a_share() {
        assert!((softmax(&[0.0, 0.0, 0.0], 1) - 1.0 / 3.0).abs() < 1e-6);
        assert!(softmax(&[0.0, 1000.0, 0.0], 1) > 0.999);
    }
}
