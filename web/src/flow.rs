//! The citizen's way through a session as a machine: what is known and what happens give what is shown and what is done.
//!
//! Pure: the browser's part (`browser`) turns what happens into [`Event`]s and carries the [`Effect`]s out. The server's view
//! is the truth; what is kept here beside it (camera, engine, a call under way) is lost by a reload without harm.

mod calls;
mod camera;
mod event;
mod screen;
mod shown;

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::session::{SessionView, StateView, StepView};

pub use event::{Effect, Event};
pub use screen::{Screen, Stage, WayOn};

use crate::api::{ApiError, Call};
use crate::camera::CameraTrouble;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Camera {
    Off,
    Opening,
    On(ClientReportedCamera),
    Failed(CameraTrouble),
}

/// The machine.
#[derive(Clone, Debug)]
pub struct Flow {
    view: Option<SessionView>,
    /// How far the server's clock is ahead of the page's.
    ahead: SignedDuration,
    now: Timestamp,
    camera: Camera,
    engine_ready: bool,
    /// The call under way: never more than one, so that a doubled click does nothing.
    pending: Option<Call>,
    failed: Option<(Call, ApiError)>,
    /// The step whose frames are still held here, because they could not be sent.
    unsent: Option<StepIndex>,
    /// The step that the engine records or has recorded.
    recorded: Option<StepIndex>,
    captured: bool,
    asked_at: Timestamp,
    /// The citizen has broken off and has not begun anew: once that has come to pass, the page is left.
    leaving: bool,
}

impl Flow {
    /// A session that nothing is known of yet, and the first call.
    #[must_use]
    pub fn start(now: Timestamp) -> (Self, Vec<Effect>) {
        let flow = Self {
            view: None,
            ahead: SignedDuration::ZERO,
            now,
            camera: Camera::Off,
            engine_ready: false,
            pending: Some(Call::See),
            failed: None,
            unsent: None,
            recorded: None,
            captured: false,
            asked_at: now,
            leaving: false,
        };
        (flow, vec![Effect::Call(Call::See)])
    }

    /// The session as the server last showed it.
    #[must_use]
    pub const fn view(&self) -> Option<&SessionView> {
        self.view.as_ref()
    }

    /// Whether a call of the citizen's is under way: buttons wait for it.
    #[must_use]
    pub const fn busy(&self) -> bool {
        !matches!(self.pending, None | Some(Call::See))
    }

    /// Time left of the session, by the server's clock.
    #[must_use]
    pub fn session_left(&self) -> Option<SignedDuration> {
        let view = self.view.as_ref()?;
        let ended = matches!(view.state, StateView::Ended { .. });
        (!ended).then(|| self.left(view.expires_at))
    }

    /// Time left of the step that is shown, by the server's clock.
    #[must_use]
    pub fn step_left(&self) -> Option<SignedDuration> {
        self.step().map(|step| self.left(step.deadline))
    }

    /// Takes in what happened; gives what is to be done, in order.
    pub fn on(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Answered(view, now) => self.answered(*view, now),
            Event::CallFailed(error) => self.call_failed(error),
            Event::Tick(now) => self.tick(now),
            Event::Returned => self.call(Call::See),
            Event::Consent(answer) => {
                self.leaving = false;
                self.call(Call::Consent(answer))
            }
            Event::Begin => self.begin(),
            Event::Retry => self.retry(),
            Event::Cancel => self.cancel(),
            Event::CameraOpened(kind) => self.camera_opened(kind),
            Event::CameraFailed(trouble) => self.camera_failed(trouble),
            Event::EngineReady => {
                self.engine_ready = true;
                self.arm()
            }
            Event::EngineFailed(failure) => {
                self.engine_ready = false;
                let mut effects = vec![Effect::EndEngine];
                if matches!(self.camera, Camera::Opening | Camera::On(_)) {
                    effects.extend(self.camera_failed(CameraTrouble::Engine(failure)));
                }
                effects
            }
            Event::FaceSteady => match self.view.as_ref().map(|view| &view.state) {
                Some(StateView::Ready { run, .. }) if self.stage() == Stage::Searching => {
                    self.call(Call::BeginRun(*run))
                }
                _ => vec![],
            },
            Event::Captured { index, frames } => self.captured(index, frames),
        }
    }

    fn step(&self) -> Option<&StepView> {
        match self.view.as_ref().map(|view| &view.state) {
            Some(StateView::Challenged { step, .. }) => Some(step),
            _ => None,
        }
    }

    fn left(&self, until: Timestamp) -> SignedDuration {
        until.duration_since(self.now) - self.ahead
    }
}

const fn index(step: &StepView) -> StepIndex {
    StepIndex {
        run: step.run,
        step: step.step,
    }
}

#[cfg(test)]
mod tests;
