//! Files of a home folder: written whole or not at all, secret ones readable by their owner alone.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Permissions of every folder: the owner's alone.
pub const FOLDER_MODE: u32 = 0o700;
/// Permissions of every file: the owner's alone.
pub const FILE_MODE: u32 = 0o600;

/// Makes a folder with [`FOLDER_MODE`] where it is missing, and its missing parents.
///
/// # Errors
/// As the file system.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(FOLDER_MODE))
}

/// Writes a new file; a file that is there already is left as it is. Returns whether it was written.
///
/// # Errors
/// As the file system.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<bool> {
    // A hard link fails where the name is taken, so a file appears whole or not at all and nothing is overwritten.
    let draft = write_draft(path, content)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// Writes a file anew where its content differs. Returns whether it was written.
///
/// # Errors
/// As the file system.
pub fn write_changed(path: &Path, content: &[u8]) -> io::Result<bool> {
    match fs::read(path) {
        Ok(present) if present == content => return Ok(false),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let draft = write_draft(path, content)?;
    fs::rename(&draft, path)?;
    Ok(true)
}

fn write_draft(path: &Path, content: &[u8]) -> io::Result<std::path::PathBuf> {
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(FILE_MODE)
        .open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Folder;

    #[test]
    fn a_new_file_never_overwrites() {
        let folder = Folder::new();
        let path = folder.path().join("key.pem");
        assert!(write_new(&path, b"first").unwrap());
        assert!(!write_new(&path, b"second").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"first");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn a_changed_file_is_replaced_and_an_equal_one_left() {
        let folder = Folder::new();
        let path = folder.path().join("config.toml");
        assert!(write_changed(&path, b"a").unwrap());
        assert!(!write_changed(&path, b"a").unwrap());
        assert!(write_changed(&path, b"b").unwrap());
        assert_eq!(fs::read(&path).unwrap(), b"b");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, FILE_MODE);
    }
}
