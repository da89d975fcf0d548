//! The pages, one for each address.

mod home;
mod not_found;
mod problems;
mod session;

pub(crate) use home::Home;
pub(crate) use not_found::NotFound;
pub(crate) use problems::Problems;
pub(crate) use session::SessionPage;
