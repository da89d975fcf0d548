//! What is shown, from what is known.

use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::StateView;

use super::{Camera, Flow, Screen, Stage, WayOn, index};
use crate::api::{ApiError, Call};

impl Flow {
    /// A failed call that is shown beside the screen, not instead of it.
    #[must_use]
    pub fn notice(&self) -> Option<&ApiError> {
        self.failed
            .as_ref()
            .filter(|(call, error)| !stands_before_all(call, error))
            .map(|(_, error)| error)
    }

    /// What is shown.
    #[must_use]
    pub fn screen(&self) -> Screen {
        if let Some((call, error)) = self
            .failed
            .as_ref()
            .filter(|(call, error)| stands_before_all(call, error))
        {
            return Screen::Trouble {
                error: error.clone(),
                way_on: WayOn::after(call, error),
            };
        }
        let Some(view) = &self.view else {
            return Screen::Loading;
        };
        match (&view.state, self.camera) {
            (StateView::AwaitingConsent, _) => Screen::Consent,
            (StateView::Waiting, _) => Screen::Waiting,
            (StateView::Ended { ending }, _) => Screen::Ended(*ending),
            (_, Camera::Opening | Camera::On(_)) => Screen::Camera,
            (_, Camera::Failed(trouble)) => Screen::CameraTrouble(trouble),
            (StateView::Challenged { .. }, Camera::Off) => Screen::Prepare { resumed: true },
            (
                StateView::Ready {
                    mismatches,
                    repeats_left,
                    ..
                },
                Camera::Off,
            ) if !mismatches.is_empty() => Screen::Failed {
                mismatches: mismatches.clone(),
                repeats_left: *repeats_left,
            },
            (StateView::Ready { .. }, Camera::Off) => Screen::Prepare { resumed: false },
        }
    }

    /// How far the camera's screen has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        if !matches!(self.camera, Camera::On(_)) {
            return Stage::Starting;
        }
        if !self.engine_ready {
            return Stage::Loading;
        }
        match self.step() {
            Some(step) if self.captured || self.recorded != Some(index(step)) => Stage::Sending(step.clone()),
            Some(step) => Stage::Challenge(step.clone()),
            None if matches!(self.pending, Some(Call::BeginRun(_))) => Stage::Beginning,
            None => Stage::Searching,
        }
    }
}

/// Problems of what was typed stand beside the field; all others take the screen.
pub(super) fn stands_before_all(call: &Call, error: &ApiError) -> bool {
    let typed = matches!(error.code(), Some(ProblemCode::IinMissing | ProblemCode::IinInvalid));
    !(matches!(call, Call::Consent(_)) && typed)
}
