//! `threshold`: the comparison threshold from all pairs of a folder of pictures.

use std::{fs, path::Path};

use serde::Serialize;
use tanu_vision::Embedding;
use thiserror::Error;

use crate::{
    engine::{Comparer, EngineError, json, read_picture, write},
    parallel,
    statistics::{OperatingPoint, Scores},
};

/// Why no threshold came out.
#[derive(Debug, Error)]
pub(crate) enum ThresholdError {
    /// Models, pictures or files.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// There are not both pairs of one person and pairs of different people.
    #[error("{0} has not both pairs of one person and pairs of different people")]
    TooFew(String),
}

#[derive(Debug, Serialize)]
struct Evaluation {
    pictures: usize,
    pictures_without_face: usize,
    people: usize,
    pairs_same: usize,
    pairs_different: usize,
    /// The operating point that was asked for.
    chosen: OperatingPoint,
    operating_points: Vec<OperatingPoint>,
    auc: f64,
    eer: f64,
}

/// Scores all pairs of the pictures in `images` and writes the evaluation at the false match rate `fmr` to `out`.
pub(crate) fn threshold(images: &Path, fmr: f64, out: &Path) -> Result<(), ThresholdError> {
    let unreadable = |source| EngineError::Read {
        path: images.to_owned(),
        source,
    };
    let entries = fs::read_dir(images).map_err(unreadable)?;
    let mut files = entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    files.retain(|path| {
        path.extension()
            .is_some_and(|end| ["jpg", "jpeg", "png", "webp"].iter().any(|e| end == *e))
    });
    files.sort();
    let comparer = Comparer::load()?;
    let found = parallel::map(&files, |path| {
        let embedding = comparer.embed(&read_picture(path)?)?;
        Ok::<_, EngineError>(embedding.map(|embedding| (person(path), embedding)))
    })?;
    let faces: Vec<(String, Embedding)> = found.into_iter().flatten().collect();

    let indices: Vec<usize> = (0..faces.len()).collect();
    let rows = parallel::map(&indices, |i| {
        let (mut genuine, mut impostor) = (Vec::new(), Vec::new());
        let (name, embedding) = &faces[*i];
        for (other_name, other) in &faces[i + 1..] {
            if name == other_name {
                &mut genuine
            } else {
                &mut impostor
            }
            .push(embedding.cosine(other));
        }
        Ok::<_, EngineError>((genuine, impostor))
    })?;
    let (genuine, impostor): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let scores = Scores::new(genuine.concat(), impostor.concat())
        .ok_or_else(|| ThresholdError::TooFew(images.display().to_string()))?;
    let mut people: Vec<&str> = faces.iter().map(|(name, _)| name.as_str()).collect();
    people.dedup();
    let evaluation = json(&Evaluation {
        pictures: files.len(),
        pictures_without_face: files.len() - faces.len(),
        people: people.len(),
        pairs_same: scores.genuine(),
        pairs_different: scores.impostor(),
        chosen: scores.at_fmr(fmr),
        operating_points: [1e-2, 1e-3, 1e-4, 1e-5].map(|fmr| scores.at_fmr(fmr)).to_vec(),
        auc: scores.area_under_curve(),
        eer: scores.equal_error_rate(),
    });
    write(out, &evaluation)?;
    eprint!("{evaluation}");
    Ok(())
}

/// `Name_Surname` of `Name_Surname_0001.jpg`.
fn person(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    stem.rsplit_once('_')
        .map_or_else(|| stem.to_string(), |(person, _)| person.to_owned())
}
