//! Models and pictures from disk.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use tanu_models::{ModelError, ModelId, Store};
use tanu_vision::{
    DecodeError, Detector, Embedder, Embedding, Examiner, ExaminerModels, GuideModels, InferenceError, LoadError,
    Observer, PassiveAttack, Picture, decode,
};
use thiserror::Error;

/// Why a model, a picture or a file could not be used.
#[derive(Debug, Error)]
pub(crate) enum EngineError {
    /// A model file is missing or wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A model file is not the network that it should be.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// A network failed.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// A file could not be read.
    #[error("{} can't be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("{} can't be written: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A picture could not be decoded.
    #[error("{}: {source}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
}

/// Detection and embedding: what a comparison takes.
pub(crate) struct Comparer {
    detector: Detector,
    embedder: Embedder,
}

impl Comparer {
    pub(crate) fn load() -> Result<Self, EngineError> {
        let store = store();
        Ok(Self {
            detector: Detector::load(&store.load(ModelId::YunetN320)?)?,
            embedder: Embedder::load(&store.load(ModelId::EdgefaceXs)?)?,
        })
    }

    /// The embedding of a picture's most prominent face.
    pub(crate) fn embed(&self, picture: &Picture) -> Result<Option<Embedding>, EngineError> {
        match self.detector.detect(picture.view())?.first() {
            Some(face) => Ok(Some(self.embedder.embed(picture.view(), &face.points)?)),
            None => Ok(None),
        }
    }
}

/// The models that observe a face.
pub(crate) fn load_observer() -> Result<Observer, EngineError> {
    let store = store();
    let [detector, mesh, eyes] = ModelId::GUIDANCE.map(|id| store.load(id));
    Ok(Observer::load(&detector?, &mesh?, &eyes?)?)
}

/// The models of the passive attack score.
pub(crate) fn load_passive() -> Result<PassiveAttack, EngineError> {
    let store = store();
    Ok(PassiveAttack::load(
        &store.load(ModelId::MinifasnetV2)?,
        &store.load(ModelId::MinifasnetV1Se)?,
    )?)
}

/// All models, as the matcher runs them.
pub(crate) fn load_examiner() -> Result<Examiner, EngineError> {
    let store = store();
    let [detector, mesh, eyes] = ModelId::GUIDANCE.map(|id| store.load(id));
    let guide = GuideModels {
        detector: &detector?,
        mesh: &mesh?,
        eyes: &eyes?,
    };
    Ok(Examiner::load(ExaminerModels {
        guide,
        embedder: &store.load(ModelId::EdgefaceXs)?,
        passive_near: &store.load(ModelId::MinifasnetV2)?,
        passive_far: &store.load(ModelId::MinifasnetV1Se)?,
    })?)
}

/// Reads and decodes a picture.
pub(crate) fn read_picture(path: &Path) -> Result<Picture, EngineError> {
    let bytes = read(path)?;
    decode(&bytes).map_err(|source| EngineError::Decode {
        path: path.to_owned(),
        source,
    })
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    fs::read(path).map_err(|source| EngineError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Writes a file, making its folder.
pub(crate) fn write(path: &Path, contents: &str) -> Result<(), EngineError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| fs::write(path, contents))
        .map_err(|source| EngineError::Write {
            path: path.to_owned(),
            source,
        })
}

/// A value as indented JSON with a line's end.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    // Plain structs of numbers and strings always serialise.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

fn store() -> Store {
    Store::from_environment(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}
