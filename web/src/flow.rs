//! The citizen's way through a session as a machine: what is known and what happens give what is shown and what is done.
//!
//! Pure: the browser's part (`browser`) turns what happens into [`Event`]s and carries the [`Effect`]s out. The server's view
//! is the truth; what is kept here beside it (camera, engine, a call under way) is lost by a reload without harm.

use jiff::{SignedDuration, Timestamp};
use tanu_liveness_wasm::message::{BeginStep, Failure};
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::{Mismatch, StepIndex};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::{ConsentAnswer, Ending, SessionView, StateView, StepView};

use crate::api::{ApiError, Call};
use crate::camera::CameraTrouble;

/// Time that is kept free at the end of a step for its frames to travel.
const TRAVEL: SignedDuration = SignedDuration::from_millis(1_500);
/// How long after a deadline the server is asked what has become of the step; then, and while a service is awaited, again
/// after twice that time.
const GRACE: SignedDuration = SignedDuration::from_secs(2);

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// The session is not known yet.
    Loading,
    /// A call failed in a way that stands before all else.
    Trouble {
        /// How.
        error: ApiError,
        /// Whether the same call may be made again; otherwise the page is to be loaded anew.
        repeatable: bool,
    },
    /// The question of consent (NBS-4).
    Consent,
    /// The instructions before the camera.
    Prepare {
        /// A step is waiting already: the page was reloaded, or this is a second tab.
        resumed: bool,
    },
    /// A run failed, and another may follow (BNK-8b).
    Failed {
        /// Why.
        mismatches: Vec<Mismatch>,
        /// Failed runs that may still follow.
        repeats_left: u8,
    },
    /// The camera; [`Flow::stage`] says more.
    Camera,
    /// The camera can't be used.
    CameraTrouble(CameraTrouble),
    /// A service could not do its part yet.
    Waiting,
    /// The session has ended.
    Ended(Ending),
}

impl Screen {
    /// A stable name, for tests.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Loading => "loading",
            Self::Trouble { repeatable: true, .. } | Self::Waiting => "waiting",
            Self::Trouble { .. } => "trouble",
            Self::Consent => "consent",
            Self::Prepare { .. } => "prepare",
            Self::Failed { .. } => "failed",
            Self::Camera => "camera",
            Self::CameraTrouble(_) => "camera_trouble",
            Self::Ended(_) => "ended",
        }
    }
}

/// How far the camera's screen has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The camera is being started.
    Starting,
    /// The engine is being loaded.
    Loading,
    /// The citizen finds the right place; nothing is recorded.
    Searching,
    /// A run is being begun.
    Beginning,
    /// A step is shown.
    Challenge(StepView),
    /// The step's frames are on their way.
    Sending(StepView),
}

impl Stage {
    /// A stable name, for tests.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Loading => "loading_engine",
            Self::Searching => "searching",
            Self::Beginning => "beginning",
            Self::Challenge(_) => "challenge",
            Self::Sending(_) => "sending",
        }
    }

    /// The step, where one is shown.
    #[must_use]
    pub const fn step(&self) -> Option<&StepView> {
        match self {
            Self::Challenge(step) | Self::Sending(step) => Some(step),
            Self::Starting | Self::Loading | Self::Searching | Self::Beginning => None,
        }
    }
}

/// What happens.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A call was answered, at this time of the page's clock.
    Answered(Box<SessionView>, Timestamp),
    /// The call under way failed.
    CallFailed(ApiError),
    /// Time has passed; it is now this by the page's clock.
    Tick(Timestamp),
    /// The page came to the front again.
    Returned,
    /// The citizen answered the question of consent.
    Consent(ConsentAnswer),
    /// The citizen wants the camera: begin, go on, try again.
    Begin,
    /// The citizen wants the failed call, or what a service could not do, tried again.
    Retry,
    /// The citizen breaks off.
    Cancel,
    /// The camera runs.
    CameraOpened(ClientReportedCamera),
    /// The camera can't be used, or no more.
    CameraFailed(CameraTrouble),
    /// The engine is loaded.
    EngineReady,
    /// The engine can't go on.
    EngineFailed(Failure),
    /// One face has been well placed for long enough.
    FaceSteady,
    /// A step's frames are complete and held.
    Captured {
        /// The step.
        index: StepIndex,
        /// Their number.
        frames: u32,
    },
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Call the edge.
    Call(Call),
    /// Start the camera.
    OpenCamera,
    /// Stop the camera.
    CloseCamera,
    /// Start the engine, unless it runs.
    StartEngine,
    /// End the engine.
    EndEngine,
    /// Have the engine guide without recording.
    Preview,
    /// Have the engine record a step for at most so long.
    Record {
        /// The step.
        step: Box<StepView>,
        /// The kind of camera.
        camera: ClientReportedCamera,
        /// The most milliseconds.
        limit_ms: f64,
    },
    /// Go back to the relying party.
    Leave,
}

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
    /// The step that the engine records or has recorded.
    recorded: Option<StepIndex>,
    captured: bool,
    asked_at: Timestamp,
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

    /// A failed call that is shown beside the screen, not instead of it.
    #[must_use]
    pub fn notice(&self) -> Option<&ApiError> {
        self.failed
            .as_ref()
            .filter(|(call, error)| !stands_before_all(call, error))
            .map(|(_, error)| error)
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

    /// What is shown.
    #[must_use]
    pub fn screen(&self) -> Screen {
        if let Some((call, error)) = self
            .failed
            .as_ref()
            .filter(|(call, error)| stands_before_all(call, error))
        {
            let repeatable = error.passes_by_itself() || *call == Call::Cancel;
            return Screen::Trouble {
                error: error.clone(),
                repeatable,
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

    /// Takes in what happened; gives what is to be done, in order.
    pub fn on(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Answered(view, now) => self.answered(*view, now),
            Event::CallFailed(error) => self.call_failed(error),
            Event::Tick(now) => self.tick(now),
            Event::Returned => self.call(Call::See),
            Event::Consent(answer) => self.call(Call::Consent(answer)),
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

    fn answered(&mut self, view: SessionView, now: Timestamp) -> Vec<Effect> {
        let asked = self.pending.take();
        self.failed = None;
        self.now = now;
        self.ahead = view.now.duration_since(now);
        let before = self.view.replace(view);
        let Some(view) = &self.view else {
            return vec![];
        };
        if self.leaving && matches!(view.state, StateView::Ended { .. }) {
            return vec![Effect::CloseCamera, Effect::Leave];
        }
        match &view.state {
            StateView::AwaitingConsent => vec![],
            StateView::Waiting => self.close_camera(),
            StateView::Ended { .. } => {
                let mut effects = self.close_camera();
                self.engine_ready = false;
                effects.push(Effect::EndEngine);
                effects
            }
            StateView::Ready { run, .. } => {
                // A run that ended closes the camera: the reasons are read in peace.
                let same = matches!(
                    before.as_ref().map(|view| &view.state),
                    Some(StateView::Ready { run: earlier, .. }) if earlier == run
                );
                let mut effects = vec![Effect::StartEngine];
                self.recorded = None;
                self.captured = false;
                if !same {
                    effects.extend(self.close_camera());
                }
                effects
            }
            StateView::Challenged { step, .. } => {
                // Frames that were not accepted for a step that still waits: the step is done again.
                let again = matches!(asked, Some(Call::Send(sent)) if sent == index(step));
                if again {
                    self.recorded = None;
                }
                let mut effects = vec![Effect::StartEngine];
                effects.extend(self.arm());
                effects
            }
        }
    }

    fn call_failed(&mut self, error: ApiError) -> Vec<Effect> {
        let Some(call) = self.pending.take() else {
            return vec![];
        };
        match error.code() {
            // Another tab, an answer that was lost, or a late click: the session says where it stands.
            Some(ProblemCode::SessionState | ProblemCode::Conflict | ProblemCode::CaptureNonce)
                if call != Call::See =>
            {
                self.recorded = None;
                self.call(Call::See)
            }
            Some(ProblemCode::CaptureMalformed | ProblemCode::CaptureBroken) => {
                self.recorded = None;
                self.call(Call::See)
            }
            Some(ProblemCode::CameraVirtual) => self.camera_failed(CameraTrouble::Virtual),
            // Looking again is repeated by itself: it hides nothing that is shown.
            None | Some(_) if call == Call::See && self.view.is_some() && error.passes_by_itself() => vec![],
            _ => {
                self.failed = Some((call, error));
                vec![]
            }
        }
    }

    fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let Some(view) = &self.view else {
            return vec![];
        };
        let due = match &view.state {
            StateView::Ended { .. } => false,
            // Another tab's frames may be with the matcher, or the service may be back.
            StateView::Waiting => true,
            StateView::Challenged { step, .. } => self.left(step.deadline.min(view.expires_at)) < -GRACE,
            StateView::AwaitingConsent | StateView::Ready { .. } => self.left(view.expires_at) < -GRACE,
        };
        let asked_lately = self.now.duration_since(self.asked_at) < GRACE * 2;
        if due && !asked_lately && self.failed.is_none() {
            self.call(Call::See)
        } else {
            vec![]
        }
    }

    fn begin(&mut self) -> Vec<Effect> {
        if matches!(self.camera, Camera::Opening | Camera::On(_)) {
            return vec![];
        }
        self.camera = Camera::Opening;
        self.recorded = None;
        vec![Effect::StartEngine, Effect::OpenCamera]
    }

    fn retry(&mut self) -> Vec<Effect> {
        match self.failed.take() {
            Some((call, _)) => self.call(call),
            None => self.call(Call::Retry),
        }
    }

    fn cancel(&mut self) -> Vec<Effect> {
        self.failed = None;
        // Whatever else is under way, its answer is of no use any more.
        self.pending = None;
        self.leaving = true;
        let mut effects = self.close_camera();
        effects.extend(self.call(Call::Cancel));
        effects
    }

    fn camera_opened(&mut self, kind: ClientReportedCamera) -> Vec<Effect> {
        if self.camera != Camera::Opening {
            return vec![Effect::CloseCamera];
        }
        let allowed = self.view.as_ref().is_some_and(|view| view.virtual_cameras);
        if kind == ClientReportedCamera::Virtual && !allowed {
            return self.camera_failed(CameraTrouble::Virtual);
        }
        self.camera = Camera::On(kind);
        self.arm()
    }

    fn camera_failed(&mut self, trouble: CameraTrouble) -> Vec<Effect> {
        self.camera = Camera::Failed(trouble);
        self.recorded = None;
        self.captured = false;
        vec![Effect::CloseCamera]
    }

    fn close_camera(&mut self) -> Vec<Effect> {
        self.recorded = None;
        self.captured = false;
        self.camera = Camera::Off;
        vec![Effect::CloseCamera]
    }

    fn captured(&mut self, index: StepIndex, frames: u32) -> Vec<Effect> {
        if self.recorded != Some(index) || self.captured {
            return vec![];
        }
        self.captured = true;
        // Nothing to send: the server ends the step at its deadline, with the reason.
        if frames == 0 {
            vec![]
        } else {
            self.call(Call::Send(index))
        }
    }

    /// Sets the engine to what is to be done now, once camera and engine are there.
    fn arm(&mut self) -> Vec<Effect> {
        let Camera::On(camera) = self.camera else {
            return vec![];
        };
        if !self.engine_ready {
            return vec![];
        }
        let Some(step) = self.step().cloned() else {
            return vec![Effect::Preview];
        };
        if self.recorded == Some(index(&step)) {
            return vec![];
        }
        self.recorded = Some(index(&step));
        self.captured = false;
        let left = (self.left(step.deadline) - TRAVEL).as_secs_f64() * 1_000.0;
        let limit_ms = left.clamp(0.0, BeginStep::LONGEST_MS);
        vec![Effect::Record {
            step: Box::new(step),
            camera,
            limit_ms,
        }]
    }

    fn call(&mut self, call: Call) -> Vec<Effect> {
        if self.pending.is_some() || (call != Call::See && self.view.is_none()) {
            return vec![];
        }
        self.asked_at = self.now;
        self.pending = Some(call.clone());
        vec![Effect::Call(call)]
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

/// Problems of what was typed stand beside the field; all others take the screen.
fn stands_before_all(call: &Call, error: &ApiError) -> bool {
    let typed = matches!(error.code(), Some(ProblemCode::IinMissing | ProblemCode::IinInvalid));
    !(matches!(call, Call::Consent(_)) && typed)
}

const fn index(step: &StepView) -> StepIndex {
    StepIndex {
        run: step.run,
        step: step.step,
    }
}

#[cfg(test)]
mod tests;
