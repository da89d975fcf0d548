//! What the pages show of a session.

use tanu_protocol::challenge::Mismatch;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::{Ending, StepView};

use crate::api::{ApiError, Call};
use crate::camera::CameraTrouble;

/// What is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Screen {
    /// The session is not known yet.
    Loading,
    /// A call failed in a way that stands before all else.
    Trouble {
        /// How.
        error: ApiError,
        /// What can be done about it here.
        way_on: WayOn,
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
            Self::Trouble {
                way_on: WayOn::Repeat, ..
            }
            | Self::Waiting => "waiting",
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

/// The way on from a call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayOn {
    /// The same call again, or back to the relying party without a result.
    Repeat,
    /// The page loaded anew.
    Reload,
    /// None in this session: another one is begun where this one was.
    BeginAnew,
}

impl WayOn {
    pub(super) fn after(call: &Call, error: &ApiError) -> Self {
        match error.code() {
            Some(ProblemCode::SessionUnknown) => Self::BeginAnew,
            _ if error.passes_by_itself() || *call == Call::Cancel => Self::Repeat,
            _ => Self::Reload,
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
