//! The texts of the pages, generated from `texts/{kk,ru,en}.toml` at build: a missing one doesn't compile.

use tanu_protocol::language::Language;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_mixes_latin_and_cyrillic_letters_that_look_the_same() {
        for text in Text::ALL {
            for language in Language::ALL {
                for word in text.get(language).split(|letter: char| !letter.is_alphabetic()) {
                    let latin = word.chars().any(|letter| letter.is_ascii_alphabetic());
                    let cyrillic = word.chars().any(|letter| ('\u{400}'..='\u{52f}').contains(&letter));
                    assert!(!(latin && cyrillic), "{} in {language:?}: {word}", text.key());
                }
            }
        }
    }

    #[test]
    fn each_language_is_written_in_its_own_letters() {
        let kazakh = |letter: char| "әғқңөұүһіӘҒҚҢӨҰҮҺІ".contains(letter);
        let cyrillic = |letter: char| ('\u{400}'..='\u{52f}').contains(&letter);
        let all = |language: Language| Text::ALL.iter().map(move |text| (text.key(), text.get(language)));
        for (key, text) in all(Language::Ru) {
            assert!(!text.contains(kazakh), "Kazakh letters in the Russian {key}");
        }
        for (key, text) in all(Language::En) {
            assert!(!text.contains(cyrillic), "Cyrillic in the English {key}");
        }
        let same = all(Language::Kk)
            .zip(all(Language::Ru))
            .filter(|((_, kk), (_, ru))| kk == ru)
            .map(|((key, _), _)| key);
        // Words that both languages share.
        let shared = ["field.passport", "field.session", "field.transaction", "problems.code"];
        for key in same {
            assert!(shared.contains(&key), "{key} is the same in Kazakh and Russian");
        }
    }

    #[test]
    fn gaps_are_filled_in_every_language() {
        for language in Language::ALL {
            let text = phrase::camera_step(language, 5, 2);
            assert!(
                text.contains('5') && text.contains('2') && !text.contains('{'),
                "{text}"
            );
        }
    }
}
