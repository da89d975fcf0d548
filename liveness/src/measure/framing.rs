//! Whether a frame can be measured, and what to put right if not.

use tanu_protocol::challenge::Mismatch;
use tanu_protocol::observation::{Bounds, FaceObservation, FrameObservation};

use crate::guidance::Hint;
use crate::policy::Framing;

/// Why a frame can't be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unmeasurable {
    NoFace,
    TooSmall,
    TooLarge,
    OffCentre,
    TooDark,
    TooBright,
}

impl Unmeasurable {
    pub(super) const fn hint(self) -> Hint {
        match self {
            Self::NoFace => Hint::NoFace,
            Self::TooSmall => Hint::ComeCloser,
            Self::TooLarge => Hint::MoveBack,
            Self::OffCentre => Hint::Centre,
            Self::TooDark => Hint::TooDark,
            Self::TooBright => Hint::TooBright,
        }
    }

    pub(super) const fn mismatch(self) -> Mismatch {
        match self {
            Self::NoFace => Mismatch::NoFace,
            Self::TooSmall | Self::TooLarge | Self::OffCentre => Mismatch::OutOfPlace,
            Self::TooDark => Mismatch::TooDark,
            Self::TooBright => Mismatch::TooBright,
        }
    }
}

/// The face of a frame that can be measured.
pub(super) fn measurable<'a>(
    frame: &'a FrameObservation,
    framing: &Framing,
) -> Result<&'a FaceObservation, Unmeasurable> {
    let face = frame
        .face
        .as_ref()
        .filter(|face| {
            frame.faces > 0 && frame.t_ms.is_finite() && face.confidence >= framing.confidence && is_finite(face)
        })
        .ok_or(Unmeasurable::NoFace)?;
    let quality = &face.quality;
    let unmeasurable = if quality.brightness < framing.brightness_least {
        Unmeasurable::TooDark
    } else if quality.brightness > framing.brightness_most {
        Unmeasurable::TooBright
    } else if quality.contrast < framing.contrast_least {
        // Flat: underexposed in the darker half, washed out in the brighter.
        if quality.brightness < 0.5 {
            Unmeasurable::TooDark
        } else {
            Unmeasurable::TooBright
        }
    } else if face.scale < framing.scale_least {
        Unmeasurable::TooSmall
    } else if face.scale > framing.scale_most {
        Unmeasurable::TooLarge
    } else if is_off_centre(&face.bounds, framing.margin) {
        Unmeasurable::OffCentre
    } else {
        return Ok(face);
    };
    Err(unmeasurable)
}

fn is_off_centre(bounds: &Bounds, margin: f32) -> bool {
    let inside = margin..=1.0 - margin;
    !inside.contains(&(bounds.x + bounds.width / 2.0)) || !inside.contains(&(bounds.y + bounds.height / 2.0))
}

/// Numbers that are none compare with nothing: a face that has one is no face.
fn is_finite(face: &FaceObservation) -> bool {
    [
        face.bounds.x,
        face.bounds.y,
        face.bounds.width,
        face.bounds.height,
        face.pose.yaw,
        face.pose.pitch,
        face.pose.roll,
        face.eye_left,
        face.eye_right,
        face.mouth,
        face.scale,
        face.quality.brightness,
        face.quality.contrast,
        face.quality.sharpness,
        face.passive.unwrap_or(0.0),
        face.identity.unwrap_or(0.0),
    ]
    .into_iter()
    .all(f32::is_finite)
        && face.bounds.width > 0.0
        && face.bounds.height > 0.0
}
