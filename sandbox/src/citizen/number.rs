//! Synthetic IINs: their seventh digit says that the person was born in the nineteenth century, so they are nobody's.

use std::str::FromStr;

use tanu_protocol::iin::{Iin, MalformedNumber};

use crate::host::random::{self, NoRandomness};

/// An IIN that belongs to nobody: born in the nineteenth century by its seventh digit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SyntheticIin(Iin);

/// Why a text is no synthetic IIN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSynthetic {
    /// No IIN at all.
    #[error(transparent)]
    Malformed(#[from] MalformedNumber),
    /// It may be a living person's.
    #[error("the number may belong to a living person: its seventh digit must be 1 or 2")]
    Living,
}

impl SyntheticIin {
    /// A new number, drawn at random.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn random() -> Result<Self, NoRandomness> {
        // One serial in about a hundred has no check digit; the next draw has.
        loop {
            if let Some(number) = Self::from_random(random::bytes()?) {
                return Ok(number);
            }
        }
    }

    /// The number that follows from random bytes, unless its check digit does not exist.
    #[must_use]
    pub fn from_random(bytes: [u8; 6]) -> Option<Self> {
        let [year, month, day, sex, high, low] = bytes;
        let eleven = format!(
            "{:02}{:02}{:02}{}{:04}",
            year % 100,
            month % 12 + 1,
            // Every month has them.
            day % 28 + 1,
            sex % 2 + 1,
            u16::from_be_bytes([high, low]) % 10_000
        );
        (0..10).find_map(|digit| format!("{eleven}{digit}").parse().ok())
    }

    /// The number.
    #[must_use]
    pub const fn iin(&self) -> &Iin {
        &self.0
    }
}

impl FromStr for SyntheticIin {
    type Err = NotSynthetic;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let iin: Iin = text.parse()?;
        if matches!(iin.expose().as_bytes()[6], b'1' | b'2') {
            Ok(Self(iin))
        } else {
            Err(NotSynthetic::Living)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_generated_number_is_a_valid_iin_of_the_nineteenth_century(bytes: [u8; 6]) {
            if let Some(number) = SyntheticIin::from_random(bytes) {
                let text = number.iin().expose().to_owned();
                prop_assert_eq!(text.parse::<SyntheticIin>(), Ok(number));
                let date = jiff::civil::Date::new(
                    1800 + text[..2].parse::<i16>().unwrap(),
                    text[2..4].parse().unwrap(),
                    text[4..6].parse().unwrap(),
                );
                prop_assert!(date.is_ok());
            }
        }
    }

    #[test]
    fn nearly_every_draw_gives_a_number() {
        let drawn = (0..=u16::MAX)
            .step_by(61)
            .filter(|serial| {
                let [high, low] = serial.to_be_bytes();
                SyntheticIin::from_random([88, 1, 28, 0, high, low]).is_some()
            })
            .count();
        assert!(drawn > 1_000, "{drawn} of 1075");
    }

    #[test]
    fn numbers_of_the_living_are_refused() {
        // Born in 1990 and in 2001 by the seventh digit; the check digit is found by trying.
        for eleven in ["90010135000", "01010155000"] {
            let number = (0..10)
                .map(|digit| format!("{eleven}{digit}"))
                .find(|text| text.parse::<Iin>().is_ok());
            assert_eq!(number.unwrap().parse::<SyntheticIin>(), Err(NotSynthetic::Living));
        }
        assert!("880229100014".parse::<SyntheticIin>().is_ok());
        assert_eq!(
            "880229100015".parse::<SyntheticIin>(),
            Err(NotSynthetic::Malformed(MalformedNumber::CheckDigit))
        );
    }
}
