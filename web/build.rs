//! Makes `Text` and `phrase` out of `texts/{kk,ru,en}.toml`: a text that one language lacks, or whose gaps differ, stops the
//! build with its key.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;
use std::{env, error::Error, fs};

const LANGUAGES: [(&str, &str); 3] = [("kk", "Kk"), ("ru", "Ru"), ("en", "En")];

/// Key (`screen.text`) to text.
type Texts = BTreeMap<String, String>;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=texts");
    let mut all = Vec::new();
    for (tag, _) in LANGUAGES {
        let path = format!("texts/{tag}.toml");
        all.push(flatten(&fs::read_to_string(&path)?).map_err(|error| format!("{path}: {error}"))?);
    }
    check(&all)?;
    let output = Path::new(&env::var("OUT_DIR")?).join("texts.rs");
    fs::write(output, generate(&all)?)?;
    Ok(())
}

fn flatten(file: &str) -> Result<Texts, Box<dyn Error>> {
    let mut texts = Texts::new();
    for (screen, table) in file.parse::<toml::Table>()? {
        for (name, value) in table.as_table().ok_or("only tables of texts")? {
            let text = value.as_str().ok_or_else(|| format!("{screen}.{name} is no text"))?;
            if text.trim().is_empty() {
                return Err(format!("{screen}.{name} is empty").into());
            }
            texts.insert(format!("{screen}.{name}"), text.to_owned());
        }
    }
    Ok(texts)
}

fn check(all: &[Texts]) -> Result<(), Box<dyn Error>> {
    let keys: BTreeSet<&String> = all.iter().flat_map(Texts::keys).collect();
    for key in keys {
        let mut gaps = None;
        for ((tag, _), texts) in LANGUAGES.iter().zip(all) {
            let text = texts.get(key).ok_or_else(|| format!("texts/{tag}.toml lacks {key}"))?;
            let found = gaps_of(text);
            if *gaps.get_or_insert_with(|| found.clone()) != found {
                return Err(format!("texts/{tag}.toml: {key} has other gaps than the other languages").into());
            }
        }
    }
    Ok(())
}

/// The names of the `{gaps}` of a text.
fn gaps_of(text: &str) -> BTreeSet<String> {
    text.split('{')
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(gap, _)| gap.to_owned())
        .collect()
}

fn generate(all: &[Texts]) -> Result<String, Box<dyn Error>> {
    let [mut variants, mut keys, mut list, mut phrases] = [const { String::new() }; 4];
    let mut texts = vec![String::new(); LANGUAGES.len()];
    let reference = all.last().ok_or("no language")?;
    for (key, english) in reference {
        if gaps_of(english).is_empty() {
            let variant = camel(key);
            writeln!(variants, "    /// {english:?}\n    {variant},")?;
            writeln!(keys, "            Self::{variant} => {key:?},")?;
            write!(list, "Self::{variant}, ")?;
            for (text, one) in texts.iter_mut().zip(all) {
                writeln!(text, "                Self::{variant} => {:?},", one[key])?;
            }
        } else {
            phrase(&mut phrases, key, all)?;
        }
    }
    let matches: String = LANGUAGES
        .iter()
        .zip(&texts)
        .map(|((_, variant), arms)| {
            format!("            Language::{variant} => match self {{\n{arms}            }},\n")
        })
        .collect();
    Ok(format!(
        "/// A text of the pages that has no gaps.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Text {{\n{variants}}}\n\n\
         impl Text {{\n    /// All texts.\n    pub const ALL: &[Self] = &[{list}];\n\n    \
         /// The key in the files.\n    #[must_use]\n    pub const fn key(self) -> &'static str {{\n        match self {{\n{keys}        }}\n    }}\n\n    \
         /// The text in `language`.\n    #[must_use]\n    pub const fn get(self, language: Language) -> &'static str {{\n        match language {{\n{matches}        }}\n    }}\n}}\n\n\
         /// Texts with gaps: a function each.\npub mod phrase {{\n    use std::fmt::Display;\n\n    use super::Language;\n{phrases}}}\n"
    ))
}

fn phrase(output: &mut String, key: &str, all: &[Texts]) -> Result<(), Box<dyn Error>> {
    let english = &all[all.len() - 1][key];
    let arguments: String = gaps_of(english)
        .iter()
        .map(|gap| format!(", {gap}: impl Display"))
        .collect();
    writeln!(output, "\n    /// {english:?}\n    #[must_use]")?;
    writeln!(
        output,
        "    pub fn {}(language: Language{arguments}) -> String {{",
        key.replace('.', "_")
    )?;
    writeln!(output, "        match language {{")?;
    for ((_, variant), texts) in LANGUAGES.iter().zip(all) {
        writeln!(output, "            Language::{variant} => format!({:?}),", texts[key])?;
    }
    writeln!(output, "        }}\n    }}")?;
    Ok(())
}

/// `screen.the_text` as `ScreenTheText`.
fn camel(key: &str) -> String {
    key.split(['.', '_'])
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        })
        .collect()
}
