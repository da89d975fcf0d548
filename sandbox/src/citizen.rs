//! Test citizens: synthetic numbers, a name, a reference photo, an identity document.

pub mod number;
pub mod photo;
pub mod registry;

use std::str::FromStr;

use tanu_protocol::identity::IdentityDocument;

use number::SyntheticIin;
use photo::Photo;

/// A test citizen as the state database knows one.
#[derive(Clone, PartialEq, Eq)]
pub struct Citizen {
    /// Synthetic number.
    pub iin: SyntheticIin,
    /// Name.
    pub name: Name,
    /// Identity document.
    pub document: IdentityDocument,
    /// Reference photo.
    pub photo: Photo,
}

/// A person's name: 1 to [`Name::MOST`] characters, none of them a control character, no blanks around it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// A text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 1 to {} characters", Name::MOST)]
pub struct InvalidName;

impl Name {
    /// The most characters.
    pub const MOST: usize = 100;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let fits = (1..=Self::MOST).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(InvalidName)
    }
}

impl std::fmt::Debug for Citizen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Citizen(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_and_bounded() {
        assert_eq!(" Әлия Қанатқызы ".parse::<Name>().unwrap().as_str(), "Әлия Қанатқызы");
        for bad in ["", "   ", "a\nb", &"ы".repeat(Name::MOST + 1)] {
            assert_eq!(bad.parse::<Name>(), Err(InvalidName), "{bad:?}");
        }
    }
}
