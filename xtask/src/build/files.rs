//! Files that a build writes, and how it knows that it need not.

use std::path::{Path, PathBuf};

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

/// Does work unless `stamp` says that it was done for these inputs and gave the outputs that are there now. What makes the
/// outputs, a tool's version above all, is an input too.
pub(crate) fn unless_done(
    stamp: &Path,
    inputs: &[&[u8]],
    outputs: &[PathBuf],
    work: impl FnOnce() -> Outcome,
) -> Outcome {
    let digests = |contents: &mut dyn Iterator<Item = Vec<u8>>| -> Vec<String> {
        contents
            .map(|contents| Sha256Digest::of(&contents).to_string())
            .collect()
    };
    let made = || -> Outcome<String> {
        let outputs = outputs.iter().map(|path| read(path)).collect::<Outcome<Vec<_>>>()?;
        let inputs = digests(&mut inputs.iter().map(|input| input.to_vec())).join("\n");
        Ok(format!("{inputs}\n\n{}", digests(&mut outputs.into_iter()).join("\n")))
    };
    let done = std::fs::read_to_string(stamp);
    if done.is_ok_and(|done| made().is_ok_and(|made| done == made)) {
        return Ok(());
    }
    match std::fs::remove_file(stamp) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(at(stamp, &error)),
        _ => {}
    }
    work()?;
    write(stamp, made()?.as_bytes())
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
    fn work_is_done_again_only_when_an_input_or_an_output_changed() {
        let directory = std::env::temp_dir().join(format!("xtask-files-{}", std::process::id()));
        empty(&directory).unwrap();
        let (stamp, output, count) = (directory.join("stamp"), directory.join("output"), Cell::new(0));
        let outputs = [output.clone()];
        let work = || {
            assert!(!stamp.exists(), "a build that is interrupted here must not look done");
            count.set(count.get() + 1);
            write(&output, b"made")
        };
        for (inputs, expected) in [([b"a", b"b"], 1), ([b"a", b"b"], 1), ([b"a", b"c"], 2)] {
            unless_done(&stamp, &inputs.map(<[u8; 1]>::as_slice), &outputs, work).unwrap();
            assert_eq!(count.get(), expected);
        }
        write(&output, b"by hand").unwrap();
        unless_done(&stamp, &[b"a", b"c"], &outputs, work).unwrap();
        assert_eq!(count.get(), 3, "what was built by hand is not what this build makes");
        let failing = || Err(Failure::new("", "", ""));
        assert!(unless_done(&stamp, &[b"d"], &outputs, failing).is_err());
        unless_done(&stamp, &[b"a", b"c"], &outputs, work).unwrap();
        assert_eq!(count.get(), 4, "what failed work left is not what was there before");
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn other_contents_have_another_name() {
        assert_eq!(hashed_name("web", "js", b""), "web.e3b0c44298fc1c14.js");
        assert_ne!(hashed_name("web", "js", b"a"), hashed_name("web", "js", b"b"));
    }
}
