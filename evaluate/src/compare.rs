//! `compare`: scores of pairs of pictures.

use std::{collections::BTreeMap, fmt::Write, path::Path};

use serde::Serialize;
use tanu_vision::{COMPARISON_THRESHOLD, Embedding};
use thiserror::Error;

use crate::{
    engine::{Comparer, EngineError, json, read, read_picture, write},
    pairs::{PairError, locate, parse_pairs},
    parallel,
    statistics::{OperatingPoint, Scores},
};

/// Why pairs could not be compared.
#[derive(Debug, Error)]
pub(crate) enum CompareError {
    /// Models, pictures or files.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The file of pairs.
    #[error("{file}: {source}")]
    Pairs {
        /// The file.
        file: String,
        /// What is wrong.
        source: PairError,
    },
}

/// What the pairs show together.
#[derive(Debug, Serialize)]
struct Summary {
    pairs: usize,
    pairs_same: usize,
    pairs_different: usize,
    /// Pairs with a score.
    scored: usize,
    pictures: usize,
    /// Pictures that are not in the folder or can't be decoded.
    pictures_unreadable: usize,
    /// Pictures without a face.
    pictures_without_face: usize,
    /// The threshold in use, and the error rates at it.
    threshold: f32,
    fmr_at_threshold: Option<f64>,
    fnmr_at_threshold: Option<f64>,
    /// False non-match rates at the false match rates 1e-3 and 1e-4, each with its own threshold.
    operating_points: Vec<OperatingPoint>,
    auc: Option<f64>,
    eer: Option<f64>,
    best_accuracy: Option<f64>,
    best_accuracy_threshold: Option<f32>,
}

enum Found {
    Unreadable,
    NoFace,
    Face(Embedding),
}

/// Compares the pairs of `pairs` among the pictures of `images`; lines go to `out`, the summary to `out` with `.json` added and to the
/// standard error stream.
pub(crate) fn compare(pairs: &Path, images: &Path, out: &Path) -> Result<(), CompareError> {
    let text = String::from_utf8_lossy(&read(pairs)?).into_owned();
    let pairs = parse_pairs(&text).map_err(|source| CompareError::Pairs {
        file: pairs.display().to_string(),
        source,
    })?;
    let comparer = Comparer::load()?;
    let files: Vec<_> = locate(&pairs, images).into_iter().collect();
    let found = parallel::map(&files, |(_, path)| {
        let picture = path.as_ref().and_then(|path| match read_picture(path) {
            Ok(picture) => Some(picture),
            Err(error) => {
                eprintln!("{error}");
                None
            }
        });
        let found = match picture {
            None => Found::Unreadable,
            Some(picture) => comparer.embed(&picture)?.map_or(Found::NoFace, Found::Face),
        };
        Ok::<_, EngineError>(found)
    })?;
    let found: BTreeMap<&str, Found> = files.iter().map(|(name, _)| name.as_str()).zip(found).collect();

    let (mut lines, mut genuine, mut impostor) = (String::new(), Vec::new(), Vec::new());
    for pair in &pairs {
        let score = match (found.get(pair.a.as_str()), found.get(pair.b.as_str())) {
            (Some(Found::Face(a)), Some(Found::Face(b))) => a.cosine(b),
            _ => f32::NAN,
        };
        if !score.is_nan() {
            if pair.same { &mut genuine } else { &mut impostor }.push(score);
        }
        let number = if score.is_nan() {
            "nan".to_owned()
        } else {
            format!("{score:.6}")
        };
        // Writing to a string can't fail.
        let _ = writeln!(lines, "{} {} {} {number}", pair.a, pair.b, u8::from(pair.same));
    }
    write(out, &lines)?;

    let count = |wanted: fn(&Found) -> bool| found.values().filter(|f| wanted(f)).count();
    let pairs_same = pairs.iter().filter(|pair| pair.same).count();
    let scored = genuine.len() + impostor.len();
    let scores = Scores::new(genuine, impostor);
    let best = scores.as_ref().map(Scores::best_accuracy);
    let summary = json(&Summary {
        pairs: pairs.len(),
        pairs_same,
        pairs_different: pairs.len() - pairs_same,
        scored,
        pictures: found.len(),
        pictures_unreadable: count(|f| matches!(f, Found::Unreadable)),
        pictures_without_face: count(|f| matches!(f, Found::NoFace)),
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
    });
    let mut beside = out.as_os_str().to_owned();
    beside.push(".json");
    write(Path::new(&beside), &summary)?;
    eprint!("{summary}");
    Ok(())
}
