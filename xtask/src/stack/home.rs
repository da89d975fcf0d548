//! The home folder of an instance, which one instance at a time runs on.

use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::io::{FdFlags, fcntl_setfd};

use crate::failure::{Failure, Outcome};

/// The file that an instance locks.
const LOCK: &str = "lock";

/// Holds a home folder: no other instance starts on it while this value lives, or a part that took it over.
#[must_use]
#[derive(Debug)]
pub(super) struct Home {
    lock: File,
}

impl Home {
    /// Makes the folder if it is missing, and takes it.
    pub(super) fn take(path: &Path) -> Outcome<Self> {
        make_private(path)?;
        let unusable = |error: std::io::Error| {
            Failure::new(
                format!("{} cannot be taken", path.display()),
                error,
                "check its rights, or set TANU_HOME",
            )
        };
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { lock }),
            Err(TryLockError::Error(error)) => Err(unusable(error)),
            Err(TryLockError::WouldBlock) => Err(Failure::new(
                format!("Another instance runs on {}", path.display()),
                "two would write over each other what they store",
                "stop the other; or run this one beside it, with TANU_HOME set to a folder of its own and \
                 TANU_PORT_EDGE, TANU_PORT_MATCHER and TANU_PORT_SANDBOX to other ports",
            )),
        }
    }

    /// Lets the programs that are started from now on hold the folder as well: were this one killed, they would run on.
    pub(super) fn share_with_parts(&self) -> Outcome {
        fcntl_setfd(&self.lock, FdFlags::empty())
            .map_err(|error| Failure::new("The home folder's lock cannot be handed on", error, "try again"))
    }
}

/// A directory that only its owner may enter: keys and faces lie in it.
pub(super) fn make_private(path: &Path) -> Outcome {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(|error| {
            Failure::new(
                format!("{} cannot be made", path.display()),
                error,
                "check its rights, or set TANU_HOME",
            )
        })
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::run::command;

    /// A folder of a test, removed at its end.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            Self(std::env::temp_dir().join(format!("xtask-home-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    #[test]
    fn a_second_instance_does_not_start_on_one_home_whatever_its_ports() {
        let scratch = Scratch::new("second");
        let first = Home::take(&scratch.0).unwrap();
        let refused = Home::take(&scratch.0).unwrap_err().to_string();
        assert!(
            refused.contains("TANU_HOME") && refused.contains("TANU_PORT_EDGE"),
            "{refused}"
        );
        drop(first);
    }

    #[test]
    fn a_part_that_outlives_its_start_still_holds_the_home() {
        let scratch = Scratch::new("part");
        let home = Home::take(&scratch.0).unwrap();
        home.share_with_parts().unwrap();
        let mut part = command("sleep").arg("60").spawn().unwrap();
        drop(home);
        assert!(Home::take(&scratch.0).is_err());
        part.kill().unwrap();
        part.wait().unwrap();
    }
}
