//! An IIN as people type it: with spaces, perhaps.

use tanu_protocol::iin::{Iin, MalformedNumber};

use crate::text::Text;
use crate::wording;

/// A well-formed IIN that was typed.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedIin(pub Iin);

impl std::fmt::Debug for TypedIin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedIin(…)")
    }
}

/// Why what was typed is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoIin {
    /// Nothing was typed.
    #[error("nothing was typed")]
    Missing,
    /// Not well-formed.
    #[error(transparent)]
    Malformed(#[from] MalformedNumber),
}

/// Reads what was typed. Spaces and hyphens, which people put between groups of digits, don't count.
///
/// # Errors
/// [`NoIin`], which never repeats what was typed.
pub fn read(typed: &str) -> Result<TypedIin, NoIin> {
    let digits: String = typed
        .chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '-')
        .collect();
    if digits.is_empty() {
        return Err(NoIin::Missing);
    }
    Ok(TypedIin(digits.parse()?))
}

/// What is wrong, in words.
#[must_use]
pub const fn wording(why: NoIin) -> Text {
    match why {
        NoIin::Missing => Text::ConsentIinMissing,
        NoIin::Malformed(why) => wording::malformed_iin(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_6_an_iin_is_taken_with_spaces_and_refused_with_its_reason() {
        assert_eq!(read(" 880229 100014 ").unwrap().0.expose(), "880229100014");
        let text = |typed: &str| read(typed).map_err(wording).unwrap_err();
        assert_eq!(text("  "), Text::ConsentIinMissing);
        assert_eq!(text("88022910001"), Text::ConsentIinLength);
        assert_eq!(text("880229100015"), Text::ConsentIinCheckDigit);
        assert_eq!(text("490140000012"), Text::ConsentIinKind);
    }

    #[test]
    fn what_was_typed_stays_out_of_debug_output() {
        assert_eq!(format!("{:?}", read("880229100014")), "Ok(TypedIin(…))");
    }
}
