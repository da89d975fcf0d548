//! All that touches the browser: clocks, calls, camera, frames, engine, and the driver that joins them to the flow.

pub(crate) mod assets;
pub(crate) mod camera;
pub(crate) mod clock;
pub(crate) mod engine;
pub(crate) mod frames;
pub(crate) mod http;
pub(crate) mod page;
pub(crate) mod session;

pub(crate) use session::Session;
