//! How open the eyes are: a classifier on level cut-outs of each eye, and the opening of the mesh's lids, as one score.
//!
//! Either errs where the other sees: the classifier takes narrow or small eyes for closed ones, and the mesh's lids are stiff. The
//! classifier was trained on infrared pictures; on those of a webcam it goes by how bright the skin is, unless each cut-out is first
//! made grey and given the same mean and deviation. The evaluation is `docs/evaluation/eyes.md`.

use crate::{
    geometry::Point,
    mesh::{Mesh, Roi, indices},
    network::{InferenceError, LoadError, Network},
    picture::View,
    quality::luma,
    warp::{Border, Normalise, Order, Shrink, warp},
};

const SIDE: usize = 32;

/// A cut-out of an eye.
#[derive(Clone, Copy)]
struct CutOut {
    /// Side in widths of the eye.
    margin: f32,
    /// Whether it is mirrored, so that a preference for the left or the right eye evens out.
    mirrored: bool,
}

/// What is classified of each eye. Between 1.6 and 2.0 the classifier sees each blink of the videos once; with less it is noisy, with
/// more it takes lashes and brows for an open eye.
const CUT_OUTS: [CutOut; 3] = [
    CutOut {
        margin: 1.6,
        mirrored: false,
    },
    CutOut {
        margin: 1.8,
        mirrored: true,
    },
    CutOut {
        margin: 2.0,
        mirrored: false,
    },
];

/// Standard deviation that each cut-out's luma is given, of 255; its mean becomes the network's zero. The network wants about 40: with
/// 30 or means below 120 it takes one open eye in twelve for closed, with 50 one closed eye of the stills for open.
const DEVIATION: f32 = 40.0 / 255.0;

/// Deviation, of 255, that is noise: a flat cut-out is not stretched to an eye.
const NOISE: f32 = 2.0 / 255.0;

/// Value that the network takes for black; white is 1 more.
const BLACK: f32 = -127.0 / 255.0;

/// Most that a cut-out counts for or against an open eye, in log odds: a clear answer outweighs the lids.
const CLASSIFIER_LIMIT: f32 = 6.0;

/// Most that the lids add or take.
const LIDS_LIMIT: f32 = 4.0;

/// Opening of the lids, in widths of the eye, of an eye that is as likely open as closed: closed eyes of the videos have 0.14 to 0.2,
/// open eyes 0.24 to 0.32.
const LIDS_EVEN: f32 = 0.2;

/// Change of that opening that changes the log odds by 1.
const LIDS_UNIT: f32 = 0.02;

/// How open the two eyes are: 0 closed to 1 open. "Left" and "right" are the person's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EyesOpen {
    /// The person's left eye.
    pub left: f32,
    /// The person's right eye.
    pub right: f32,
}

/// The classifier of open and closed eyes.
pub struct EyeClassifier {
    network: Network,
}

impl EyeClassifier {
    /// Loads the classifier from ONNX bytes: input N×3×32×32 BGR, (value − 127) / 255; outputs the scores of closed and open.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such a model.
    pub fn load(onnx: &[u8]) -> Result<Self, LoadError> {
        let batch = 2 * CUT_OUTS.len();
        Ok(Self {
            network: Network::load("open and closed eyes", onnx, [batch, 3, SIDE, SIDE])?,
        })
    }

    /// Measures both eyes of a face whose mesh is known.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`EyeClassifier::load`] asks of it.
    pub fn measure(&self, view: View<'_>, mesh: &Mesh) -> Result<EyesOpen, InferenceError> {
        let left = Eye::of(mesh, indices::LEFT_EYE_CORNERS, indices::LEFT_LIDS);
        let right = Eye::of(mesh, indices::RIGHT_EYE_CORNERS, indices::RIGHT_LIDS);
        // All cut-outs at once: a network this small costs more to begin than to run.
        self.network.run(
            |input| {
                let cut_outs = [&left, &right]
                    .into_iter()
                    .flat_map(|eye| CUT_OUTS.map(|cut_out| (eye, cut_out)));
                for (planes, (eye, cut_out)) in input.chunks_exact_mut(3 * SIDE * SIDE).zip(cut_outs) {
                    eye.cut_out(view, cut_out, planes);
                }
            },
            |outputs| {
                let scores = outputs.get(0, 4 * CUT_OUTS.len())?;
                let (of_left, of_right) = scores.split_at(scores.len() / 2);
                Ok(EyesOpen {
                    left: left.openness(of_left),
                    right: right.openness(of_right),
                })
            },
        )
    }
}

/// Where an eye is, and how far its lids are apart.
struct Eye {
    centre: Point,
    /// From corner to corner, in pixels of the picture.
    width: f32,
    /// As of [`Roi::angle`].
    tilt: f32,
    /// Opening of the lids, in widths.
    lids: f32,
}

impl Eye {
    fn of(mesh: &Mesh, [outer, inner]: [usize; 2], lids: [[usize; 2]; 3]) -> Self {
        let width = mesh.distance3(outer, inner);
        let opening = lids
            .iter()
            .map(|[upper, lower]| mesh.distance3(*upper, *lower))
            .sum::<f32>()
            / 3.0;
        Self {
            centre: mesh.point(outer).middle(mesh.point(inner)),
            width,
            tilt: mesh.tilt(),
            lids: opening / width,
        }
    }

    /// Fills `planes` with what is classified.
    fn cut_out(&self, view: View<'_>, CutOut { margin, mirrored }: CutOut, planes: &mut [f32]) {
        let roi = Roi {
            centre: self.centre,
            side: margin * self.width,
            angle: self.tilt,
        };
        let normalise = Normalise {
            order: Order::Rgb,
            scale: 1.0 / 255.0,
            bias: 0.0,
        };
        let border = (Border::Nearest, Shrink::Mean);
        warp(view, &roi.to_picture(SIDE), (SIDE, SIDE), border, normalise, planes);
        standardise(planes, mirrored);
    }

    /// How open it is, from the scores of closed and open for each cut-out.
    fn openness(&self, scores: &[f32]) -> f32 {
        let odds: f32 = scores
            .chunks_exact(2)
            .map(|score| log_odds(score[1].clamp(0.0, 1.0)))
            .sum();
        openness(odds / CUT_OUTS.len() as f32, self.lids)
    }
}

/// Makes a colour cut-out grey, of a fixed mean and deviation, in all three planes.
fn standardise(planes: &mut [f32], mirrored: bool) {
    let mut grey = luma(planes);
    let count = grey.len() as f32;
    let mean = grey.iter().sum::<f32>() / count;
    let variance = grey.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / count;
    let gain = DEVIATION / (variance.sqrt() + NOISE);
    for value in &mut grey {
        *value = (gain * (*value - mean)).clamp(BLACK, BLACK + 1.0);
    }
    if mirrored {
        grey.chunks_exact_mut(SIDE).for_each(<[f32]>::reverse);
    }
    for plane in planes.chunks_exact_mut(grey.len()) {
        plane.copy_from_slice(&grey);
    }
}

/// Log odds of a probability, bounded.
fn log_odds(probability: f32) -> f32 {
    (probability.max(1e-6) / (1.0 - probability).max(1e-6))
        .ln()
        .clamp(-CLASSIFIER_LIMIT, CLASSIFIER_LIMIT)
}

/// The chance that an eye is open, from the classifier's log odds and the opening of the lids: their log odds add up.
fn openness(odds: f32, lids: f32) -> f32 {
    let lids = if lids.is_finite() {
        ((lids - LIDS_EVEN) / LIDS_UNIT).clamp(-LIDS_LIMIT, LIDS_LIMIT)
    } else {
        0.0
    };
    1.0 / (1.0 + (-odds - lids).exp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OPEN: f32 = CLASSIFIER_LIMIT;
    const CLOSED: f32 = -CLASSIFIER_LIMIT;

    #[test]
    fn both_must_agree_for_a_clear_score() {
        assert!(openness(OPEN, 0.28) > 0.99 && openness(CLOSED, 0.15) < 0.01);
        assert!((0.5..0.99).contains(&openness(OPEN, 0.1)) && (0.01..0.5).contains(&openness(CLOSED, 0.3)));
    }

    #[test]
    fn the_lids_decide_where_the_classifier_wavers() {
        assert!(openness(0.0, 0.26) > 0.9 && openness(0.0, 0.15) < 0.1);
    }

    #[test]
    fn an_eye_without_width_is_left_to_the_classifier() {
        assert!(openness(OPEN, f32::NAN) > 0.9 && openness(CLOSED, f32::INFINITY) < 0.1);
    }

    #[test]
    fn certainty_has_bounds() {
        assert_eq!((log_odds(1.0), log_odds(0.5), log_odds(0.0)), (OPEN, 0.0, CLOSED));
    }

    /// A cut-out with a dark eye in skin of this brightness.
    fn cut_out(brightness: f32, contrast: f32) -> Vec<f32> {
        (0..3 * SIDE * SIDE)
            .map(|i| {
                let (x, y) = (i % SIDE, i / SIDE % SIDE);
                let dark = (8..20).contains(&x) && (14..19).contains(&y);
                brightness - if dark { contrast } else { 0.0 }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn light_and_contrast_do_not_matter(brightness in 0.5_f32..0.95, contrast in 0.2_f32..0.4) {
            let (mut a, mut b) = (cut_out(0.6, 0.3), cut_out(brightness, contrast));
            standardise(&mut a, false);
            standardise(&mut b, false);
            prop_assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 0.04));
        }
    }

    #[test]
    fn mirroring_turns_each_row() {
        let (mut plain, mut mirrored) = (cut_out(0.6, 0.3), cut_out(0.6, 0.3));
        standardise(&mut plain, false);
        standardise(&mut mirrored, true);
        assert_ne!(plain, mirrored);
        plain.chunks_exact_mut(SIDE).for_each(<[f32]>::reverse);
        assert_eq!(plain, mirrored);
    }

    #[test]
    fn a_flat_cut_out_stays_flat() {
        let mut flat = vec![0.7; 3 * SIDE * SIDE];
        standardise(&mut flat, false);
        assert!(flat.iter().all(|v| v.abs() < 1e-3));
    }
}
