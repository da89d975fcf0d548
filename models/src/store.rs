//! Where a native host finds model files.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::digest::Sha256Digest;
use crate::manifest::{Manifest, ManifestError, Model, ModelId, Origin};

/// The environment variable that names the local mirror: a directory with the manifest's files.
pub const MIRROR_VARIABLE: &str = "TANU_MODELS";

/// Model files on disk: a local mirror, then the download cache. What it gives was checked against the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Store {
    mirror: PathBuf,
    cache: PathBuf,
}

impl Store {
    /// A store over two directories; neither need exist.
    #[must_use]
    pub fn new(mirror: PathBuf, cache: PathBuf) -> Self {
        Self { mirror, cache }
    }

    /// The store that the environment names. The mirror is `TANU_MODELS` (relative to `root`), by default
    /// `../shared/models` beside the repository's root `root`; the cache is `models` in `TANU_CACHE` (relative to `root` too), by
    /// default in `~/.cache/tanu`.
    #[must_use]
    pub fn from_environment(root: &Path) -> Self {
        Self::read(&|name| std::env::var_os(name), root)
    }

    fn read(variable: &dyn Fn(&str) -> Option<OsString>, root: &Path) -> Self {
        let named = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let mirror = named(MIRROR_VARIABLE).unwrap_or_else(|| PathBuf::from("../shared/models"));
        let cache = named("TANU_CACHE").or_else(|| named("HOME").map(|home| home.join(".cache/tanu")));
        let cache = cache.unwrap_or_else(|| PathBuf::from(".tanu/cache"));
        Self::new(root.join(mirror), root.join(cache).join("models"))
    }

    /// The directory in which downloads are kept.
    #[must_use]
    pub fn cache(&self) -> &Path {
        &self.cache
    }

    /// The file of a model: the mirror's if it has one, else the cache's.
    ///
    /// # Errors
    /// [`ModelError::NotFound`] where neither has it; [`ModelError::Manifest`].
    pub fn locate(&self, id: ModelId) -> Result<PathBuf, ModelError> {
        let model = Manifest::built_in()?.get(id);
        let places = [self.mirror.join(&model.file), self.cache.join(&model.file)];
        places
            .iter()
            .find(|path| path.is_file())
            .cloned()
            .ok_or_else(|| self.not_found(model))
    }

    /// The bytes of a model, their SHA-256 checked.
    ///
    /// # Errors
    /// Where the file is in neither place, cannot be read, or is not the file that the manifest describes. A wrong file in
    /// the mirror is an error even if the cache has a right one: whoever put it there should know.
    pub fn load(&self, id: ModelId) -> Result<Vec<u8>, ModelError> {
        let model = Manifest::built_in()?.get(id);
        let path = self.locate(id)?;
        let bytes = std::fs::read(&path).map_err(|source| ModelError::Unreadable {
            path: path.clone(),
            source,
        })?;
        let found = Sha256Digest::of(&bytes);
        if found != model.sha256 {
            return Err(ModelError::WrongHash {
                path,
                found,
                expected: model.sha256,
            });
        }
        Ok(bytes)
    }

    fn not_found(&self, model: &Model) -> ModelError {
        let remedy = match &model.origin {
            Origin::Download(url) => {
                format!("run `cargo xtask models` to download it from {url}, or put it into the mirror")
            }
            Origin::Converted(how) => format!(
                "it cannot be downloaded as it is: get it from whoever runs your mirror, or make it from {} ({how})",
                model.source
            ),
        };
        ModelError::NotFound {
            file: model.file.clone(),
            mirror: self.mirror.clone(),
            cache: self.cache.clone(),
            remedy,
        }
    }
}

/// Why a model could not be had. Each message names the file, what was wrong and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// The built-in manifest is broken.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// In neither place.
    #[error(
        "the model {file} is neither in the mirror {} (set {MIRROR_VARIABLE} to name another) nor in the cache {}: {remedy}",
        mirror.display(), cache.display()
    )]
    NotFound {
        /// The file's name.
        file: String,
        /// Looked into first.
        mirror: PathBuf,
        /// Looked into second.
        cache: PathBuf,
        /// What to do.
        remedy: String,
    },
    /// It is there but could not be read.
    #[error("the model {} could not be read ({source}): check that this user may read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is not the file that the manifest describes.
    #[error(
        "the model {} has the SHA-256 {found} instead of {expected}: it is damaged or another version; replace or delete it",
        path.display()
    )]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// What it has.
        found: Sha256Digest,
        /// What the manifest says.
        expected: Sha256Digest,
    },
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A directory of its own for a test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("tanu-models-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("mirror")).unwrap();
            fs::create_dir_all(path.join("cache")).unwrap();
            Self(path)
        }

        fn store(&self) -> Store {
            Store::new(self.0.join("mirror"), self.0.join("cache"))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn relative_places_are_relative_to_the_repository_not_to_where_a_program_was_called() {
        let variable = |name: &str| match name {
            "TANU_MODELS" => Some("mirror".into()),
            "TANU_CACHE" => Some("../cache".into()),
            _ => None,
        };
        let store = Store::read(&variable, Path::new("/repo"));
        assert_eq!(store, Store::new("/repo/mirror".into(), "/repo/../cache/models".into()));
        let usual = Store::read(&|name| (name == "HOME").then(|| "/home/a".into()), Path::new("/repo"));
        assert_eq!(usual.cache(), Path::new("/home/a/.cache/tanu/models"));
    }

    #[test]
    fn a_missing_model_names_itself_both_places_and_the_remedy() {
        let scratch = Scratch::new("missing");
        let downloadable = scratch.store().load(ModelId::YunetN320).unwrap_err().to_string();
        for part in [
            "yunet_n_320.onnx",
            "mirror",
            "cache",
            "TANU_MODELS",
            "cargo xtask models",
            "https://",
        ] {
            assert!(downloadable.contains(part), "{part} is missing: {downloadable}");
        }
        let converted = scratch.store().load(ModelId::EdgefaceXs).unwrap_err().to_string();
        assert!(converted.contains("cannot be downloaded as it is"), "{converted}");
    }

    #[test]
    fn a_wrong_file_is_refused_wherever_it_lies() {
        let scratch = Scratch::new("wrong");
        for place in ["cache", "mirror"] {
            fs::write(scratch.0.join(place).join("open_closed_eye.onnx"), b"not a model").unwrap();
            let error = scratch.store().load(ModelId::OpenClosedEye).unwrap_err();
            assert!(matches!(&error, ModelError::WrongHash { path, .. } if path.starts_with(scratch.0.join(place))));
            assert!(error.to_string().contains("replace or delete it"));
        }
    }

    #[test]
    fn the_files_of_the_environment_are_those_of_the_manifest() {
        let store = Store::from_environment(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        for id in ModelId::ALL {
            match store.load(id) {
                Ok(bytes) => assert_eq!(bytes.len() as u64, Manifest::built_in().unwrap().get(id).bytes),
                Err(error @ ModelError::NotFound { .. }) => {
                    assert!(std::env::var("CI").as_deref() != Ok("true"), "{error}");
                    println!("skipped: the_files_of_the_environment_are_those_of_the_manifest: {error}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
