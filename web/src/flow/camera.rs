//! The camera's and the engine's part of the flow: started when the citizen wants it, stopped as soon as nobody would see it.

use jiff::SignedDuration;
use tanu_liveness_wasm::message::BeginStep;
use tanu_protocol::capture::ClientReportedCamera;
use tanu_protocol::challenge::StepIndex;

use super::{Camera, Effect, Flow, index};
use crate::api::Call;
use crate::camera::CameraTrouble;

/// Time that is kept free at the end of a step for its frames to travel.
const TRAVEL: SignedDuration = SignedDuration::from_millis(1_500);

impl Flow {
    pub(super) fn begin(&mut self) -> Vec<Effect> {
        if matches!(self.camera, Camera::Opening | Camera::On(_)) {
            return vec![];
        }
        self.camera = Camera::Opening;
        self.recorded = None;
        self.leaving = false;
        vec![Effect::StartEngine, Effect::OpenCamera]
    }

    pub(super) fn camera_opened(&mut self, kind: ClientReportedCamera) -> Vec<Effect> {
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

    pub(super) fn camera_failed(&mut self, trouble: CameraTrouble) -> Vec<Effect> {
        self.camera = Camera::Failed(trouble);
        self.recorded = None;
        self.captured = false;
        vec![Effect::CloseCamera]
    }

    pub(super) fn close_camera(&mut self) -> Vec<Effect> {
        self.recorded = None;
        self.captured = false;
        self.camera = Camera::Off;
        vec![Effect::CloseCamera]
    }

    pub(super) fn captured(&mut self, index: StepIndex, frames: u32) -> Vec<Effect> {
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
    pub(super) fn arm(&mut self) -> Vec<Effect> {
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
}
