//! `landmarks`: the mesh and the measurements of a picture's face.

use std::path::Path;

use serde::Serialize;
use tanu_protocol::observation::FaceObservation;
use tanu_vision::Track;
use thiserror::Error;

use crate::{
    engine::{EngineError, load_observer},
    files::{FileError, create, read_picture, write_json},
};

/// Why there are no landmarks.
#[derive(Debug, Error)]
pub(crate) enum LandmarksError {
    /// Models.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Picture or output.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody is there.
    #[error(
        "there is no face in {0}: give a picture in which a face is upright, lit and at least a tenth of its longer side"
    )]
    NoFace(String),
}

#[derive(Serialize)]
struct Landmarks<'a> {
    /// Size of the picture in pixels.
    width: u32,
    height: u32,
    /// The mesh: x and y in pixels, z in the same unit, growing away from the camera.
    points: &'a [[f32; 3]],
    /// How sure the network is that it saw a face.
    presence: f32,
    /// What is measured on it.
    face: FaceObservation,
}

/// Writes the mesh of the most prominent face of `image` to `out`.
pub(crate) fn landmarks(image: &Path, out: &Path) -> Result<(), LandmarksError> {
    let picture = read_picture(image)?;
    let seen = load_observer()?
        .observe(&mut Track::default(), picture.view(), 0.0, 0.0)
        .map_err(EngineError::Inference)?;
    let (Some(mesh), Some(face)) = (seen.mesh, seen.observation.face) else {
        return Err(LandmarksError::NoFace(image.display().to_string()));
    };
    let landmarks = Landmarks {
        width: picture.width(),
        height: picture.height(),
        points: mesh.points(),
        presence: mesh.presence(),
        face,
    };
    write_json(out, &mut create(out)?, &landmarks)?;
    Ok(())
}
