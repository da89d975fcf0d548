//! What several screens are made of.

mod cancel;
mod heading;
mod language_switch;
mod moving_picture;
mod notice;
mod return_link;

pub(crate) use cancel::Cancel;
pub(crate) use heading::Heading;
pub(crate) use language_switch::LanguageSwitch;
pub(crate) use moving_picture::{Movement, MovingPicture};
pub(crate) use notice::Notice;
pub(crate) use return_link::ReturnLink;
