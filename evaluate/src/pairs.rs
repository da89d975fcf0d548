//! Pairs of pictures in the format of Labeled Faces in the Wild.

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

/// A line that is no pair.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line} is neither `name i j` nor `name i name j`")]
pub(crate) struct PairError {
    /// The line, from 1.
    pub(crate) line: usize,
}

/// Reads pairs: three fields are two pictures of one person, four are two people. Lines of one or two numbers state counts and are
/// skipped, as are empty ones.
pub(crate) fn parse_pairs(text: &str) -> Result<Vec<Pair>, PairError> {
    let mut pairs = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let error = PairError { line: index + 1 };
        let number = |field: &str| field.parse::<u32>().map_err(|_| error.clone());
        let name = |person: &str, field: &str| Ok(format!("{person}_{:04}", number(field)?));
        match fields[..] {
            [] => {}
            [count] | [_, count] if number(count).is_ok() => {}
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
    Ok(pairs)
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
        .flat_map(|f| ["jpg", "jpeg", "png", "webp"].map(|end| f.join(format!("{name}.{end}"))));
    files.into_iter().find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_line_are_read_and_counts_skipped() {
        let pairs = parse_pairs("1\n10 300\nAda_L\t1\t12\n\nAda_L 3 Bob 1\n").unwrap();
        assert_eq!(
            pairs,
            [
                Pair {
                    a: "Ada_L_0001".into(),
                    b: "Ada_L_0012".into(),
                    same: true
                },
                Pair {
                    a: "Ada_L_0003".into(),
                    b: "Bob_0001".into(),
                    same: false
                },
            ]
        );
    }

    #[test]
    fn a_line_that_is_no_pair_is_named() {
        assert_eq!(parse_pairs("2\nAda one two"), Err(PairError { line: 2 }));
        assert_eq!(parse_pairs("Ada 1 2 3 4"), Err(PairError { line: 1 }));
    }
}
