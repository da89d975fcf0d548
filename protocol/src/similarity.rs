//! The similarity of two faces.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};

/// Cosine similarity of two face embeddings: −1 to 1, 1 for the same picture.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Similarity(f32);

/// The number is not a cosine: outside −1 to 1, or not a number.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("a cosine similarity lies between -1 and 1")]
pub struct NotACosine;

impl Similarity {
    /// Takes a cosine.
    ///
    /// # Errors
    /// [`NotACosine`] outside −1 to 1 and for NaN.
    pub fn new(cosine: f32) -> Result<Self, NotACosine> {
        if (-1.0..=1.0).contains(&cosine) {
            Ok(Self(cosine))
        } else {
            Err(NotACosine)
        }
    }

    /// The cosine.
    #[must_use]
    pub const fn get(self) -> f32 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Similarity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f32::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_cosines_are_taken() {
        for cosine in [-1.0, 0.0, 0.325, 1.0] {
            assert_eq!(Similarity::new(cosine).unwrap().get(), cosine);
        }
        for number in [-1.1, 1.000_1, f32::NAN, f32::INFINITY] {
            assert_eq!(Similarity::new(number), Err(NotACosine));
        }
    }
}
