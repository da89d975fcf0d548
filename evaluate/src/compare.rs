//! `compare`: scores of pairs of pictures.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::Serialize;
use tanu_vision::COMPARISON_THRESHOLD;
use thiserror::Error;

use crate::{
    engine::{EngineError, load_comparer},
    faces::{Embedded, embed_all},
    files::{FileError, create, list, read, unwritten, write_json},
    pairs::{Pair, PairError, locate, parse_pairs},
    statistics::{OperatingPoint, Scores},
};

/// Why pairs could not be compared.
#[derive(Debug, Error)]
pub(crate) enum CompareError {
    /// Models.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Files.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file of pairs.
    #[error("{file}: {source}")]
    Pairs {
        /// The file.
        file: String,
        /// What is wrong.
        source: PairError,
    },
    /// Not one of the named pictures is there.
    #[error(
        "none of the {named} pictures that the pairs name is in {folder}: it should hold them as {example}.jpg (or .jpeg, .png, .webp), \
         flat or in a folder for each name"
    )]
    NoPictures {
        /// How many pictures the pairs name.
        named: usize,
        /// Where they should be.
        folder: String,
        /// One of the names.
        example: String,
    },
}

/// What the pairs show together.
#[derive(Debug, Serialize)]
struct Summary {
    pairs: usize,
    pairs_same: usize,
    pairs_different: usize,
    /// Pairs with a score; error rates are over these.
    scored: usize,
    scored_same: usize,
    scored_different: usize,
    /// Pairs without a score.
    nan: usize,
    pictures: usize,
    /// Pictures that are not in the folder.
    pictures_missing: usize,
    /// Pictures that can't be read, decoded or measured.
    pictures_unreadable: usize,
    /// Pictures without a face.
    pictures_without_face: usize,
    /// Pictures whose face was aligned by the detector's points, because the mesh did not find it.
    pictures_aligned_by_detector: usize,
    /// The threshold in use, and the error rates at it.
    threshold: f32,
    fmr_at_threshold: Option<f64>,
    fnmr_at_threshold: Option<f64>,
    /// The false match rates 1e-3 and 1e-4, each with its own threshold.
    operating_points: Vec<OperatingPoint>,
    auc: Option<f64>,
    eer: Option<f64>,
    best_accuracy: Option<f64>,
    best_accuracy_threshold: Option<f32>,
}

/// Compares the pairs of `pairs` among the pictures of `images`; lines go to `out`, the summary to `out` with `.json` added and to the
/// standard error stream.
pub(crate) fn compare(pairs: &Path, images: &Path, out: &Path) -> Result<(), CompareError> {
    let text = String::from_utf8_lossy(&read(pairs)?).into_owned();
    let pairs = parse_pairs(&text).map_err(|source| CompareError::Pairs {
        file: pairs.display().to_string(),
        source,
    })?;
    // A folder that can't be read is told apart from one that lacks the pictures.
    list(images)?;
    let places = locate(&pairs, images);
    if places.values().all(Option::is_none) {
        return Err(CompareError::NoPictures {
            named: places.len(),
            folder: images.display().to_string(),
            example: pairs.first().map(|pair| pair.a.clone()).unwrap_or_default(),
        });
    }
    let mut beside = out.as_os_str().to_owned();
    beside.push(".json");
    let beside = PathBuf::from(beside);
    let (mut lines, mut summary) = (create(out)?, create(&beside)?);
    let comparer = load_comparer()?;

    let mut present = (Vec::new(), Vec::new());
    for (name, path) in &places {
        match path {
            Some(path) => {
                present.0.push(name.as_str());
                present.1.push(path.clone());
            }
            None => eprintln!("{name} is not in {}", images.display()),
        }
    }
    let (names, paths) = present;
    let found: BTreeMap<&str, Embedded> = names.into_iter().zip(embed_all(&comparer, &paths)).collect();

    let scored: Vec<(&Pair, f32)> = pairs.iter().map(|pair| (pair, score(pair, &found))).collect();
    lines.write_all(text_of(&scored).as_bytes()).map_err(unwritten(out))?;
    let summarised = Summary::new(&scored, &found, places.len());
    eprint!("{}", write_json(&beside, &mut summary, &summarised)?);
    Ok(())
}

/// Cosine similarity; NaN where either picture has no face.
fn score(pair: &Pair, found: &BTreeMap<&str, Embedded>) -> f32 {
    match (found.get(pair.a.as_str()), found.get(pair.b.as_str())) {
        (Some(Embedded::Face(a)), Some(Embedded::Face(b))) => a.embedding.cosine(&b.embedding),
        _ => f32::NAN,
    }
}

/// A line `a b label score` for each pair.
fn text_of(scored: &[(&Pair, f32)]) -> String {
    let mut lines = String::new();
    for (pair, score) in scored {
        let number = if score.is_nan() {
            "nan".to_owned()
        } else {
            format!("{score:.6}")
        };
        // Writing to a string can't fail.
        let _ = writeln!(lines, "{} {} {} {number}", pair.a, pair.b, u8::from(pair.same));
    }
    lines
}

impl Summary {
    fn new(scored: &[(&Pair, f32)], found: &BTreeMap<&str, Embedded>, pictures: usize) -> Self {
        let of = |same: bool| -> Vec<f32> {
            let kind = scored
                .iter()
                .filter(|(pair, score)| pair.same == same && !score.is_nan());
            kind.map(|(_, score)| *score).collect()
        };
        let (genuine, impostor) = (of(true), of(false));
        let (scored_same, scored_different) = (genuine.len(), impostor.len());
        let pairs_same = scored.iter().filter(|(pair, _)| pair.same).count();
        let count = |wanted: fn(&Embedded) -> bool| found.values().filter(|f| wanted(f)).count();
        let scores = Scores::new(genuine, impostor);
        let best = scores.as_ref().map(Scores::best_accuracy);
        Self {
            pairs: scored.len(),
            pairs_same,
            pairs_different: scored.len() - pairs_same,
            scored: scored_same + scored_different,
            scored_same,
            scored_different,
            nan: scored.len() - scored_same - scored_different,
            pictures,
            pictures_missing: pictures - found.len(),
            pictures_unreadable: count(Embedded::is_unreadable),
            pictures_without_face: count(Embedded::is_without_face),
            pictures_aligned_by_detector: count(Embedded::is_aligned_by_detector),
            threshold: COMPARISON_THRESHOLD,
            fmr_at_threshold: scores.as_ref().map(|s| s.fmr(COMPARISON_THRESHOLD)),
            fnmr_at_threshold: scores.as_ref().map(|s| s.fnmr(COMPARISON_THRESHOLD)),
            operating_points: scores
                .iter()
                .flat_map(|s| [1e-3, 1e-4].map(|fmr| s.at_fmr(fmr)))
                .collect(),
            auc: scores.as_ref().map(Scores::area_under_curve),
            eer: scores.as_ref().map(Scores::equal_error_rate),
            best_accuracy: best.map(|(_, accuracy)| accuracy),
            best_accuracy_threshold: best.map(|(threshold, _)| threshold),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(same: bool) -> Pair {
        Pair {
            a: "Ada_0001".into(),
            b: "Bob_0001".into(),
            same,
        }
    }

    #[test]
    fn pairs_without_a_score_are_counted_and_left_out_of_the_rates() {
        let (same, different) = (pair(true), pair(false));
        let scored = [
            (&same, 0.9),
            (&same, f32::NAN),
            (&different, 0.1),
            (&different, f32::NAN),
            (&different, 0.2),
        ];
        let summary = Summary::new(&scored, &BTreeMap::new(), 2);
        assert_eq!((summary.pairs, summary.scored, summary.nan), (5, 3, 2));
        assert_eq!((summary.scored_same, summary.scored_different), (1, 2));
        assert_eq!((summary.eer, summary.best_accuracy), (Some(0.0), Some(1.0)));
        let point = &summary.operating_points[1];
        assert_eq!(
            (point.tar, point.pairs_same, point.pairs_different, point.false_matches),
            (1.0, 1, 2, 0)
        );
        assert_eq!(
            text_of(&scored[..2]),
            "Ada_0001 Bob_0001 1 0.900000\nAda_0001 Bob_0001 1 nan\n"
        );
    }

    #[test]
    fn pairs_of_one_kind_have_no_rates() {
        let same = pair(true);
        let summary = Summary::new(&[(&same, 0.9)], &BTreeMap::new(), 2);
        assert_eq!((summary.eer, summary.auc, summary.fmr_at_threshold), (None, None, None));
        assert!(summary.operating_points.is_empty());
    }
}
