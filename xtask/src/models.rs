//! The models: which are there, and the download of those that are not.

use std::path::{Path, PathBuf};

use tanu_models::{Manifest, Model, ModelError, ModelId, Origin, Sha256Digest, Store};

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// Shows each model with where it lies, downloads what is missing and can be, and fails if any is still missing.
pub(crate) fn show(environment: &Environment) -> Outcome {
    let store = Store::from_environment(&environment.root);
    let missing = fetch(environment);
    for model in manifest()?.iter() {
        let place = match store.locate(model.id) {
            Ok(path) => path.display().to_string(),
            Err(_) => "missing".to_owned(),
        };
        say::result(format_args!(
            "{:<20} {:>9} bytes  {:<32} {place}",
            model.id, model.bytes, model.licence
        ));
    }
    require(&missing)
}

/// Makes sure that each model is there and is the right file, downloading what can be. Gives the reasons for those that
/// are not.
pub(crate) fn fetch(environment: &Environment) -> Vec<String> {
    let store = Store::from_environment(&environment.root);
    let missing: Vec<String> = ModelId::ALL
        .into_iter()
        .filter_map(|id| obtain(&store, id).err())
        .collect();
    if missing.is_empty() {
        say::done(format_args!("{} models, their SHA-256 checked", ModelId::ALL.len()));
    }
    missing
}

/// Turns the reasons of [`fetch`] into a failure, if there are any.
pub(crate) fn require(missing: &[String]) -> Outcome {
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{} of {} models cannot be had", missing.len(), ModelId::ALL.len()),
        missing.join("\n"),
        "put the files into a directory and name it with TANU_MODELS; docs/setup.md says more",
    ))
}

/// The files of all models, each checked by its SHA-256; else the reasons why some can't be had.
pub(crate) fn checked(store: &Store) -> Result<Vec<PathBuf>, Vec<String>> {
    let (mut files, mut reasons) = (Vec::new(), Vec::new());
    for id in ModelId::ALL {
        match store.load(id).and_then(|_| store.locate(id)) {
            Ok(file) => files.push(file),
            Err(error) => reasons.push(error.to_string()),
        }
    }
    if reasons.is_empty() { Ok(files) } else { Err(reasons) }
}

fn obtain(store: &Store, id: ModelId) -> Result<(), String> {
    match store.load(id) {
        Ok(_) => return Ok(()),
        Err(ModelError::NotFound { .. }) => {}
        Err(error) => return Err(error.to_string()),
    }
    let model = manifest().map_err(|failure| failure.to_string())?.get(id);
    if let Origin::Download(url) = &model.origin {
        say::step(format_args!("Downloading {} ({} bytes)", model.file, model.bytes));
        if let Err(why) = download(url, model, store.cache()) {
            say::note(format_args!("{}: {why}", model.file));
        }
    }
    store.load(id).map(drop).map_err(|error| error.to_string())
}

/// Downloads into the cache, under another name until the hash was found right.
fn download(url: &str, model: &Model, cache: &Path) -> Result<(), String> {
    std::fs::create_dir_all(cache).map_err(|error| format!("{}: {error}", cache.display()))?;
    let partial = cache.join(format!("{}.part", model.file));
    let limit = model.bytes.to_string();
    run::captured(
        run::command("curl")
            .args([
                "--fail",
                "--silent",
                "--show-error",
                "--location",
                "--proto",
                "=https",
                "--max-time",
                "300",
            ])
            .args(["--max-filesize", &limit, "--output"])
            .arg(&partial)
            .arg(url),
        "the download failed",
        "check the network, or use a mirror",
    )
    .map_err(|failure| failure.to_string())?;
    let bytes = std::fs::read(&partial).map_err(|error| error.to_string())?;
    let found = Sha256Digest::of(&bytes);
    if found != model.sha256 {
        // The next download overwrites it; what lies there is never used.
        let _ = std::fs::remove_file(&partial);
        return Err(format!(
            "{url} gave a file with the SHA-256 {found} instead of {}",
            model.sha256
        ));
    }
    std::fs::rename(&partial, cache.join(&model.file)).map_err(|error| error.to_string())
}

fn manifest() -> Outcome<&'static Manifest> {
    Manifest::built_in()
        .map_err(|error| Failure::new("The manifest of models is broken", error, "mend models/models.toml"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::files;

    #[test]
    fn a_model_that_is_missing_or_damaged_is_named_and_no_path_is_given() {
        let scratch = std::env::temp_dir().join(format!("xtask-models-{}", std::process::id()));
        let store = Store::new(scratch.join("mirror"), scratch.join("cache"));
        files::write(&scratch.join("cache/edgeface_xs.onnx"), b"not a model").unwrap();
        let reasons = checked(&store).unwrap_err();
        assert_eq!(reasons.len(), ModelId::ALL.len());
        assert!(
            reasons
                .iter()
                .any(|reason| reason.contains("edgeface_xs.onnx has the SHA-256")),
            "{reasons:?}"
        );
        std::fs::remove_dir_all(scratch).unwrap();
    }
}
