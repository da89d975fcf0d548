//! The body of the citizen's answer, read so that a wrong IIN is told from a malformed request (BNK-6).

use serde::Deserialize;
use tanu_protocol::language::Language;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::ConsentAnswer;

/// The most bytes of it.
pub const MOST_BYTES: usize = 4 * 1024;

#[derive(Deserialize)]
struct Raw {
    agreed: bool,
    #[serde(default)]
    template: bool,
    #[serde(default)]
    iin: Option<String>,
    #[serde(default)]
    language: Language,
}

/// Reads a [`ConsentAnswer`].
///
/// # Errors
/// [`ProblemCode::IinInvalid`] where only the IIN is wrong, [`ProblemCode::MalformedRequest`] otherwise.
pub fn consent_answer(body: &[u8]) -> Result<ConsentAnswer, ProblemCode> {
    let raw: Raw = serde_json::from_slice(body).map_err(|_| ProblemCode::MalformedRequest)?;
    let iin = raw
        .iin
        .as_deref()
        .map(str::trim)
        .filter(|iin| !iin.is_empty())
        .map(|iin| iin.parse().map_err(|_| ProblemCode::IinInvalid))
        .transpose()?;
    Ok(ConsentAnswer {
        agreed: raw.agreed,
        template: raw.template,
        iin,
        language: raw.language,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_6_a_wrong_iin_is_told_from_a_malformed_answer() {
        let read = |text: &str| consent_answer(text.as_bytes()).map(|answer| answer.iin);
        let valid = Some("880229100014".parse().unwrap());
        assert_eq!(
            read(r#"{"agreed":true,"iin":" 880229100014 ","language":"ru"}"#),
            Ok(valid)
        );
        assert_eq!(read(r#"{"agreed":false}"#), Ok(None));
        assert_eq!(
            read(r#"{"agreed":true,"iin":"880229100015"}"#),
            Err(ProblemCode::IinInvalid)
        );
        for text in [
            "",
            "{}",
            "[]",
            r#"{"agreed":1}"#,
            r#"{"agreed":true,"iin":880229100014}"#,
        ] {
            assert_eq!(read(text), Err(ProblemCode::MalformedRequest), "{text}");
        }
    }
}
