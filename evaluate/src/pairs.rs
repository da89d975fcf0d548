//! Pairs of pictures in the formats of Labeled Faces in the Wild.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// A pair of pictures, by their names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) a: String,
    pub(crate) b: String,
    /// Whether both show the same person.
    pub(crate) same: bool,
}

/// Why a text holds no pairs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum PairError {
    /// A line is no pair.
    #[error("line {line} is neither `name i j` (one person) nor `name i name j` (two people): correct or remove it")]
    Line {
        /// The line, from 1.
        line: usize,
    },
    /// There is no line with a pair.
    #[error("it holds no pair: give a file with lines `name i j` (one person) and `name i name j` (two people)")]
    Empty,
}

/// Reads pairs: three fields are two pictures of one person, four are two people. Fields are separated by white space, or by commas
/// where the line has any. Lines of one or two numbers state counts and are skipped, as are empty ones and a table's head
/// (`name,imagenum1,…`).
pub(crate) fn parse_pairs(text: &str) -> Result<Vec<Pair>, PairError> {
    let mut pairs = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        let fields = fields(line);
        let error = PairError::Line { line: index + 1 };
        let number = |field: &str| field.parse::<u32>().map_err(|_| error.clone());
        let name = |person: &str, field: &str| match number(field)? {
            _ if person.is_empty() => Err(error.clone()),
            number => Ok(format!("{person}_{number:04}")),
        };
        match fields[..] {
            [] => {}
            [first, ..] if pairs.is_empty() && first.eq_ignore_ascii_case("name") && !fields.iter().any(is_number) => {}
            [count] | [_, count] if number(count).is_ok() && fields.iter().all(is_number) => {}
            [person, i, j] => pairs.push(Pair {
                a: name(person, i)?,
                b: name(person, j)?,
                same: true,
            }),
            [person, i, other, j] => pairs.push(Pair {
                a: name(person, i)?,
                b: name(other, j)?,
                same: false,
            }),
            _ => return Err(error),
        }
    }
    if pairs.is_empty() {
        return Err(PairError::Empty);
    }
    Ok(pairs)
}

fn is_number(field: &&str) -> bool {
    field.parse::<u32>().is_ok()
}

/// The fields of a line. A table pads short rows with empty fields at the end.
fn fields(line: &str) -> Vec<&str> {
    if !line.contains(',') {
        return line.split_whitespace().collect();
    }
    let mut fields: Vec<&str> = line.split(',').map(str::trim).collect();
    while fields.last().is_some_and(|field| field.is_empty()) {
        fields.pop();
    }
    fields
}

/// The file of each picture named in the pairs, where there is one: `NAME_0001.jpg`, `.jpeg`, `.png` or `.webp` in the folder itself or
/// in a folder `NAME` of it.
pub(crate) fn locate(pairs: &[Pair], folder: &Path) -> BTreeMap<String, Option<PathBuf>> {
    let names = pairs.iter().flat_map(|pair| [&pair.a, &pair.b]);
    names.map(|name| (name.clone(), find(name, folder))).collect()
}

fn find(name: &str, folder: &Path) -> Option<PathBuf> {
    let person = name.rsplit_once('_').map_or(name, |(person, _)| person);
    let folders = [folder.to_owned(), folder.join(person)];
    let files = folders
        .iter()
        .flat_map(|f| ENDINGS.map(|end| f.join(format!("{name}.{end}"))));
    files.into_iter().find(|path| path.is_file())
}

/// Endings of the names of pictures.
const ENDINGS: [&str; 7] = ["jpg", "jpeg", "png", "webp", "JPG", "JPEG", "PNG"];

/// Whether a file is a picture, by its name.
pub(crate) fn is_picture(path: &Path) -> bool {
    path.extension().is_some_and(|end| ENDINGS.iter().any(|e| end == *e))
}

/// `Name_Surname` of `Name_Surname_0001.jpg`.
pub(crate) fn person(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.rsplit_once('_')
        .map_or_else(|| stem.to_string(), |(person, _)| person.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(a: &str, b: &str, same: bool) -> Pair {
        Pair {
            a: a.into(),
            b: b.into(),
            same,
        }
    }

    #[test]
    fn both_kinds_of_line_are_read_and_counts_skipped() {
        let expected = [
            pair("Ada_L_0001", "Ada_L_0012", true),
            pair("Ada_L_0003", "Bob_0001", false),
        ];
        for text in [
            "1\n10 300\nAda_L\t1\t12\n\nAda_L 3 Bob 1\n",
            "10\t300\r\nAda_L\t1\t12\r\nAda_L\t3\tBob\t1\r\n",
            "name,imagenum1,imagenum2,\nAda_L,1,12,\nAda_L,3,Bob,1\n",
            "\u{feff}name,imagenum1,name,imagenum2\nAda_L, 1, 12\nAda_L, 3, Bob, 1",
        ] {
            assert_eq!(parse_pairs(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        for (text, line) in [
            ("2\nAda one two", 2),
            ("Ada 1 2 3 4", 1),
            ("Ada 1", 1),
            ("Ada", 1),
            ("Ada 1 2\nname,imagenum1,imagenum2", 2),
            ("Ada 1 99999999999", 1),
            ("Ada,1,,2", 1),
        ] {
            assert_eq!(parse_pairs(text), Err(PairError::Line { line }), "{text}");
        }
    }

    #[test]
    fn a_text_without_pairs_is_refused() {
        for text in ["", "\n\n", "300\n", "10 300\n", "name,imagenum1,imagenum2,\n"] {
            assert_eq!(parse_pairs(text), Err(PairError::Empty), "{text}");
        }
    }

    #[test]
    fn pictures_are_found_flat_and_in_a_folder_a_name() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("Ada_L")).unwrap();
        for file in ["Ada_L/Ada_L_0001.jpg", "Bob_0001.PNG"] {
            std::fs::write(folder.path().join(file), "").unwrap();
        }
        let found = locate(
            &[
                pair("Ada_L_0001", "Bob_0001", false),
                pair("Bob_0001", "Bob_0002", true),
            ],
            folder.path(),
        );
        let found: Vec<_> = found.values().map(|path| path.as_deref().map(person)).collect();
        assert_eq!(found, [Some("Ada_L".to_owned()), Some("Bob".to_owned()), None]);
    }
}
