//! The home folder of a test environment: keys, certificates and configuration of every part.
//!
//! | folder | what |
//! |---|---|
//! | `keys/` | keys and certificates; made once, never overwritten |
//! | `config/` | `edge.json`, `matcher.toml`, `sandbox.toml`; written anew when the origins or ports given differ |
//! | `data/` | the matcher's store |
//! | `sandbox/` | the state database and the demo bank's store |

pub mod certificates;
pub mod configuration;
pub mod files;
pub mod keys;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::authority::{Authority, Untrusted};
use certificates::CertificateFailure;
use configuration::{Settings, UnwritableConfiguration};
use keys::KeyFailure;

/// Pairs made for each part, beside the certification authority's and the provider's.
const PAIRS: [&str; 4] = [
    "edge-signing",
    "edge-channel",
    "matcher-channel",
    "state-database-channel",
];
/// The edge's key for the pseudonyms of subjects, and the matcher's master key.
const SYMMETRIC: [&str; 2] = ["subject.key", "master.key"];
/// The demo bank's secret as a client of the identity provider.
const CLIENT_SECRET: &str = "demo-bank.secret";

/// Why a home folder could not be made.
#[derive(Debug, thiserror::Error)]
pub enum InitFailure {
    /// A folder or file.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFailure),
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateFailure),
    /// Certificates and keys that are there do not fit together, or are no longer in force.
    #[error("{path}: {source}; move the folder of keys away and run this again to make new ones")]
    Unfit {
        /// The certificates.
        path: PathBuf,
        /// What is wrong.
        source: Untrusted,
    },
    /// The configuration.
    #[error(transparent)]
    Configuration(#[from] UnwritableConfiguration),
}

/// Makes what is missing in the home folder, and writes the configuration anew where it differs. Safe to repeat.
///
/// # Errors
/// [`InitFailure`].
pub fn init(home: &Path, settings: &Settings, now: Timestamp) -> Result<(), InitFailure> {
    let keys = folder(home, "keys")?;
    let config = folder(home, "config")?;
    folder(home, "data")?;
    folder(home, "sandbox")?;

    for name in PAIRS {
        keys::ensure_pair(&keys, name)?;
    }
    for name in SYMMETRIC {
        keys::ensure_symmetric(&keys, name)?;
    }
    let secret = keys::ensure_secret(&keys, CLIENT_SECRET)?;
    certificates::ensure(&keys, now)?;
    check_provider(&keys, now)?;

    for (name, content) in configuration::render(settings, &secret)? {
        let path = config.join(name);
        files::write_changed(&path, content.as_bytes()).map_err(|source| InitFailure::File { path, source })?;
    }
    Ok(())
}

fn folder(home: &Path, name: &str) -> Result<PathBuf, InitFailure> {
    let path = home.join(name);
    match files::make_folder(&path) {
        Ok(()) => Ok(path),
        Err(source) => Err(InitFailure::File { path, source }),
    }
}

fn check_provider(keys: &Path, now: Timestamp) -> Result<(), InitFailure> {
    let chain_path = keys.join(certificates::PROVIDER_CHAIN);
    let read = |path: PathBuf| std::fs::read_to_string(&path).map_err(|source| InitFailure::File { path, source });
    let authority = read(keys.join(certificates::AUTHORITY))?;
    let chain = read(chain_path.clone())?;
    let key = keys::read_private(&keys.join("provider.pem"))?;
    Authority::from_pem(&authority)
        .and_then(|authority| authority.signing_key_of_pem(&chain, now))
        .and_then(|certified| {
            if certified == *key.verifying_key() {
                Ok(())
            } else {
                Err(Untrusted::OtherKey)
            }
        })
        .map_err(|source| InitFailure::Unfit {
            path: chain_path,
            source,
        })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use jiff::ToSpan;

    use super::*;
    use crate::testing::{Folder, NOW, settings};

    fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(contents(&path));
            } else {
                let content = fs::read(&path).unwrap();
                found.insert(path, content);
            }
        }
        found
    }

    #[test]
    fn a_second_init_changes_nothing() {
        let home = Folder::new();
        init(home.path(), &settings(), NOW).unwrap();
        let first = contents(home.path());
        init(home.path(), &settings(), NOW).unwrap();
        assert_eq!(contents(home.path()), first);
    }

    #[test]
    fn other_origins_change_the_configuration_and_no_key() {
        let home = Folder::new();
        init(home.path(), &settings(), NOW).unwrap();
        let keys = contents(&home.path().join("keys"));
        let config = contents(&home.path().join("config"));
        let settings = Settings {
            edge_origin: "http://localhost:9787".parse().unwrap(),
            ..settings()
        };
        init(home.path(), &settings, NOW).unwrap();
        assert_eq!(contents(&home.path().join("keys")), keys);
        assert_ne!(contents(&home.path().join("config")), config);
    }

    #[test]
    fn what_is_missing_is_made_again_and_the_rest_stays() {
        let home = Folder::new();
        init(home.path(), &settings(), NOW).unwrap();
        let first = contents(home.path());
        for name in ["keys/edge-channel.pub.pem", "config/edge.json"] {
            fs::remove_file(home.path().join(name)).unwrap();
        }
        init(home.path(), &settings(), NOW).unwrap();
        assert_eq!(contents(home.path()), first);
    }

    #[test]
    fn a_certificate_that_ends_within_thirty_days_is_made_anew_for_the_same_key() {
        let home = Folder::new();
        let later = |days: i64| NOW.checked_add((days * 24).hours()).unwrap();
        init(home.path(), &settings(), NOW).unwrap();
        let first = contents(home.path());
        init(home.path(), &settings(), later(330)).unwrap();
        assert_eq!(contents(home.path()), first);
        for days in [340, 800] {
            init(home.path(), &settings(), later(days)).unwrap();
            let renewed = contents(home.path());
            let changed: Vec<_> = first.keys().filter(|path| renewed[*path] != first[*path]).collect();
            assert_eq!(changed, [&home.path().join("keys/provider.chain.pem")]);
        }
    }

    #[test]
    fn everything_is_the_owners_alone() {
        let home = Folder::new();
        init(home.path(), &settings(), NOW).unwrap();
        for path in contents(home.path()).keys() {
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(path), files::FILE_MODE, "{}", path.display());
            assert_eq!(mode(path.parent().unwrap()), files::FOLDER_MODE, "{}", path.display());
        }
    }

    #[test]
    fn a_provider_key_that_is_not_the_certified_one_is_named() {
        let home = Folder::new();
        init(home.path(), &settings(), NOW).unwrap();
        fs::remove_file(home.path().join("keys/provider.pem")).unwrap();
        let failure = init(home.path(), &settings(), NOW).unwrap_err();
        assert!(matches!(failure, InitFailure::Unfit { .. }), "{failure}");
    }
}
