//! The screens of a session: one question each.

mod camera;
mod camera_trouble;
mod consent;
mod document;
mod ended;
mod failed;
mod iin_field;
mod loading;
mod prepare;
mod trouble;
mod waiting;

pub(crate) use camera::Camera;
pub(crate) use camera_trouble::CameraTrouble;
pub(crate) use consent::Consent;
pub(crate) use document::Document;
pub(crate) use ended::Ended;
pub(crate) use failed::Failed;
pub(crate) use loading::Loading;
pub(crate) use prepare::Prepare;
pub(crate) use trouble::Trouble;
pub(crate) use waiting::Waiting;
