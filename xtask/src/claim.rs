//! Build directories that clones of the repository share.
//!
//! Cargo knows a workspace's crates by their place in it and goes by time stamps: what another clone built after this one was
//! checked out would be taken for this one's. So each directory says which clone built into it last. Where that was another,
//! this one's files are marked as new, and cargo compiles them again; dependencies stay as they are. Runs of one clone go side
//! by side, those of two wait for each other.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::{clock, say};

/// The file of a build directory that holds the root of the clone that built into it last. It is locked as well: shared by the
/// runs of that clone, exclusive while another takes over.
const MARK: &str = "built-from";

/// What this program was compiled from.
const COMPILED_FROM: &str = env!("CARGO_MANIFEST_DIR");

/// Holds the build directories for this clone: no other builds into them while this value lives.
#[must_use]
#[derive(Debug)]
pub(crate) struct Claim {
    _marks: Vec<File>,
}

/// Claims the directories of native code and of WebAssembly. Waits while another clone builds into them.
pub(crate) fn build_directories(environment: &Environment) -> Outcome<Claim> {
    claim(
        &environment.root,
        &[environment.target.clone(), environment.wasm_target()],
    )
}

/// Refuses to go on as another clone's program: cargo takes that for this one's where both build it into one directory.
pub(crate) fn require_own_program(environment: &Environment) -> Outcome {
    own_program(Path::new(COMPILED_FROM), &environment.root)
}

fn own_program(compiled_from: &Path, root: &Path) -> Outcome {
    let this = root.join("xtask");
    // A link to the place is the place.
    let is_same = |a: &Path, b: &Path| a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b));
    if is_same(compiled_from, &this) {
        return Ok(());
    }
    mark_as_new(root)?;
    Err(Failure::new(
        "These commands were compiled for another clone of the repository",
        format!("they come from {}, this is {}", compiled_from.display(), this.display()),
        "run the same again: cargo now compiles this clone's own. Without CARGO_TARGET_DIR each clone keeps its own",
    ))
}

fn claim(root: &Path, directories: &[PathBuf]) -> Outcome<Claim> {
    // Every run takes them in the same order, so that no two wait for each other.
    let marks = directories.iter().map(|directory| claim_one(root, directory));
    Ok(Claim {
        _marks: marks.collect::<Outcome<_>>()?,
    })
}

fn claim_one(root: &Path, directory: &Path) -> Outcome<File> {
    let failure = |error: std::io::Error| {
        Failure::new(
            format!("{} cannot be claimed for this clone", directory.display()),
            error,
            "check its rights, or name another directory with CARGO_TARGET_DIR",
        )
    };
    std::fs::create_dir_all(directory).map_err(failure)?;
    let mut mark = File::options()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(directory.join(MARK))
        .map_err(failure)?;
    let own = root.to_string_lossy();
    loop {
        mark.lock_shared().map_err(failure)?;
        if read(&mut mark).map_err(failure)? == own {
            return Ok(mark);
        }
        // A shared lock can't be made exclusive in one step. Whoever comes between is met in the next turn.
        mark.unlock().map_err(failure)?;
        lock(&mut mark, directory).map_err(failure)?;
        if read(&mut mark).map_err(failure)? != own {
            mark_as_new(root)?;
            write(&mut mark, &own).map_err(failure)?;
        }
        mark.unlock().map_err(failure)?;
    }
}

/// Locks exclusively, and says for whom it waits.
fn lock(mark: &mut File, directory: &Path) -> std::io::Result<()> {
    match mark.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(error)) => Err(error),
        Err(TryLockError::WouldBlock) => {
            let other = read(mark)?;
            say::step(format_args!(
                "Waiting for {other}, which builds into {}",
                directory.display()
            ));
            mark.lock()
        }
    }
}

fn read(mark: &mut File) -> std::io::Result<String> {
    let mut text = String::new();
    mark.rewind()?;
    mark.read_to_string(&mut text)?;
    Ok(text)
}

fn write(mark: &mut File, text: &str) -> std::io::Result<()> {
    mark.set_len(0)?;
    mark.rewind()?;
    mark.write_all(text.as_bytes())
}

/// Gives the clone's files the present time. What is built, installed or stored there is left alone.
fn mark_as_new(directory: &Path) -> Outcome {
    let failure = |path: &Path, error: std::io::Error| {
        Failure::new(
            format!("{} cannot be marked as new", path.display()),
            error,
            "check its owner and its rights",
        )
    };
    for entry in std::fs::read_dir(directory).map_err(|error| failure(directory, error))? {
        let entry = entry.map_err(|error| failure(directory, error))?;
        let (path, kind) = (
            entry.path(),
            entry.file_type().map_err(|error| failure(directory, error))?,
        );
        if kind.is_dir() && !is_made(&path) {
            mark_as_new(&path)?;
        } else if kind.is_file() {
            File::open(&path)
                .and_then(|file| file.set_modified(clock::of_files()))
                .map_err(|error| failure(&path, error))?;
        }
    }
    Ok(())
}

/// Whether a directory of the clone holds what was made and not written: hidden ones, npm's, those of builds. Cargo marks its
/// own with a file.
fn is_made(directory: &Path) -> bool {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with('.')
        || ["dist", "node_modules", "target"].contains(&&*name)
        || directory.join("CACHEDIR.TAG").is_file()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::build::files;

    const OLD: SystemTime = SystemTime::UNIX_EPOCH;

    /// Clones and a build directory of a test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-claim-{name}-{}", std::process::id()));
            files::empty(&path).unwrap();
            Self(path)
        }

        /// A clone, all of whose files are old.
        fn clone_of_the_repository(&self, name: &str) -> PathBuf {
            let root = self.0.join(name);
            for file in [
                "web/src/main.rs",
                "node_modules/a.js",
                ".git/index",
                "out/built.rs",
                "out/CACHEDIR.TAG",
            ] {
                files::write(&root.join(file), b"").unwrap();
                Self::age(&root.join(file));
            }
            root
        }

        fn age(path: &Path) {
            File::open(path).unwrap().set_modified(OLD).unwrap();
        }

        fn directories(&self) -> [PathBuf; 2] {
            ["target", "target-wasm"].map(|name| self.0.join(name))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn is_new(path: &Path) -> bool {
        path.metadata().unwrap().modified().unwrap() > OLD + Duration::from_secs(1)
    }

    #[test]
    fn what_another_clone_built_last_is_not_taken_for_ones_own() {
        let scratch = Scratch::new("turns");
        let [a, b] = ["a", "b"].map(|name| scratch.clone_of_the_repository(name));
        let source = |root: &Path| root.join("web/src/main.rs");
        drop(claim(&a, &scratch.directories()).unwrap());
        assert!(is_new(&source(&a)) && !is_new(&source(&b)));
        drop(claim(&b, &scratch.directories()).unwrap());
        assert!(is_new(&source(&b)));
        Scratch::age(&source(&a));
        drop(claim(&a, &scratch.directories()).unwrap());
        assert!(is_new(&source(&a)), "the other clone has built meanwhile");
    }

    #[test]
    fn a_clone_that_built_last_compiles_nothing_again() {
        let scratch = Scratch::new("again");
        let a = scratch.clone_of_the_repository("a");
        drop(claim(&a, &scratch.directories()).unwrap());
        let source = a.join("web/src/main.rs");
        Scratch::age(&source);
        drop(claim(&a, &scratch.directories()).unwrap());
        assert!(!is_new(&source));
    }

    #[test]
    fn each_directory_counts_and_webassemblys_too() {
        let scratch = Scratch::new("each");
        let [a, b] = ["a", "b"].map(|name| scratch.clone_of_the_repository(name));
        let [native, wasm] = scratch.directories();
        drop(claim(&a, &[native.clone(), wasm.clone()]).unwrap());
        drop(claim(&b, std::slice::from_ref(&wasm)).unwrap());
        Scratch::age(&a.join("web/src/main.rs"));
        drop(claim(&a, &[native, wasm]).unwrap());
        assert!(is_new(&a.join("web/src/main.rs")));
    }

    #[test]
    fn what_is_made_keeps_its_time() {
        let scratch = Scratch::new("made");
        let a = scratch.clone_of_the_repository("a");
        mark_as_new(&a).unwrap();
        for made in ["node_modules/a.js", ".git/index", "out/built.rs"] {
            assert!(!is_new(&a.join(made)), "{made}");
        }
    }

    #[test]
    fn runs_of_one_clone_go_side_by_side_and_another_clone_waits() {
        let scratch = Scratch::new("wait");
        let [a, b] = ["a", "b"].map(|name| scratch.clone_of_the_repository(name));
        let directories = scratch.directories();
        let first = claim(&a, &directories).unwrap();
        let second = claim(&a, &directories).unwrap();
        let mark = File::open(directories[0].join(MARK)).unwrap();
        assert!(matches!(mark.try_lock(), Err(TryLockError::WouldBlock)));
        std::thread::scope(|scope| {
            let other = scope.spawn(|| claim(&b, &directories).map(drop));
            drop(first);
            assert!(matches!(mark.try_lock(), Err(TryLockError::WouldBlock)));
            assert!(!is_new(&b.join("web/src/main.rs")), "it took over what is in use");
            drop(second);
            other.join().unwrap().unwrap();
        });
        assert_eq!(
            files::read_text(&directories[0].join(MARK)).unwrap(),
            b.to_string_lossy()
        );
    }

    #[test]
    fn another_clones_program_does_not_go_on_and_is_compiled_anew() {
        let scratch = Scratch::new("program");
        let [a, b] = ["a", "b"].map(|name| scratch.clone_of_the_repository(name));
        own_program(&a.join("xtask"), &a).unwrap();
        let failure = own_program(&a.join("xtask"), &b).unwrap_err().to_string();
        assert!(failure.contains("run the same again"), "{failure}");
        assert!(is_new(&b.join("web/src/main.rs")) && !is_new(&a.join("web/src/main.rs")));
    }
}
