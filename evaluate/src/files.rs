//! Files that are read and written, and errors that say what to do about them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use tanu_vision::{DecodeError, Picture, decode};
use thiserror::Error;

/// Why a file could not be used.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// A file or folder could not be read.
    #[error("{} can't be read ({source}): {}", path.display(), remedy(source))]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written.
    #[error("{} can't be written ({source}): name another file with --out, or make room for it", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A picture could not be decoded.
    #[error("{} can't be used: {source}", path.display())]
    Decode {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::NotFound => "check how its name is spelt; relative names start in the current folder",
        io::ErrorKind::PermissionDenied => "let this user read it",
        io::ErrorKind::IsADirectory => "name a file, not a folder",
        io::ErrorKind::NotADirectory => "name a folder, not a file",
        _ => "check the disk",
    }
}

/// Reads a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(|source| FileError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Reads and decodes a picture.
pub(crate) fn read_picture(path: &Path) -> Result<Picture, FileError> {
    let bytes = read(path)?;
    decode(&bytes).map_err(|source| FileError::Decode {
        path: path.to_owned(),
        source,
    })
}

/// The paths in a folder, sorted.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let unreadable = |source| FileError::Read {
        path: folder.to_owned(),
        source,
    };
    let entries = fs::read_dir(folder).map_err(unreadable)?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(unreadable)?;
    paths.sort();
    Ok(paths)
}

/// Opens a file for writing, making its folder. Done before long work, so that the work is not lost to a wrong name.
pub(crate) fn create(path: &Path) -> Result<File, FileError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all);
    made.and_then(|()| File::create(path))
        .map_err(|source| FileError::Write {
            path: path.to_owned(),
            source,
        })
}

/// The error for what could not be written to `path`.
pub(crate) fn unwritten(path: &Path) -> impl FnOnce(io::Error) -> FileError {
    |source| FileError::Write {
        path: path.to_owned(),
        source,
    }
}

/// Writes a value to `file`, opened at `path`, as indented JSON with a line's end; gives the text.
pub(crate) fn write_json(path: &Path, file: &mut File, value: &impl serde::Serialize) -> Result<String, FileError> {
    let text = json(value);
    io::Write::write_all(file, text.as_bytes()).map_err(unwritten(path))?;
    Ok(text)
}

/// A value as indented JSON with a line's end.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    // Plain structs of numbers and strings always serialise.
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
