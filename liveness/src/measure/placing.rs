//! Placing the face before the challenge begins.

use tanu_protocol::challenge::Command;
use tanu_protocol::observation::FrameObservation;

use super::baseline::Resting;
use super::framing::measurable;
use crate::guidance::{Guidance, Hint, Phase};
use crate::policy::Policy;

/// Guides the citizen to a good place, frame by frame. Decides nothing.
#[derive(Clone, Debug)]
pub struct PlacingJudge {
    policy: Policy,
    resting: Resting,
    placed: bool,
}

impl PlacingJudge {
    /// A judge that has seen no frame.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self {
            policy: policy.clone(),
            resting: Resting::default(),
            placed: false,
        }
    }

    /// Takes the next frame: [`Phase::Done`] while the face is single, well placed and lit, straight, and has rested there.
    pub fn observe(&mut self, frame: &FrameObservation) -> Guidance {
        let (phase, hint) = match measurable(frame, &self.policy.framing) {
            Err(reason) => (Phase::Searching, Some(reason.hint())),
            Ok(_) if frame.faces > 1 => (Phase::Searching, Some(Hint::SeveralFaces)),
            // The command whose resting position asks for most room.
            Ok(face) => match self
                .resting
                .observe(frame.t_ms, face, Command::ComeCloser, &self.policy)
            {
                Ok(_) => (Phase::Done, None),
                Err(None | Some(Hint::HoldStill)) if self.placed => (Phase::Done, None),
                Err(hint) => (Phase::Hold, hint),
            },
        };
        self.placed = phase == Phase::Done;
        if phase == Phase::Searching {
            self.resting = Resting::default();
        }
        Guidance { phase, hint }
    }
}
