//! Models from disk.

use std::path::Path;

use tanu_models::{ModelError, ModelId, Store};
use tanu_vision::{
    Comparer, ComparerModels, Examiner, ExaminerModels, GuideModels, InferenceError, LoadError, Observer,
};
use thiserror::Error;

/// Why a model could not be used.
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
}

/// The models that a comparison takes.
pub(crate) fn load_comparer() -> Result<Comparer, EngineError> {
    let store = store();
    Ok(Comparer::load(ComparerModels {
        detector: &store.load(ModelId::YunetN320)?,
        mesh: &store.load(ModelId::FaceLandmarks468)?,
        embedder: &store.load(ModelId::EdgefaceXs)?,
    })?)
}

/// The models that observe a face.
pub(crate) fn load_observer() -> Result<Observer, EngineError> {
    let store = store();
    let [detector, mesh, eyes] = ModelId::GUIDANCE.map(|id| store.load(id));
    Ok(Observer::load(&detector?, &mesh?, &eyes?)?)
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

fn store() -> Store {
    Store::from_environment(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
}
