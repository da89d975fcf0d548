//! The individual identification number (IIN) and the business identification number (BIN).
//!
//! Twelve digits each; the last is a check digit, the fifth tells one kind from the other. Since 2013 an IIN's first six
//! digits need not be a birth date, so an impossible date is no error.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Why a text is no IIN or no BIN. It never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedNumber {
    /// Not twelve ASCII digits.
    #[error("not twelve digits")]
    Length,
    /// The last digit does not follow from the others.
    #[error("the check digit does not fit")]
    CheckDigit,
    /// A BIN where an IIN is asked for, or the other way round: told by the fifth digit.
    #[error("a number of the other kind (person or organisation)")]
    Kind,
}

/// The fifth digits of the numbers of persons.
const PERSONS: RangeInclusive<u8> = b'0'..=b'3';
/// The fifth digits of the numbers of organisations.
const ORGANISATIONS: RangeInclusive<u8> = b'4'..=b'6';

/// Individual identification number. Shown in no log: [`Iin::expose`] is the one way to its digits.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Iin([u8; 12]);

/// Business identification number: public, so it may be shown.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Bin([u8; 12]);

impl Iin {
    /// The twelve digits, for the messages and documents that must carry them.
    #[must_use]
    pub fn expose(&self) -> &str {
        digits(&self.0)
    }
}

impl Bin {
    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        digits(&self.0)
    }
}

impl FromStr for Iin {
    type Err = MalformedNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = parse(text)?;
        if PERSONS.contains(&number[4]) {
            Ok(Self(number))
        } else {
            Err(MalformedNumber::Kind)
        }
    }
}

impl FromStr for Bin {
    type Err = MalformedNumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = parse(text)?;
        if ORGANISATIONS.contains(&number[4]) {
            Ok(Self(number))
        } else {
            Err(MalformedNumber::Kind)
        }
    }
}

fn parse(text: &str) -> Result<[u8; 12], MalformedNumber> {
    let number: [u8; 12] = text.as_bytes().try_into().map_err(|_| MalformedNumber::Length)?;
    if !number.iter().all(u8::is_ascii_digit) {
        return Err(MalformedNumber::Length);
    }
    match check_digit(&number) {
        Some(digit) if digit == number[11] - b'0' => Ok(number),
        _ => Err(MalformedNumber::CheckDigit),
    }
}

/// The check digit of the first eleven digits: the weighted sum modulo 11, with a second row of weights where the first
/// gives 10. `None` where both give 10: such a number is never issued.
fn check_digit(number: &[u8; 12]) -> Option<u8> {
    const FIRST: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
    const SECOND: [u32; 11] = [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2];
    [FIRST, SECOND].into_iter().find_map(|weights| {
        let sum: u32 = number
            .iter()
            .zip(weights)
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        u8::try_from(sum % 11).ok().filter(|digit| *digit < 10)
    })
}

fn digits(number: &[u8; 12]) -> &str {
    // Both types hold ASCII digits only, which are valid UTF-8.
    std::str::from_utf8(number).unwrap_or_default()
}

impl fmt::Debug for Iin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Iin(…)")
    }
}

impl fmt::Debug for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bin({})", self.as_str())
    }
}

impl fmt::Display for Bin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Iin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl Serialize for Bin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Iin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Bin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(feature = "openapi")]
mod schema {
    use super::{Bin, Iin, ORGANISATIONS, PERSONS, RangeInclusive};
    use crate::openapi::schema::text;

    fn pattern(fifth: &RangeInclusive<u8>) -> String {
        let (first, last) = (char::from(*fifth.start()), char::from(*fifth.end()));
        format!("^[0-9]{{4}}[{first}-{last}][0-9]{{7}}$")
    }

    text!(
        Iin,
        "Individual identification number: twelve digits, the last a check digit.",
        pattern(&PERSONS)
    );
    text!(
        Bin,
        "Business identification number: twelve digits, the last a check digit.",
        pattern(&ORGANISATIONS)
    );
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn valid_numbers_are_taken() {
        for iin in [
            "880229100014",
            "991231200423",
            "500630100116",
            "610409204562",
            "880229100503",
            "183115101232",
        ] {
            assert_eq!(iin.parse::<Iin>().unwrap().expose(), iin);
        }
        for bin in [
            "490140000012",
            "490241000021",
            "490350000034",
            "490460000042",
            "490140000308",
        ] {
            assert_eq!(bin.parse::<Bin>().unwrap().as_str(), bin);
        }
    }

    #[test]
    fn invalid_numbers_say_what_is_wrong() {
        let iin = |text: &str| text.parse::<Iin>().unwrap_err();
        assert_eq!(iin("880229100015"), MalformedNumber::CheckDigit);
        assert_eq!(iin("880229100590"), MalformedNumber::CheckDigit);
        assert_eq!(iin("88022910001"), MalformedNumber::Length);
        assert_eq!(iin("8802291000l4"), MalformedNumber::Length);
        assert_eq!(iin("٨٨٠٢٢٩"), MalformedNumber::Length);
        assert_eq!(iin("490140000012"), MalformedNumber::Kind);
        assert_eq!("880229100014".parse::<Bin>().unwrap_err(), MalformedNumber::Kind);
        assert_eq!("490140000310".parse::<Bin>().unwrap_err(), MalformedNumber::CheckDigit);
    }

    #[test]
    fn iin_stays_out_of_debug_output_and_of_errors() {
        let iin: Iin = "880229100014".parse().unwrap();
        assert_eq!(format!("{iin:?}"), "Iin(…)");
        let error = serde_json::from_str::<Iin>("\"880229100015\"").unwrap_err().to_string();
        assert!(!error.contains("880229100015"), "{error}");
    }

    proptest! {
        #[test]
        fn eleven_digits_have_at_most_one_check_digit(eleven in "[0-9]{4}[0-3][0-9]{6}") {
            let accepted = (0..10).filter(|digit| format!("{eleven}{digit}").parse::<Iin>().is_ok()).count();
            prop_assert!(accepted <= 1);
        }
    }
}
