//! Files that a build writes, and how it knows that it need not.

use std::path::Path;

use tanu_models::Sha256Digest;

use crate::failure::{Failure, Outcome};

/// Reads a file of the build.
pub(crate) fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|error| at(path, &error))
}

/// Reads a text of the build.
pub(crate) fn read_text(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|error| at(path, &error))
}

/// Writes a file, with the directories that lead to it, unless it already has these contents.
pub(crate) fn write(path: &Path, contents: &[u8]) -> Outcome {
    if std::fs::read(path).is_ok_and(|present| present == contents) {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory).map_err(|error| at(directory, &error))?;
    }
    std::fs::write(path, contents).map_err(|error| at(path, &error))
}

/// An empty directory.
pub(crate) fn empty(path: &Path) -> Outcome {
    if path.exists() {
        std::fs::remove_dir_all(path).map_err(|error| at(path, &error))?;
    }
    std::fs::create_dir_all(path).map_err(|error| at(path, &error))
}

/// A file's name with the beginning of its contents' hash in it: such a file may be cached for ever.
pub(crate) fn hashed_name(stem: &str, extension: &str, contents: &[u8]) -> String {
    let digest = Sha256Digest::of(contents).to_string();
    format!("{stem}.{}.{extension}", &digest[..16])
}

/// Does work unless `stamp` says that it was done for these inputs. The work's outputs must outlive the stamp.
pub(crate) fn unless_done(stamp: &Path, inputs: &[&[u8]], work: impl FnOnce() -> Outcome) -> Outcome {
    let digests: Vec<String> = inputs.iter().map(|input| Sha256Digest::of(input).to_string()).collect();
    let key = digests.join("\n");
    if std::fs::read_to_string(stamp).is_ok_and(|done| done == key) {
        return Ok(());
    }
    work()?;
    write(stamp, key.as_bytes())
}

fn at(path: &Path, error: &std::io::Error) -> Failure {
    let remedy = match error.kind() {
        std::io::ErrorKind::NotFound => "restore it from the repository, or build the part that makes it",
        _ => "check the owner and the rights of that path, and the room on the disk",
    };
    Failure::new(format!("{} is needed by the build", path.display()), error, remedy)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn work_is_done_again_only_when_an_input_changed() {
        let directory = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        empty(&directory).unwrap();
        let (stamp, count) = (directory.join("stamp"), Cell::new(0));
        let work = || {
            count.set(count.get() + 1);
            Ok(())
        };
        for (inputs, expected) in [([b"a", b"b"], 1), ([b"a", b"b"], 1), ([b"a", b"c"], 2)] {
            unless_done(&stamp, &inputs.map(<[u8; 1]>::as_slice), work).unwrap();
            assert_eq!(count.get(), expected);
        }
        let failing = || Err(Failure::new("", "", ""));
        assert!(unless_done(&stamp, &[b"d"], failing).is_err());
        unless_done(&stamp, &[b"d"], work).unwrap();
        assert_eq!(count.get(), 3, "failed work must not count as done");
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn other_contents_have_another_name() {
        assert_eq!(hashed_name("web", "js", b""), "web.e3b0c44298fc1c14.js");
        assert_ne!(hashed_name("web", "js", b"a"), hashed_name("web", "js", b"b"));
    }
}
