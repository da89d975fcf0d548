//! The faces of many pictures.

use std::path::PathBuf;

use tanu_vision::{Alignment, Compared, Comparer};

use crate::{files::read_picture, parallel};

/// What came of a picture.
pub(crate) enum Embedded {
    /// It can't be read, decoded or measured.
    Unreadable,
    /// Nobody is there.
    NoFace,
    /// Its most prominent face.
    Face(Compared),
}

impl Embedded {
    pub(crate) fn is_unreadable(&self) -> bool {
        matches!(self, Self::Unreadable)
    }

    pub(crate) fn is_without_face(&self) -> bool {
        matches!(self, Self::NoFace)
    }

    pub(crate) fn is_aligned_by_detector(&self) -> bool {
        matches!(self, Self::Face(face) if face.alignment == Alignment::Detector)
    }
}

/// Embeds the face of each picture, in order. What is wrong with a picture goes to the standard error stream; the others are not lost
/// for it.
pub(crate) fn embed_all(comparer: &Comparer, pictures: &[PathBuf]) -> Vec<Embedded> {
    let Ok(embedded) = parallel::map("pictures embedded", pictures, |path| {
        let embedded = match read_picture(path).map(|picture| comparer.embed(picture.view())) {
            Ok(Ok(Some(face))) => Embedded::Face(face),
            Ok(Ok(None)) => Embedded::NoFace,
            Ok(Err(error)) => unreadable(&format_args!("{}: {error}", path.display())),
            Err(error) => unreadable(&error),
        };
        Ok::<_, std::convert::Infallible>(embedded)
    });
    embedded
}

fn unreadable(why: &dyn std::fmt::Display) -> Embedded {
    eprintln!("{why}");
    Embedded::Unreadable
}
