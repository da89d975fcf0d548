//! The configuration of edge functions, matcher and sandbox for a test environment on one machine.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tanu_protocol::iin::{Bin, MalformedNumber};
use tanu_protocol::language::Localized;
use tanu_protocol::session::DataItem;
use url::{Origin, Url};

use crate::bank::RETENTION_DAYS;
use crate::config::{self, SandboxFile};

/// Identifier of the demo bank as a client of the identity provider.
pub const CLIENT_ID: &str = "demo-bank";
/// The demo bank's business identification number: synthetic.
const BANK_BIN: &str = "490140000012";

/// What differs from one test environment to another.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Origin under which citizens' browsers reach Tanu.
    pub edge_origin: Url,
    /// Where the matcher listens.
    pub matcher: SocketAddr,
    /// Where the sandbox listens.
    pub listen: SocketAddr,
    /// Origin under which browsers reach the demo bank.
    pub bank_origin: Url,
    /// Folder with `portraits/`, where there is one: its people become test citizens.
    pub data: Option<PathBuf>,
    /// The folder beside which the matcher looks for models.
    pub root: PathBuf,
    /// How long a citizen's session lasts, in seconds.
    pub session_seconds: u32,
    /// How long a citizen has for one step, in seconds.
    pub step_seconds: u32,
}

impl Settings {
    /// How long a citizen's session lasts unless said otherwise, in seconds.
    pub const SESSION_SECONDS: u32 = 900;
    /// How long a citizen has for one step unless said otherwise, in seconds.
    pub const STEP_SECONDS: u32 = 30;
}

/// Why the configuration could not be written.
#[derive(Debug, thiserror::Error)]
pub enum UnwritableConfiguration {
    /// A URL that is no http or https origin.
    #[error("{0} is not the origin of a website")]
    NotAnOrigin(Url),
    /// The demo bank's number.
    #[error("the demo bank's number: {0}")]
    Number(#[from] MalformedNumber),
    /// JSON.
    #[error("the configuration can't be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// TOML.
    #[error("the configuration can't be written as TOML: {0}")]
    Toml(#[from] toml::ser::Error),
}

#[derive(Serialize)]
struct EdgeFile {
    environment: &'static str,
    issuer: String,
    virtual_cameras: bool,
    session_seconds: u32,
    step_seconds: u32,
    limits: Limits,
    clients: Vec<Client>,
}

/// How often something may be done: here as often as tests and measurements do it on one machine, in one relying party's name.
#[derive(Serialize)]
struct Limits {
    pushed: Allowance,
    direct: Allowance,
    public: Allowance,
    session: SessionLimits,
}

#[derive(Serialize)]
struct SessionLimits {
    browser: Allowance,
    relying_party: Allowance,
    refused_frames: Allowance,
}

#[derive(Clone, Copy, Serialize)]
struct Allowance {
    burst: u32,
    per_minute: u32,
}

impl Limits {
    const OF_TESTS: Self = {
        let much = Allowance {
            burst: 10_000,
            per_minute: 60_000,
        };
        Self {
            pushed: much,
            direct: much,
            public: much,
            session: SessionLimits {
                browser: much,
                relying_party: much,
                refused_frames: much,
            },
        }
    };
}

#[derive(Serialize)]
struct Client {
    client_id: &'static str,
    secret_sha256: String,
    name: Localized,
    bin: Bin,
    redirect_uris: Vec<String>,
    purpose: Localized,
    data: Vec<DataItem>,
    retention_days: u16,
    user_agreement: String,
    privacy_policy: String,
}

#[derive(Serialize)]
struct MatcherFile {
    listen: SocketAddr,
    environment: &'static str,
    virtual_cameras: bool,
    database: &'static str,
    keys: MatcherKeys,
    state_database: StateDatabase,
    register: Register,
    models: Models,
}

#[derive(Serialize)]
struct MatcherKeys {
    channel_private: &'static str,
    edge_channel_public: &'static str,
    edge_signing_public: &'static str,
    provider_key: &'static str,
    provider_chain: &'static str,
    master_key: &'static str,
}

#[derive(Serialize)]
struct StateDatabase {
    url: String,
    name: &'static str,
    channel_public: &'static str,
}

#[derive(Serialize)]
struct Register {
    origin: &'static str,
}

#[derive(Serialize)]
struct Models {
    root: PathBuf,
}

/// The files of the folder `config`, each with its name. The client's secret goes in as its hash.
///
/// # Errors
/// [`UnwritableConfiguration`].
pub fn render(
    settings: &Settings,
    client_secret: &str,
) -> Result<[(&'static str, String); 3], UnwritableConfiguration> {
    Ok([
        ("edge.json", edge(settings, client_secret)?),
        ("matcher.toml", matcher(settings)?),
        ("sandbox.toml", sandbox(settings)?),
    ])
}

fn edge(settings: &Settings, client_secret: &str) -> Result<String, UnwritableConfiguration> {
    let bank = origin(&settings.bank_origin)?;
    let file = EdgeFile {
        environment: "test",
        issuer: origin(&settings.edge_origin)?,
        virtual_cameras: true,
        session_seconds: settings.session_seconds,
        step_seconds: settings.step_seconds,
        limits: Limits::OF_TESTS,
        clients: vec![Client {
            client_id: CLIENT_ID,
            secret_sha256: hexadecimal(&Sha256::digest(client_secret.as_bytes())),
            name: localized("«Үлгі» банкі", "Банк «Үлгі»", "Ülgi Bank"),
            bin: BANK_BIN.parse()?,
            redirect_uris: vec![format!("{bank}/callback")],
            purpose: localized(
                "Банктің қызметтеріне кіру үшін сіз екеніңізді растау",
                "Подтвердить, что это вы, для входа в услуги банка",
                "To confirm that it is you, for access to the bank's services",
            ),
            data: vec![
                DataItem::Face,
                DataItem::Iin,
                DataItem::IdentityDocument,
                DataItem::Evidence,
            ],
            retention_days: RETENTION_DAYS,
            user_agreement: format!("{bank}/agreement"),
            privacy_policy: format!("{bank}/privacy"),
        }],
    };
    Ok(serde_json::to_string_pretty(&file)? + "\n")
}

fn matcher(settings: &Settings) -> Result<String, UnwritableConfiguration> {
    let file = MatcherFile {
        listen: settings.matcher,
        environment: "test",
        virtual_cameras: true,
        database: "../data/matcher.sqlite",
        keys: MatcherKeys {
            channel_private: "../keys/matcher-channel.pem",
            edge_channel_public: "../keys/edge-channel.pub.pem",
            edge_signing_public: "../keys/edge-signing.pub.pem",
            provider_key: "../keys/provider.pem",
            provider_chain: "../keys/provider.chain.pem",
            master_key: "../keys/master.key",
        },
        state_database: StateDatabase {
            url: format!("http://{}", settings.listen),
            name: "Жеке тұлғалар",
            channel_public: "../keys/state-database-channel.pub.pem",
        },
        register: Register {
            origin: "tanu/test/attempts",
        },
        models: Models {
            root: settings.root.clone(),
        },
    };
    Ok(with_note(&toml::to_string(&file)?))
}

fn sandbox(settings: &Settings) -> Result<String, UnwritableConfiguration> {
    let file = SandboxFile {
        listen: settings.listen,
        issuer: origin(&settings.edge_origin)?,
        bank_origin: origin(&settings.bank_origin)?,
        database: "../sandbox/sandbox.sqlite".into(),
        portraits: settings.data.as_ref().map(|data| data.join("portraits")),
        tls: None,
        client: config::ClientFile {
            id: CLIENT_ID.into(),
            secret: "../keys/demo-bank.secret".into(),
        },
        keys: config::KeysFile {
            channel_private: "../keys/state-database-channel.pem".into(),
            matcher_channel_public: "../keys/matcher-channel.pub.pem".into(),
            authority: "../keys/ca.crt.pem".into(),
        },
    };
    Ok(with_note(&toml::to_string(&file)?))
}

fn with_note(toml: &str) -> String {
    format!("# Written by `tanu-sandbox init`, which writes it anew. Paths are relative to this file.\n\n{toml}")
}

fn origin(url: &Url) -> Result<String, UnwritableConfiguration> {
    match url.origin() {
        origin @ Origin::Tuple(..) if matches!(url.scheme(), "http" | "https") => Ok(origin.ascii_serialization()),
        _ => Err(UnwritableConfiguration::NotAnOrigin(url.clone())),
    }
}

fn localized(kk: &str, ru: &str, en: &str) -> Localized {
    Localized {
        kk: kk.into(),
        ru: ru.into(),
        en: en.into(),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;

    use super::*;
    use crate::testing::settings;

    #[test]
    fn files_are_as_their_readers_expect_them() {
        let settings = Settings {
            data: Some("/data".into()),
            ..settings()
        };
        let [edge, matcher, sandbox] = render(&settings, "secret").unwrap();
        expect_file!["testdata/edge.json"].assert_eq(&edge.1);
        expect_file!["testdata/matcher.toml"].assert_eq(&matcher.1);
        expect_file!["testdata/sandbox.toml"].assert_eq(&sandbox.1);
    }

    #[test]
    fn the_client_secret_itself_is_in_no_file() {
        for (name, content) in render(&settings(), "the-secret").unwrap() {
            assert!(!content.contains("the-secret"), "{name}");
        }
    }

    #[test]
    fn an_address_without_an_origin_is_refused() {
        let settings = Settings {
            edge_origin: "mailto:a@b".parse().unwrap(),
            ..settings()
        };
        assert!(matches!(
            render(&settings, "secret"),
            Err(UnwritableConfiguration::NotAnOrigin(_))
        ));
    }
}
