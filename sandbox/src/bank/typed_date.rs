//! Dates as people type them: day, month, year. A browser's own date field would follow the browser's language, not the page's.

use jiff::civil::Date;

/// Why what was typed is no date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoDate {
    /// It has not the form of a date.
    #[error("not of the form 21.11.2026")]
    Form,
    /// No such day in the calendar.
    #[error("no such day in the calendar")]
    Calendar,
}

/// Reads `21.11.2026`, with full stops, commas, slashes, hyphens or spaces between the numbers, as `21112026` too, and
/// `2026-11-21` (ISO 8601), which is how programs write it.
///
/// # Errors
/// [`NoDate`].
pub(super) fn read(typed: &str) -> Result<Date, NoDate> {
    let numbers: Vec<&str> = typed
        .split(|letter: char| ".,/-".contains(letter) || letter.is_whitespace())
        .filter(|number| !number.is_empty())
        .collect();
    let (day, month, year) = match numbers[..] {
        [whole] if whole.len() == 8 && whole.is_ascii() => (&whole[..2], &whole[2..4], &whole[4..]),
        [year, month, day] if year.len() == 4 => (day, month, year),
        [day, month, year] if year.len() == 4 => (day, month, year),
        _ => return Err(NoDate::Form),
    };
    if ![day, month, year]
        .iter()
        .all(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
    {
        return Err(NoDate::Form);
    }
    // Digits alone: what does not fit is no day of a calendar.
    let number = |digits: &str| digits.parse::<i8>().map_err(|_| NoDate::Calendar);
    let year = year.parse().map_err(|_| NoDate::Calendar)?;
    Date::new(year, number(month)?, number(day)?).map_err(|_| NoDate::Calendar)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::bank::labels;

    #[test]
    fn a_date_is_read_however_its_numbers_are_parted() {
        for typed in [
            "21.11.2026",
            "21/11/2026",
            "21-11-2026",
            "21,11,2026",
            "21 11 2026",
            " 21. 11. 2026 ",
            "21112026",
            "2026-11-21",
        ] {
            assert_eq!(read(typed), Ok(date(2026, 11, 21)), "{typed}");
        }
        assert_eq!(read("1.2.2026"), Ok(date(2026, 2, 1)));
    }

    #[test]
    fn what_is_no_date_is_told_from_a_day_that_does_not_exist() {
        for typed in [
            "",
            "yesterday",
            "21.11.26",
            "21.11",
            "21.11.2026.1",
            "a.b.2026",
            "2111202",
            "²¹¹¹2026",
            "+1.11.2026",
        ] {
            assert_eq!(read(typed), Err(NoDate::Form), "{typed}");
        }
        for typed in [
            "30.02.2026",
            "31.04.2026",
            "11.21.2026",
            "0.1.2026",
            "29.02.2026",
            "99.99.9999",
            "200.1.2026",
        ] {
            assert_eq!(read(typed), Err(NoDate::Calendar), "{typed}");
        }
    }

    proptest! {
        #[test]
        fn a_date_is_read_as_it_is_shown(days in 0..365_000_i32) {
            let day = date(1900, 1, 1).saturating_add(jiff::Span::new().days(days));
            prop_assert_eq!(read(&labels::date(day)), Ok(day));
        }

        #[test]
        fn nothing_that_is_typed_breaks_it(typed in ".{0,24}") {
            let _ = read(&typed);
        }
    }
}
