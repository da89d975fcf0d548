//! What the citizen is told while the camera runs: the phase of the step, and what to put right.

use serde::{Deserialize, Serialize};

/// What one frame means for the citizen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guidance {
    /// How far the step has come.
    pub phase: Phase,
    /// What to put right, if anything: the most pressing point alone.
    pub hint: Option<Hint>,
}

/// How far a step has come. A step goes through the phases in this order, and back to [`Phase::Searching`] while the face
/// can't be measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Phase {
    /// There is no face that can be measured.
    Searching,
    /// The face is there; its resting position is being measured: look straight ahead and hold still.
    Hold,
    /// The resting position is known: do what is asked.
    Perform {
        /// How much of what is asked is done, 0 to 1.
        progress: f32,
    },
    /// Done far enough: now come back.
    Return,
    /// The command was seen from start to end. In a preview: the face is well placed.
    Done,
}

/// What is wrong, as the remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hint {
    /// No face is seen: come into the picture.
    NoFace,
    /// More than one face is seen: be alone in the picture.
    SeveralFaces,
    /// The face is too dark: turn towards a light.
    TooDark,
    /// The face is too bright: turn away from the light.
    TooBright,
    /// The face is too small: come closer.
    ComeCloser,
    /// The face is too large: move back.
    MoveBack,
    /// The face is too near the picture's edge: move to the middle.
    Centre,
    /// The head is turned: look straight at the camera.
    LookStraight,
    /// No picture is sharp: clean the camera, hold it still.
    Blurred,
    /// The head moves while its resting position is measured: hold still.
    HoldStill,
    /// The mouth is open before it was asked for: close it.
    CloseMouth,
    /// The eyes are closed before it was asked for: open them.
    OpenEyes,
    /// The head moves the other way than asked.
    OtherDirection,
    /// Something else moves than what was asked.
    OtherMovement,
}

impl Hint {
    /// All hints, for those who must have a text for each.
    pub const ALL: [Self; 14] = [
        Self::NoFace,
        Self::SeveralFaces,
        Self::TooDark,
        Self::TooBright,
        Self::ComeCloser,
        Self::MoveBack,
        Self::Centre,
        Self::LookStraight,
        Self::Blurred,
        Self::HoldStill,
        Self::CloseMouth,
        Self::OpenEyes,
        Self::OtherDirection,
        Self::OtherMovement,
    ];
}
