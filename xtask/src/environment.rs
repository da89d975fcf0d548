//! Where things are and what the environment asks for. Read once, at the start.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};
use crate::stack::PublicAddress;

/// The paths and settings of one run.
#[derive(Debug, Clone)]
pub(crate) struct Environment {
    /// The repository's root.
    pub(crate) root: PathBuf,
    /// Where tools, build results and downloads are kept between runs and clones: `TANU_CACHE`, `~/.cache/tanu`.
    pub(crate) cache: PathBuf,
    /// Cargo's target directory for native code: `CARGO_TARGET_DIR`, else `target` in the cache.
    pub(crate) target: PathBuf,
    /// A run of continuous integration (`CI=true`): what cannot be tested is a failure there.
    pub(crate) ci: bool,
    /// Where an instance keeps its state: `TANU_HOME`, else `.tanu` in the repository.
    pub(crate) home: PathBuf,
    /// Where an instance listens.
    pub(crate) ports: Ports,
    /// Where citizens reach it.
    pub(crate) public: PublicAddress,
    /// Research data, from which test citizens are made: `TANU_DATA`, else `../shared/data`.
    pub(crate) data: PathBuf,
    /// The Chromium that tests drive: `TANU_CHROMIUM`, else Debian's.
    pub(crate) chromium: PathBuf,
}

impl Environment {
    /// Reads the environment of this process.
    pub(crate) fn of_process() -> Outcome<Self> {
        Self::read(
            &|name| std::env::var(name).ok().filter(|value| !value.is_empty()),
            &root()?,
        )
    }

    /// Reads an environment; `variable` gives a variable that is set and not empty.
    fn read(variable: &dyn Fn(&str) -> Option<String>, root: &Path) -> Outcome<Self> {
        let path = |name: &str| variable(name).map(|value| root.join(value));
        let cache = match (path("TANU_CACHE"), variable("HOME")) {
            (Some(cache), _) => cache,
            (None, Some(home)) => Path::new(&home).join(".cache/tanu"),
            (None, None) => {
                return Err(Failure::new(
                    "There is no place to keep tools and build results",
                    "neither TANU_CACHE nor HOME is set",
                    "set TANU_CACHE to a directory outside the repository",
                ));
            }
        };
        Ok(Self {
            root: root.to_owned(),
            target: path("CARGO_TARGET_DIR").unwrap_or_else(|| cache.join("target")),
            cache,
            ci: variable("CI").as_deref() == Some("true"),
            home: path("TANU_HOME").unwrap_or_else(|| root.join(".tanu")),
            ports: Ports::read(variable)?,
            public: PublicAddress::read(variable, root)?,
            data: path("TANU_DATA").unwrap_or_else(|| root.join("../shared/data")),
            chromium: path("TANU_CHROMIUM").unwrap_or_else(|| PathBuf::from("/usr/bin/chromium")),
        })
    }

    /// What tells another program where this instance is and where things are.
    pub(crate) fn for_children(&self) -> [(&'static str, OsString); 9] {
        let ports = self.ports;
        [
            ("TANU_HOME", self.home.clone().into()),
            ("TANU_PORT_EDGE", ports.edge.to_string().into()),
            ("TANU_PORT_MATCHER", ports.matcher.to_string().into()),
            ("TANU_PORT_SANDBOX", ports.sandbox.to_string().into()),
            ("TANU_ORIGIN", self.public.origin(ports.edge).into()),
            ("TANU_CACHE", self.cache.clone().into()),
            ("TANU_DATA", self.data.clone().into()),
            ("TANU_CHROMIUM", self.chromium.clone().into()),
            ("CARGO_TARGET_DIR", self.target.clone().into()),
        ]
    }

    /// Cargo's target directory for WebAssembly. Its own, since another compiler may build it.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        let mut name = self.target.file_name().unwrap_or_default().to_owned();
        name.push("-wasm");
        self.target.with_file_name(name)
    }

    /// Where the tools that set-up installs are kept.
    pub(crate) fn tools(&self) -> PathBuf {
        self.cache.join("tools")
    }

    /// Where those of them that are built are compiled.
    pub(crate) fn tools_target(&self) -> PathBuf {
        self.cache.join("target-tools")
    }

    /// An installed tool's program.
    pub(crate) fn tool(&self, name: &str) -> PathBuf {
        self.tools().join("bin").join(name)
    }

    /// A program that an npm package brought, by its path in `node_modules`.
    pub(crate) fn npm(&self, path: &str) -> PathBuf {
        self.root.join("node_modules").join(path)
    }
}

/// The ports of one instance, all on loopback and all different.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ports {
    /// Tanu itself: `TANU_PORT_EDGE`, 8787.
    pub(crate) edge: u16,
    /// The matcher: `TANU_PORT_MATCHER`, 8788.
    pub(crate) matcher: u16,
    /// The test environment with the demo bank: `TANU_PORT_SANDBOX`, 8789.
    pub(crate) sandbox: u16,
}

impl Ports {
    fn read(variable: &dyn Fn(&str) -> Option<String>) -> Outcome<Self> {
        let port = |name: &str, default: u16| match variable(name) {
            None => Ok(default),
            Some(text) => text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
                Failure::new(
                    format!("{name} names no port"),
                    format!("it is `{text}`"),
                    "give a number from 1 to 65535, or leave it unset",
                )
            }),
        };
        let ports = Self {
            edge: port("TANU_PORT_EDGE", 8787)?,
            matcher: port("TANU_PORT_MATCHER", 8788)?,
            sandbox: port("TANU_PORT_SANDBOX", 8789)?,
        };
        if ports.edge == ports.matcher || ports.matcher == ports.sandbox || ports.sandbox == ports.edge {
            return Err(Failure::new(
                "Two parts cannot share one port",
                format!(
                    "edge {}, matcher {}, sandbox {}",
                    ports.edge, ports.matcher, ports.sandbox
                ),
                "give TANU_PORT_EDGE, TANU_PORT_MATCHER and TANU_PORT_SANDBOX different numbers",
            ));
        }
        Ok(ports)
    }
}

/// The repository's root: the parent of this package's directory, which cargo tells.
fn root() -> Outcome<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR")
        .and_then(|package| Path::new(&package).parent().map(Path::to_owned))
        .ok_or_else(|| {
            Failure::new(
                "The repository was not found",
                "cargo did not say where this package is",
                "run it as `cargo xtask …` or `npm run …` in the repository",
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Outcome<Environment> {
        let variable = |name: &str| {
            variables
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| (*value).to_owned())
        };
        Environment::read(&variable, Path::new("/repo"))
    }

    #[test]
    fn without_variables_everything_has_its_usual_place() {
        let environment = read(&[("HOME", "/home/a")]).unwrap();
        assert_eq!(environment.target, Path::new("/home/a/.cache/tanu/target"));
        assert_eq!(environment.wasm_target(), Path::new("/home/a/.cache/tanu/target-wasm"));
        assert_eq!(environment.home, Path::new("/repo/.tanu"));
        assert_eq!(
            environment.ports,
            Ports {
                edge: 8787,
                matcher: 8788,
                sandbox: 8789
            }
        );
        assert!(!environment.ci);
    }

    #[test]
    fn relative_paths_are_relative_to_the_repository_not_to_where_it_was_called() {
        let environment = read(&[("TANU_CACHE", "../cache"), ("TANU_HOME", "/tmp/a"), ("CI", "true")]).unwrap();
        assert_eq!(environment.cache, Path::new("/repo/../cache"));
        assert_eq!(environment.home, Path::new("/tmp/a"));
        assert!(environment.ci);
    }

    #[test]
    fn a_port_that_is_none_or_is_taken_twice_is_refused() {
        for (name, value) in [
            ("TANU_PORT_EDGE", "http"),
            ("TANU_PORT_MATCHER", "0"),
            ("TANU_PORT_SANDBOX", "65536"),
        ] {
            assert!(
                read(&[("HOME", "/h"), (name, value)])
                    .unwrap_err()
                    .to_string()
                    .contains(name)
            );
        }
        assert!(
            read(&[("HOME", "/h"), ("TANU_PORT_EDGE", "8788")])
                .unwrap_err()
                .to_string()
                .contains("share")
        );
    }
}
