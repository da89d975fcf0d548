//! The configuration: a TOML file, typed, and refused at start where it breaks a rule. `config.example.toml` documents it.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::{Host, Url};

/// The environment variable that holds the master key where the configuration names no file.
pub const MASTER_KEY_VARIABLE: &str = "TANU_MASTER_KEY";

/// Whose citizens are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Synthetic ones.
    Test,
    /// Real ones.
    Production,
}

/// The configuration, validated: all paths are absolute or relative to the working directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Whose citizens are judged.
    pub environment: Environment,
    /// Whether streams that come from no device are judged at all (BNK-7).
    pub virtual_cameras: bool,
    /// The SQLite database.
    pub database: PathBuf,
    /// Certificate and key of the listener.
    pub tls: Option<Tls>,
    /// Where the keys are.
    pub keys: KeyFiles,
    /// The state database.
    pub state_database: StateDatabase,
    /// Name of the log in its checkpoints.
    pub origin: String,
    /// The inference pool.
    pub inference: Inference,
    /// The directory beside which models are looked for.
    pub models_root: PathBuf,
}

/// The listener's certificate.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Certificate chain, PEM.
    pub certificates: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// Files with keys, PEM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFiles {
    /// The matcher's key on the inner channel.
    pub channel_private: PathBuf,
    /// The edge's key on the inner channel.
    pub edge_channel_public: PathBuf,
    /// The key with which the edge signs consent records.
    pub edge_signing_public: PathBuf,
    /// The provider's EDS.
    pub provider_key: PathBuf,
    /// Its certificate chain, leaf first.
    pub provider_chain: PathBuf,
    /// Public keys that the provider's EDS had before: their signatures still count.
    #[serde(default)]
    pub provider_retired: Vec<PathBuf>,
    /// The master key; absent where the environment holds it.
    pub master_key: Option<PathBuf>,
}

/// The state database.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDatabase {
    /// Address without a path.
    pub url: Url,
    /// Name, as document 2 gives it.
    pub name: String,
    /// Its key on the inner channel, PEM.
    pub channel_public: PathBuf,
    /// Certificates of the authorities that vouch for its address, PEM; the public ones where absent.
    pub authorities: Option<PathBuf>,
}

/// The inference pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inference {
    /// Threads.
    pub threads: NonZeroUsize,
    /// Frames that may wait.
    pub queue: usize,
}

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("the configuration {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not TOML of this shape.
    #[error("the configuration is not well formed: {0}")]
    Syntax(#[from] toml::de::Error),
    /// Listening beyond this machine without TLS.
    #[error("`listen` is not loopback and there is no [tls]: nothing is served without encryption (BNK-15)")]
    ListenWithoutTls,
    /// Production takes no virtual cameras.
    #[error("`virtual_cameras` may be true in the test environment only (BNK-7)")]
    VirtualCameras,
    /// Plain http where it is not allowed.
    #[error("`state_database.url` must be https, or http on loopback in the test environment (BNK-15)")]
    InsecureStateDatabase,
    /// The state database's address has a path, a query or user data.
    #[error("`state_database.url` must be an address without path, query or user")]
    StateDatabaseUrl,
    /// A step would never fit.
    #[error(
        "`inference.queue` must have room for one step: at least {}",
        tanu_protocol::capture::MOST_FRAMES
    )]
    Queue,
    /// A name is empty.
    #[error("`{0}` must say something")]
    Empty(&'static str),
}

impl Config {
    /// Reads and validates a file; paths in it are relative to its directory.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("")))
    }

    /// Validates a text; paths in it are relative to `base`.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn parse(text: &str, base: &Path) -> Result<Self, ConfigError> {
        let raw: RawConfig = toml::from_str(text)?;
        let at = |path: &mut PathBuf| *path = base.join(&*path);
        let mut tls = raw.tls;
        if let Some(tls) = &mut tls {
            at(&mut tls.certificates);
            at(&mut tls.key);
        }
        let mut keys = raw.keys;
        for path in [
            &mut keys.channel_private,
            &mut keys.edge_channel_public,
            &mut keys.edge_signing_public,
            &mut keys.provider_key,
            &mut keys.provider_chain,
        ]
        .into_iter()
        .chain(&mut keys.provider_retired)
        .chain(&mut keys.master_key)
        {
            at(path);
        }
        let mut state_database = raw.state_database;
        at(&mut state_database.channel_public);
        state_database.authorities.as_mut().map(at);

        let test = raw.environment == Environment::Test;
        if !raw.listen.ip().is_loopback() && tls.is_none() {
            return Err(ConfigError::ListenWithoutTls);
        }
        if raw.virtual_cameras && !test {
            return Err(ConfigError::VirtualCameras);
        }
        check_url(&state_database.url, test)?;
        if state_database.name.trim().is_empty() {
            return Err(ConfigError::Empty("state_database.name"));
        }
        if raw.register.origin.trim().is_empty() {
            return Err(ConfigError::Empty("register.origin"));
        }
        if raw.inference.queue < tanu_protocol::capture::MOST_FRAMES {
            return Err(ConfigError::Queue);
        }
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Ok(Self {
            listen: raw.listen,
            environment: raw.environment,
            virtual_cameras: raw.virtual_cameras,
            database: base.join(raw.database),
            tls,
            keys,
            state_database,
            origin: raw.register.origin,
            inference: Inference {
                threads: raw.inference.threads.unwrap_or_else(cores),
                queue: raw.inference.queue,
            },
            models_root: base.join(raw.models.root),
        })
    }
}

fn check_url(url: &Url, test: bool) -> Result<(), ConfigError> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback && test => {}
        _ => return Err(ConfigError::InsecureStateDatabase),
    }
    let bare = url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if bare {
        Ok(())
    } else {
        Err(ConfigError::StateDatabaseUrl)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    listen: SocketAddr,
    environment: Environment,
    #[serde(default)]
    virtual_cameras: bool,
    database: PathBuf,
    tls: Option<Tls>,
    keys: KeyFiles,
    state_database: StateDatabase,
    register: RawRegister,
    #[serde(default)]
    inference: RawInference,
    models: RawModels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegister {
    origin: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawInference {
    threads: Option<NonZeroUsize>,
    queue: usize,
}

impl Default for RawInference {
    fn default() -> Self {
        Self {
            threads: None,
            queue: 4 * tanu_protocol::capture::MOST_FRAMES,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModels {
    root: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../config.example.toml");

    fn changed(from: &str, to: &str) -> Result<Config, ConfigError> {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        Config::parse(&text, Path::new("/etc/tanu"))
    }

    #[test]
    fn the_example_is_valid_and_its_paths_are_relative_to_the_file() {
        let config = Config::parse(EXAMPLE, Path::new("/etc/tanu")).unwrap();
        assert_eq!(config.database, Path::new("/etc/tanu/../data/matcher.sqlite"));
        assert_eq!(
            config.keys.provider_key,
            Path::new("/etc/tanu/../keys/provider.key.pem")
        );
        assert_eq!(config.state_database.name, "Жеке тұлғалар");
    }

    #[test]
    fn bnk_15_listening_beyond_loopback_without_tls_is_refused() {
        let open = changed("listen = \"127.0.0.1:8788\"", "listen = \"0.0.0.0:8788\"");
        assert!(matches!(open, Err(ConfigError::ListenWithoutTls)));
        let tls = EXAMPLE
            .replace("127.0.0.1:8788", "0.0.0.0:8788")
            .replace("# [tls]\n# certificates", "[tls]\ncertificates")
            .replace("# key = ", "key = ");
        assert!(Config::parse(&tls, Path::new("")).unwrap().tls.is_some());
    }

    #[test]
    fn bnk_7_production_takes_no_virtual_cameras() {
        let production = changed("environment = \"test\"", "environment = \"production\"");
        assert!(matches!(production, Err(ConfigError::VirtualCameras)));
    }

    #[test]
    fn bnk_15_the_state_database_is_reached_over_https_or_on_loopback_of_the_test_environment() {
        let address = "http://127.0.0.1:8789";
        for insecure in ["http://example.kz", "ftp://127.0.0.1"] {
            assert!(
                matches!(changed(address, insecure), Err(ConfigError::InsecureStateDatabase)),
                "{insecure}"
            );
        }
        assert!(changed(address, "https://example.kz").is_ok());
        for more in ["/path", "?query", "#fragment"] {
            let address_with_more = format!("https://example.kz{more}");
            assert!(
                matches!(changed(address, &address_with_more), Err(ConfigError::StateDatabaseUrl)),
                "{more}"
            );
        }
        for user in ["user@", "user:word@", ":word@"] {
            let address_with_user = format!("https://{user}example.kz");
            assert!(
                matches!(changed(address, &address_with_user), Err(ConfigError::StateDatabaseUrl)),
                "{user}"
            );
        }
        let production = EXAMPLE
            .replace("\"test\"", "\"production\"")
            .replace("virtual_cameras = true", "virtual_cameras = false");
        assert!(matches!(
            Config::parse(&production, Path::new("")),
            Err(ConfigError::InsecureStateDatabase)
        ));
    }

    #[test]
    fn unknown_and_missing_fields_and_a_queue_without_room_are_refused() {
        assert!(matches!(changed("listen = ", "listne = "), Err(ConfigError::Syntax(_))));
        assert!(matches!(changed("queue = 384", "queue = 95"), Err(ConfigError::Queue)));
        assert!(matches!(
            changed("Жеке тұлғалар", " "),
            Err(ConfigError::Empty("state_database.name"))
        ));
    }
}
