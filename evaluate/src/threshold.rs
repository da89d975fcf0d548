//! `threshold`: the comparison threshold from all pairs of a folder of pictures.

use std::path::Path;

use serde::Serialize;
use tanu_vision::{Compared, Embedding};
use thiserror::Error;

use crate::{
    engine::{EngineError, load_comparer},
    faces::{Embedded, embed_all},
    files::{FileError, create, list, write_json},
    pairs::{is_picture, person},
    parallel,
    statistics::{OperatingPoint, Scores},
};

/// Why no threshold came out.
#[derive(Debug, Error)]
pub(crate) enum ThresholdError {
    /// Models.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Pictures or output.
    #[error(transparent)]
    File(#[from] FileError),
    /// There are not both pairs of one person and pairs of different people.
    #[error(
        "{0} has not both pairs of one person and pairs of different people with faces: give a folder of pictures NAME_0001.jpg, \
         two or more of some names"
    )]
    TooFew(String),
}

#[derive(Debug, Serialize)]
struct Evaluation {
    pictures: usize,
    /// Pictures that can't be decoded.
    pictures_unreadable: usize,
    /// Pictures without a face.
    pictures_without_face: usize,
    /// Pictures whose face was aligned by the detector's points, because the mesh did not find it.
    pictures_aligned_by_detector: usize,
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
    let mut files = list(images)?;
    files.retain(|path| is_picture(path));
    let mut file = create(out)?;
    let comparer = load_comparer()?;
    let embedded = embed_all(&comparer, &files);
    let faces: Vec<(String, &Embedding)> = files
        .iter()
        .zip(&embedded)
        .filter_map(|(path, found)| match found {
            Embedded::Face(Compared { embedding, .. }) => Some((person(path), embedding)),
            _ => None,
        })
        .collect();

    let indices: Vec<usize> = (0..faces.len()).collect();
    let Ok(rows) = parallel::map("pictures compared with all others", &indices, |i| {
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
        Ok::<_, std::convert::Infallible>((genuine, impostor))
    });
    let (genuine, impostor): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let scores = Scores::new(genuine.concat(), impostor.concat())
        .ok_or_else(|| ThresholdError::TooFew(images.display().to_string()))?;
    let mut people: Vec<&str> = faces.iter().map(|(name, _)| name.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    let count = |wanted: fn(&Embedded) -> bool| embedded.iter().filter(|found| wanted(found)).count();
    let evaluation = Evaluation {
        pictures: files.len(),
        pictures_unreadable: count(Embedded::is_unreadable),
        pictures_without_face: count(Embedded::is_without_face),
        pictures_aligned_by_detector: count(Embedded::is_aligned_by_detector),
        people: people.len(),
        pairs_same: scores.genuine(),
        pairs_different: scores.impostor(),
        chosen: scores.at_fmr(fmr),
        operating_points: [1e-2, 1e-3, 1e-4, 1e-5].map(|fmr| scores.at_fmr(fmr)).to_vec(),
        auc: scores.area_under_curve(),
        eer: scores.equal_error_rate(),
    };
    eprint!("{}", write_json(out, &mut file, &evaluation)?);
    Ok(())
}
