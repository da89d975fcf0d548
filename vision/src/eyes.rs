//! How open the eyes are: a classifier on level cut-outs of each eye, and the opening of the mesh's lids, as one score.
//!
//! Either errs where the other sees: the classifier takes narrow or small eyes for closed ones and dark lashes for open ones, and the
//! mesh's lids are stiff. The evaluation is `docs/evaluation/eyes.md`.

use crate::{
    mesh::{Mesh, Roi, indices},
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

const SIDE: usize = 32;

/// Sides of the cut-outs in widths of the eye: with 1.8 to 2.2 the classifier sees each blink of the videos once, with less it is noisy,
/// with more it takes lashes for an open eye.
const MARGINS: [f32; 2] = [1.8, 2.0];

/// Most that the classifier adds to the log odds of an open eye, or takes from them: a clear answer of its own outweighs the lids.
const CLASSIFIER_LIMIT: f32 = 5.0;

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
    /// Loads the classifier from ONNX bytes: input 1×3×32×32 BGR, (value − 127) / 255; outputs the scores of closed and open.
    ///
    /// # Errors
    /// [`LoadError`] when the bytes are not such a model.
    pub fn load(onnx: &[u8]) -> Result<Self, LoadError> {
        Ok(Self {
            network: Network::load("open and closed eyes", onnx, [1, 3, SIDE, SIDE])?,
        })
    }

    /// Measures both eyes of a face whose mesh is known.
    ///
    /// # Errors
    /// [`InferenceError`] when the model does not do what [`EyeClassifier::load`] asks of it.
    pub fn measure(&self, view: View<'_>, mesh: &Mesh) -> Result<EyesOpen, InferenceError> {
        Ok(EyesOpen {
            left: self.measure_eye(view, mesh, indices::LEFT_EYE_CORNERS, indices::LEFT_LIDS)?,
            right: self.measure_eye(view, mesh, indices::RIGHT_EYE_CORNERS, indices::RIGHT_LIDS)?,
        })
    }

    fn measure_eye(
        &self,
        view: View<'_>,
        mesh: &Mesh,
        [outer, inner]: [usize; 2],
        lids: [[usize; 2]; 3],
    ) -> Result<f32, InferenceError> {
        let width = mesh.distance3(outer, inner);
        let centre = mesh.point(outer).middle(mesh.point(inner));
        let mut classified = 0.0;
        for margin in MARGINS {
            classified += self.classify(
                view,
                Roi {
                    centre,
                    side: margin * width,
                    angle: mesh.tilt(),
                },
            )?;
        }
        let opening = lids
            .iter()
            .map(|[upper, lower]| mesh.distance3(*upper, *lower))
            .sum::<f32>()
            / 3.0;
        Ok(openness(classified / MARGINS.len() as f32, opening / width))
    }

    fn classify(&self, view: View<'_>, roi: Roi) -> Result<f32, InferenceError> {
        let normalise = Normalise {
            order: Order::Bgr,
            scale: 1.0 / 255.0,
            bias: -127.0 / 255.0,
        };
        self.network.run(
            |input| {
                warp(
                    view,
                    &roi.to_picture(SIDE),
                    (SIDE, SIDE),
                    (Border::Nearest, Shrink::Mean),
                    normalise,
                    input,
                )
            },
            |outputs| Ok(outputs.get(0, 2)?[1].clamp(0.0, 1.0)),
        )
    }
}

/// The chance that an eye is open, from the classifier's and the opening of the lids: their log odds add up.
fn openness(classified: f32, lids: f32) -> f32 {
    let odds = (classified.max(1e-6) / (1.0 - classified).max(1e-6))
        .ln()
        .clamp(-CLASSIFIER_LIMIT, CLASSIFIER_LIMIT);
    let lids = if lids.is_finite() {
        ((lids - LIDS_EVEN) / LIDS_UNIT).clamp(-LIDS_LIMIT, LIDS_LIMIT)
    } else {
        0.0
    };
    1.0 / (1.0 + (-odds - lids).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_must_agree_for_a_clear_score() {
        assert!(openness(1.0, 0.28) > 0.99 && openness(0.0, 0.15) < 0.01);
        assert!((0.5..0.99).contains(&openness(1.0, 0.14)) && (0.01..0.5).contains(&openness(0.0, 0.3)));
    }

    #[test]
    fn the_lids_decide_where_the_classifier_wavers() {
        assert!(openness(0.5, 0.26) > 0.9 && openness(0.5, 0.15) < 0.1);
    }

    #[test]
    fn an_eye_without_width_is_left_to_the_classifier() {
        assert!(openness(1.0, f32::NAN) > 0.9 && openness(0.0, f32::INFINITY) < 0.1);
    }
}
