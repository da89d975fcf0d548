//! The edge's part of the flow: calls, what they bring, and what is done where they fail.

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::{Ending, SessionView, StateView};

use super::{Camera, Effect, Flow, index, shown};
use crate::api::{ApiError, Call};
use crate::camera::CameraTrouble;

/// How long after a deadline the server is asked what has become of the step; then, and while a service is awaited, again
/// after twice that time.
const GRACE: SignedDuration = SignedDuration::from_secs(2);

impl Flow {
    pub(super) fn answered(&mut self, view: SessionView, now: Timestamp) -> Vec<Effect> {
        let asked = self.pending.take();
        self.now = now;
        self.ahead = view.now.duration_since(now);
        self.keep_what_is_awaited(asked.as_ref(), &view.state);
        let before = self.view.replace(view);
        let Some(view) = &self.view else {
            return vec![];
        };
        match &view.state {
            StateView::AwaitingConsent => vec![],
            StateView::Waiting => self.close_camera(),
            StateView::Ended { ending } => {
                let broken_off = *ending == Ending::Cancelled;
                self.end(broken_off)
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

    /// An answer ends what had failed before it. But whoever only looks has not sent: frames that are held stay so for as long
    /// as the server may wait for them, and where it surely does, so does the question whether to send them again.
    fn keep_what_is_awaited(&mut self, asked: Option<&Call>, state: &StateView) {
        let awaited = match state {
            StateView::Challenged { step, .. } => self.unsent.filter(|unsent| *unsent == index(step)),
            StateView::Waiting => self.unsent,
            StateView::AwaitingConsent | StateView::Ready { .. } | StateView::Ended { .. } => None,
        };
        self.unsent = awaited.filter(|_| asked == Some(&Call::See));
        let unsent = self.unsent.filter(|_| *state != StateView::Waiting).map(Call::Send);
        if self.failed.as_ref().map(|(call, _)| call) != unsent.as_ref() {
            self.failed = None;
        }
    }

    /// The session has ended. Whoever broke off leaves at once, and once only: a page that comes back from the browser's memory
    /// shows how it ended. Any other ending than the one that was asked for is seen before it is taken along.
    fn end(&mut self, broken_off: bool) -> Vec<Effect> {
        let leaving = std::mem::take(&mut self.leaving);
        let mut effects = self.close_camera();
        self.engine_ready = false;
        effects.push(Effect::EndEngine);
        if leaving && broken_off {
            effects.push(Effect::Leave);
        }
        effects
    }

    pub(super) fn call_failed(&mut self, error: ApiError) -> Vec<Effect> {
        let Some(call) = self.pending.take() else {
            return vec![];
        };
        self.unsent = match call {
            Call::Send(sent) => Some(sent),
            Call::See => self.unsent,
            Call::Consent(_) | Call::BeginRun(_) | Call::Retry | Call::Cancel => None,
        };
        match error.code() {
            // Another tab, an answer that was lost, or a late click: the session says where it stands.
            Some(ProblemCode::SessionState | ProblemCode::Conflict | ProblemCode::CaptureNonce)
                if call != Call::See =>
            {
                self.look_for_the_step()
            }
            Some(ProblemCode::CaptureMalformed | ProblemCode::CaptureBroken) => self.look_for_the_step(),
            Some(ProblemCode::CameraVirtual) => {
                self.unsent = None;
                self.failed = None;
                self.camera_failed(CameraTrouble::Virtual)
            }
            // Looking again is repeated by itself: it hides nothing that is shown, unless that has lost its time.
            None | Some(_)
                if call == Call::See
                    && self.view.is_some()
                    && error.passes_by_itself()
                    && self.session_left().is_none_or(|left| left >= -GRACE) =>
            {
                vec![]
            }
            _ => {
                // Nobody is filmed who does not see it: what is shown now is the trouble.
                let hides = shown::stands_before_all(&call, &error);
                self.failed = Some((call, error));
                if hides && self.camera != Camera::Off {
                    self.close_camera()
                } else {
                    vec![]
                }
            }
        }
    }

    fn look_for_the_step(&mut self) -> Vec<Effect> {
        self.recorded = None;
        self.unsent = None;
        self.failed = None;
        self.call(Call::See)
    }

    pub(super) fn tick(&mut self, now: Timestamp) -> Vec<Effect> {
        self.now = now;
        let Some(view) = &self.view else {
            return vec![];
        };
        let due = match &view.state {
            StateView::Ended { .. } => false,
            // Another tab's frames may be with the matcher, or the service may be back. A failure that is shown is not hidden.
            StateView::Waiting => self.failed.is_none() || self.left(view.expires_at) < -GRACE,
            StateView::Challenged { step, .. } => self.left(step.deadline.min(view.expires_at)) < -GRACE,
            StateView::AwaitingConsent | StateView::Ready { .. } => self.left(view.expires_at) < -GRACE,
        };
        let asked_lately = self.now.duration_since(self.asked_at) < GRACE * 2;
        if due && !asked_lately {
            self.call(Call::See)
        } else {
            vec![]
        }
    }

    pub(super) fn retry(&mut self) -> Vec<Effect> {
        match self.failed.as_ref().map(|(call, _)| call.clone()) {
            // The camera was stopped: the run begins when a face is in place again.
            Some(Call::BeginRun(_)) => {
                self.failed = None;
                self.begin()
            }
            // The failure is shown until the answer comes.
            Some(call) => self.call(call),
            None if self.leaving => self.call(Call::Cancel),
            None => self.call(self.unsent.map_or(Call::Retry, Call::Send)),
        }
    }

    pub(super) fn cancel(&mut self) -> Vec<Effect> {
        self.failed = None;
        self.unsent = None;
        // Whatever else is under way, its answer is of no use any more.
        self.pending = None;
        self.leaving = true;
        let mut effects = self.close_camera();
        effects.extend(self.call(Call::Cancel));
        effects
    }

    pub(super) fn call(&mut self, call: Call) -> Vec<Effect> {
        // Looking gives way to doing: its answer is not waited for any more.
        let under_way = match self.pending {
            None => false,
            Some(Call::See) => call == Call::See,
            Some(_) => true,
        };
        if under_way || (call != Call::See && self.view.is_none()) {
            return vec![];
        }
        self.asked_at = self.now;
        self.pending = Some(call.clone());
        vec![Effect::Call(call)]
    }
}
