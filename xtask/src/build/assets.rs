//! `dist/`: files named by their contents, the map from their plain names, and the page that loads them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use tanu_models::{Manifest, ModelId, Store};

use crate::build::files;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{run, say};

/// The files of one build. Files of earlier builds are removed at the end.
pub(crate) struct Assets {
    dist: PathBuf,
    /// Plain name to address.
    addresses: BTreeMap<String, String>,
    /// Paths in `dist` that this build made.
    made: BTreeSet<PathBuf>,
}

impl Assets {
    /// No files yet.
    pub(crate) fn new(dist: &Path) -> Self {
        Self {
            dist: dist.to_owned(),
            addresses: BTreeMap::new(),
            made: BTreeSet::new(),
        }
    }

    /// Adds a file under its plain name; gives its address.
    pub(crate) fn add(&mut self, name: &str, contents: &[u8]) -> Outcome<String> {
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
        self.put(name, &files::hashed_name(stem, extension, contents), contents)
    }

    /// Adds the files of a directory that end in `extension` and are named by their contents already.
    pub(crate) fn copy_hashed(&mut self, directory: &Path, extension: &str) -> Outcome {
        let entries = std::fs::read_dir(directory)
            .map_err(|error| Failure::new("The build's directory cannot be read", error, "check its rights"))?;
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.extension().is_some_and(|found| found == extension) {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let plain = file.split('.').next().unwrap_or(&file);
                self.put(&format!("fonts/{plain}.{extension}"), &file, &files::read(&path)?)?;
            }
        }
        Ok(())
    }

    /// Adds the models that guide the citizen. Without them the pages say that guidance is not available.
    pub(crate) fn models(&mut self, environment: &Environment) -> Outcome {
        let store = Store::from_environment(&environment.root);
        let manifest = Manifest::built_in()
            .map_err(|error| Failure::new("The manifest of models is broken", error, "mend models/models.toml"))?;
        for id in ModelId::GUIDANCE {
            match store.load(id) {
                Ok(bytes) => {
                    let file = format!("models/{}.onnx", manifest.get(id).sha256);
                    self.put(&format!("models/{id}.onnx"), &file, &bytes)?;
                }
                Err(error) => say::note(error),
            }
        }
        Ok(())
    }

    /// Writes the page and the map, compresses what is worth it, removes what earlier builds left.
    pub(crate) fn finish(mut self, environment: &Environment) -> Outcome {
        let map = serde_json::to_string(&self.addresses)
            .map_err(|error| Failure::new("The map of assets cannot be written", error, "report this"))?;
        let page = files::read_text(&environment.root.join("web/index.html"))?;
        for (file, contents) in [
            ("index.html", fill(&page, &self.addresses, &map)?),
            ("assets.json", map),
        ] {
            files::write(&self.dist.join(file), contents.as_bytes())?;
            self.made.insert(file.into());
        }
        self.compress(environment)?;
        sweep(&self.dist, &self.dist, &self.made)
    }

    fn put(&mut self, name: &str, file: &str, contents: &[u8]) -> Outcome<String> {
        let path = Path::new("assets").join(file);
        files::write(&self.dist.join(&path), contents)?;
        let address = format!("/{}", path.display());
        self.made.insert(path);
        self.addresses.insert(name.to_owned(), address.clone());
        Ok(address)
    }

    /// Brotli beside each asset that is not compressed already. An asset's name says its contents, so one that is there is
    /// right.
    fn compress(&mut self, environment: &Environment) -> Outcome {
        let compressible = |path: &&PathBuf| {
            path.starts_with("assets") && path.extension().is_some_and(|extension| extension != "woff2")
        };
        let pairs: Vec<(PathBuf, PathBuf)> = self
            .made
            .iter()
            .filter(compressible)
            .map(|path| (path.clone(), PathBuf::from(format!("{}.br", path.display()))))
            .collect();
        let missing: Vec<&PathBuf> = pairs
            .iter()
            .filter(|(_, brotli)| !self.dist.join(brotli).is_file())
            .map(|(path, _)| path)
            .collect();
        if !missing.is_empty() {
            say::step(format_args!("Compressing {} files with Brotli", missing.len()));
            run::captured(
                run::command("node")
                    .arg(environment.root.join("xtask/scripts/brotli.mjs"))
                    .args(missing)
                    .current_dir(&self.dist),
                "The assets could not be compressed",
                "check the room on the disk",
            )?;
        }
        self.made.extend(pairs.into_iter().map(|(_, brotli)| brotli));
        Ok(())
    }
}

/// The page with the addresses in it: `{{name}}` stands for the address of the asset `name`, `{{assets}}` for the map of all.
fn fill(page: &str, addresses: &BTreeMap<String, String>, map: &str) -> Outcome<String> {
    // In a page, `</` would end the script element that holds the map.
    let mut filled = page.replace("{{assets}}", &map.replace("</", "<\\/"));
    for (name, address) in addresses {
        filled = filled.replace(&format!("{{{{{name}}}}}"), address);
    }
    match filled.split_once("{{").and_then(|(_, rest)| rest.split_once("}}")) {
        None => Ok(filled),
        Some((name, _)) => Err(Failure::new(
            format!("web/index.html asks for {name}"),
            "the build makes no such asset",
            format!(
                "use one of {}",
                addresses.keys().cloned().collect::<Vec<_>>().join(", ")
            ),
        )),
    }
}

/// Removes the files below `directory` that are not among `kept` (paths relative to `dist`).
fn sweep(dist: &Path, directory: &Path, kept: &BTreeSet<PathBuf>) -> Outcome {
    let unsweepable = |error| Failure::new("dist/ cannot be tidied", error, "delete dist/ and build again");
    for entry in std::fs::read_dir(directory).map_err(unsweepable)? {
        let path = entry.map_err(unsweepable)?.path();
        if path.is_dir() {
            sweep(dist, &path, kept)?;
        } else if path.strip_prefix(dist).is_ok_and(|relative| !kept.contains(relative)) {
            std::fs::remove_file(&path).map_err(unsweepable)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses() -> BTreeMap<String, String> {
        BTreeMap::from([("web.js".to_owned(), "/assets/web.1.js".to_owned())])
    }

    #[test]
    fn a_page_gets_the_addresses_and_the_map() {
        let page = "<script src=\"{{web.js}}\"></script>{{assets}}";
        let filled = fill(page, &addresses(), "{\"a\":\"</script>\"}").unwrap();
        assert_eq!(
            filled,
            "<script src=\"/assets/web.1.js\"></script>{\"a\":\"<\\/script>\"}"
        );
    }

    #[test]
    fn a_page_that_asks_for_what_is_not_made_is_refused() {
        let failure = fill("{{wbe.js}}", &addresses(), "{}").unwrap_err().to_string();
        assert!(failure.contains("wbe.js") && failure.contains("web.js"), "{failure}");
    }

    #[test]
    fn files_of_earlier_builds_go() {
        let dist = std::env::temp_dir().join(format!("xtask-assets-{}", std::process::id()));
        files::empty(&dist).unwrap();
        files::write(&dist.join("assets/web.old.js"), b"old").unwrap();
        let mut assets = Assets::new(&dist);
        let address = assets.add("web.js", b"new").unwrap();
        sweep(&dist, &dist, &assets.made).unwrap();
        assert!(dist.join(&address[1..]).is_file());
        assert!(!dist.join("assets/web.old.js").exists());
        std::fs::remove_dir_all(dist).unwrap();
    }
}
