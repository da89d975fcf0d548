//! Whether the eyes are open: a classifier on a level cut-out of each eye.
//!
//! The mesh of 468 points knows where the eyes are but its lids hardly move with a blink, so the pixels are asked.

use crate::{
    mesh::{Mesh, Roi, indices},
    network::{InferenceError, LoadError, Network},
    picture::View,
    warp::{Border, Normalise, Order, Shrink, warp},
};

const SIDE: usize = 32;

/// Side of the cut-out in widths of the eye.
const MARGIN: f32 = 1.8;

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
            left: self.measure_eye(view, mesh, indices::LEFT_EYE_CORNERS)?,
            right: self.measure_eye(view, mesh, indices::RIGHT_EYE_CORNERS)?,
        })
    }

    fn measure_eye(&self, view: View<'_>, mesh: &Mesh, [outer, inner]: [usize; 2]) -> Result<f32, InferenceError> {
        let roi = Roi {
            centre: mesh.point(outer).middle(mesh.point(inner)),
            side: MARGIN * mesh.distance3(outer, inner),
            angle: mesh.tilt(),
        };
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
