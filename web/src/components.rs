//! What several screens are made of.

mod cancel;
mod command_picture;
mod heading;
mod language_switch;
mod notice;
mod return_link;

pub(crate) use cancel::Cancel;
pub(crate) use command_picture::CommandPicture;
pub(crate) use heading::Heading;
pub(crate) use language_switch::LanguageSwitch;
pub(crate) use notice::Notice;
pub(crate) use return_link::ReturnLink;
