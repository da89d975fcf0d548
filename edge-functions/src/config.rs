//! The edge's settings, read from the binding `CONFIG` at the first request. Settings that would weaken the law's rules are
//! refused: then every request answers `service.misconfigured`, and the log names the setting.

use std::collections::HashSet;

use serde::Deserialize;
use tanu_law::nbs::session::Pace;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::identity::Customer;
use tanu_protocol::iin::Bin;
use tanu_protocol::language::Localized;
use tanu_protocol::session::DataItem;
use url::Url;

use crate::budget::{Allowance, SessionAllowances};
use crate::guard::is_loopback;

/// Validated settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// What this instance is for.
    pub environment: Environment,
    /// The public origin, without a slash at the end: the issuer of tokens.
    pub issuer: String,
    /// Whether streams that come from no device are let through: in the test environment alone.
    pub virtual_cameras: bool,
    /// How much time a session and a step have.
    pub pace: Pace,
    /// How much may be asked of one session.
    pub per_session: SessionAllowances,
    /// How much may be asked of the public register, and apart from it how often the evidence keys may be fetched from the matcher.
    pub public: Allowance,
    clients: Vec<Client>,
}

/// What an instance is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    /// Integration tests with synthetic citizens (NBS-14).
    Test,
    /// Real citizens.
    Production,
}

/// A relying party that is connected.
#[derive(Clone, Debug)]
pub struct Client {
    /// How the evidence names it.
    pub customer: Customer,
    /// SHA-256 of its secret.
    pub secret: Sha256Digest,
    /// Where it may have citizens sent back to (NBS-A1).
    pub redirect_uris: Vec<String>,
    /// What it asks for.
    pub purpose: Localized,
    /// Which data.
    pub data: Vec<DataItem>,
    /// For how many days it keeps them.
    pub retention_days: u16,
    /// Its user agreement (NBS-A1).
    pub user_agreement: String,
    /// Its privacy policy (NBS-A1).
    pub privacy_policy: String,
    /// How many sessions it may begin by requests that it pushed itself.
    pub pushed: Allowance,
    /// How many sessions may be begun in its name by whoever brings the whole request.
    pub direct: Allowance,
    /// Whether it begins sessions by pushed requests alone (RFC 9126, section 6), so that nobody else can begin one in its name.
    pub pushes_only: bool,
}

/// Which setting is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidConfig {
    /// Not JSON of this shape.
    #[error("CONFIG is not of the expected shape: line {line}, column {column}")]
    Shape {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// Not an origin.
    #[error("issuer must be an origin such as https://id.example.kz, without path")]
    Issuer,
    /// Unencrypted outside the machine.
    #[error("issuer must be https, unless its host is loopback and the environment is test (BNK-15)")]
    InsecureIssuer,
    /// Streams that come from no device, with real citizens.
    #[error("virtual_cameras must be false in production (BNK-7)")]
    VirtualCameras,
    /// Out of range.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// A client is unusable.
    #[error("client {client}: {what}")]
    Client {
        /// Which client, by its place from 0.
        client: usize,
        /// What is wrong.
        what: &'static str,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    environment: Environment,
    issuer: String,
    virtual_cameras: bool,
    session_seconds: u32,
    step_seconds: u32,
    #[serde(default)]
    limits: RawLimits,
    clients: Vec<RawClient>,
}

/// The least `retention_days`: one in which a session may wait for its comparison, and one in which its result can be fetched.
const LEAST_RETENTION_DAYS: u16 = 2;
/// What is used of a citizen in every session, whichever relying party asks: the consent must name it (NBS-4). What a relying party may
/// leave out is to be handed the evidence.
const ALWAYS_USED: [DataItem; 3] = [DataItem::Face, DataItem::Iin, DataItem::IdentityDocument];

/// Limits that are left out are those of [`Default`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawLimits {
    pushed: Allowance,
    direct: Allowance,
    public: Allowance,
    session: SessionAllowances,
}

impl Default for RawLimits {
    /// Pushed requests come from a server that proved who it is: the bound is there for its mistakes. Requests that are brought
    /// whole can be brought by anybody, and each leaves a record; a relying party with more citizens than that pushes.
    fn default() -> Self {
        Self {
            pushed: Allowance::new(600, 1200),
            direct: Allowance::new(60, 60),
            public: Allowance::new(120, 600),
            session: SessionAllowances::default(),
        }
    }
}

impl RawLimits {
    fn are_valid(&self) -> bool {
        let SessionAllowances {
            browser,
            relying_party,
            refused_frames,
        } = self.session;
        [
            self.pushed,
            self.direct,
            self.public,
            browser,
            relying_party,
            refused_frames,
        ]
        .into_iter()
        .all(Allowance::is_valid)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClient {
    client_id: String,
    secret_sha256: String,
    name: Localized,
    bin: Bin,
    redirect_uris: Vec<String>,
    purpose: Localized,
    data: Vec<DataItem>,
    retention_days: u16,
    user_agreement: String,
    privacy_policy: String,
    /// In place of the instance's.
    #[serde(default)]
    pushed: Option<Allowance>,
    /// In place of the instance's.
    #[serde(default)]
    direct: Option<Allowance>,
    #[serde(default, rename = "require_pushed_authorization_requests")]
    pushes_only: bool,
}

impl Config {
    /// Reads and checks the settings.
    ///
    /// # Errors
    /// [`InvalidConfig`] for the first setting that is wrong.
    pub fn parse(text: &str) -> Result<Self, InvalidConfig> {
        let raw: RawConfig = serde_json::from_str(text).map_err(|error| InvalidConfig::Shape {
            line: error.line(),
            column: error.column(),
        })?;
        let issuer = issuer(&raw.issuer, raw.environment)?;
        if raw.environment == Environment::Production && raw.virtual_cameras {
            return Err(InvalidConfig::VirtualCameras);
        }
        if !(60..=3600).contains(&raw.session_seconds) {
            return Err(InvalidConfig::Range("session_seconds (60 to 3600)"));
        }
        if !(5..=120).contains(&raw.step_seconds) {
            return Err(InvalidConfig::Range("step_seconds (5 to 120)"));
        }
        if !raw.limits.are_valid() {
            return Err(InvalidConfig::Range("limits (each number 1 to 100000)"));
        }
        let clients = raw
            .clients
            .into_iter()
            .map(|client| client.validate(raw.environment, &raw.limits))
            .enumerate()
            .map(|(client, result)| result.map_err(|what| InvalidConfig::Client { client, what }))
            .collect::<Result<Vec<_>, _>>()?;
        let mut ids = HashSet::new();
        for (client, known) in clients.iter().enumerate() {
            if !ids.insert(known.customer.client_id.as_str()) {
                let what = "client_id is taken by another client";
                return Err(InvalidConfig::Client { client, what });
            }
        }
        Ok(Self {
            environment: raw.environment,
            issuer,
            virtual_cameras: raw.virtual_cameras,
            pace: Pace {
                session_seconds: raw.session_seconds,
                step_seconds: raw.step_seconds,
            },
            per_session: raw.limits.session,
            public: raw.limits.public,
            clients,
        })
    }

    /// Whether the pages are reached over https, and over nothing else.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.issuer.starts_with("https:")
    }

    /// The client of an id, where it is connected.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.customer.client_id == id)
    }
}

impl RawClient {
    fn validate(self, environment: Environment, limits: &RawLimits) -> Result<Client, &'static str> {
        let is_secure = |link: &str| is_secure(link, environment);
        let id = &self.client_id;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if id.is_empty() || id.len() > 100 || !id.chars().all(plain) {
            return Err("client_id has 1 to 100 letters, digits or -._~");
        }
        if self.redirect_uris.is_empty() {
            return Err("redirect_uris is empty (NBS-A1)");
        }
        if !self.redirect_uris.iter().all(|uri| is_secure(uri)) {
            return Err("redirect_uris must be https, or of the test environment's loopback, without fragment");
        }
        if !is_secure(&self.user_agreement) || !is_secure(&self.privacy_policy) {
            return Err("user_agreement and privacy_policy must be https links (NBS-A1)");
        }
        if !ALWAYS_USED.iter().all(|item| self.data.contains(item)) {
            return Err(
                "data must name face, iin and identity_document, which every session uses: the citizen is asked for them (NBS-4)",
            );
        }
        if self.retention_days < LEAST_RETENTION_DAYS {
            return Err(
                "retention_days is less than 2: a session may wait for a day, and its result is there for another (NBS-4)",
            );
        }
        let (pushed, direct) = (
            self.pushed.unwrap_or(limits.pushed),
            self.direct.unwrap_or(limits.direct),
        );
        if !pushed.is_valid() || !direct.is_valid() {
            return Err("pushed and direct have numbers from 1 to 100000");
        }
        Ok(Client {
            secret: hex_digest(&self.secret_sha256).ok_or("secret_sha256 is not 64 hexadecimal digits")?,
            customer: Customer {
                client_id: self.client_id,
                name: self.name,
                bin: self.bin,
            },
            redirect_uris: self.redirect_uris,
            purpose: self.purpose,
            data: self.data,
            retention_days: self.retention_days,
            user_agreement: self.user_agreement,
            privacy_policy: self.privacy_policy,
            pushed,
            direct,
            pushes_only: self.pushes_only,
        })
    }
}

fn issuer(text: &str, environment: Environment) -> Result<String, InvalidConfig> {
    let url = Url::parse(text).map_err(|_| InvalidConfig::Issuer)?;
    let origin = url.origin().ascii_serialization();
    if text != origin {
        return Err(InvalidConfig::Issuer);
    }
    match url.scheme() {
        "https" => Ok(origin),
        "http" if is_of_test(&url, environment) => Ok(origin),
        "http" => Err(InvalidConfig::InsecureIssuer),
        _ => Err(InvalidConfig::Issuer),
    }
}

fn is_secure(text: &str, environment: Environment) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => is_of_test(&url, environment),
            _ => false,
        };
        encrypted && url.fragment().is_none()
    })
}

/// Whether an address stays within the machine of a test environment. Real citizens are never on it.
fn is_of_test(url: &Url, environment: Environment) -> bool {
    environment == Environment::Test && url.host().is_some_and(|host| is_loopback(&host))
}

fn hex_digest(text: &str) -> Option<Sha256Digest> {
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let nibble = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(Sha256Digest::from_bytes(bytes))
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(crate) fn valid() -> Value {
        let text = json!({"kk": "Банк", "ru": "Банк", "en": "Bank"});
        json!({
            "environment": "test",
            "issuer": "http://localhost:8787",
            "virtual_cameras": true,
            "session_seconds": 900,
            "step_seconds": 30,
            "clients": [{
                "client_id": "bank",
                // SHA-256 of "secret".
                "secret_sha256": "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
                "name": text,
                "bin": "490140000012",
                "redirect_uris": ["http://localhost:8789/callback"],
                "purpose": text,
                "data": ["face", "iin", "identity_document", "evidence"],
                "retention_days": 30,
                "user_agreement": "http://localhost:8789/agreement",
                "privacy_policy": "http://localhost:8789/privacy",
            }],
        })
    }

    fn parse(change: impl FnOnce(&mut Value)) -> Result<Config, InvalidConfig> {
        let mut config = valid();
        change(&mut config);
        Config::parse(&config.to_string())
    }

    #[test]
    fn a_valid_configuration_names_its_clients() {
        let config = parse(|_| ()).unwrap();
        assert_eq!(config.client("bank").unwrap().secret, Sha256Digest::of(b"secret"));
        assert!(config.client("other").is_none());
    }

    /// A configuration for real citizens.
    fn production(config: &mut Value) {
        config["environment"] = "production".into();
        config["issuer"] = "https://id.example.kz".into();
        config["virtual_cameras"] = false.into();
        config["clients"][0]["redirect_uris"] = json!(["https://bank.example/callback"]);
        config["clients"][0]["user_agreement"] = "https://bank.example/agreement".into();
        config["clients"][0]["privacy_policy"] = "https://bank.example/privacy".into();
    }

    #[test]
    fn bnk_7_production_with_virtual_cameras_is_refused() {
        assert!(parse(production).is_ok());
        let result = parse(|config| {
            production(config);
            config["virtual_cameras"] = true.into();
        });
        assert_eq!(result.unwrap_err(), InvalidConfig::VirtualCameras);
    }

    #[test]
    fn bnk_15_production_has_no_address_on_loopback() {
        let local = |field: &str, value: Value| {
            parse(|config| {
                production(config);
                match field {
                    "issuer" => config["issuer"] = value,
                    _ => config["clients"][0][field] = value,
                }
            })
        };
        assert_eq!(
            local("issuer", "http://localhost:8787".into()).unwrap_err(),
            InvalidConfig::InsecureIssuer
        );
        for field in ["redirect_uris", "user_agreement", "privacy_policy"] {
            let value = valid()["clients"][0][field].clone();
            assert!(
                matches!(local(field, value), Err(InvalidConfig::Client { .. })),
                "{field}"
            );
        }
    }

    #[test]
    fn limits_are_those_of_the_instance_unless_the_client_has_its_own() {
        let config = parse(|config| {
            config["limits"] =
                json!({"direct": {"burst": 5, "per_minute": 6}, "session": {"browser": {"burst": 7, "per_minute": 8}}});
            config["clients"][0]["pushed"] = json!({"burst": 1, "per_minute": 2});
        })
        .unwrap();
        let bank = config.client("bank").unwrap();
        assert_eq!((bank.direct, bank.pushed), (Allowance::new(5, 6), Allowance::new(1, 2)));
        assert_eq!(config.per_session.browser, Allowance::new(7, 8));
        assert_eq!(
            config.per_session.relying_party,
            SessionAllowances::default().relying_party
        );
        assert_eq!(config.public, RawLimits::default().public);
        let none = json!({"burst": 0, "per_minute": 1});
        assert!(parse(|config| config["limits"] = json!({"public": none})).is_err());
        assert!(parse(|config| config["clients"][0]["direct"] = none).is_err());
    }

    #[test]
    fn bnk_15_an_unencrypted_issuer_outside_the_machine_is_refused() {
        let with = |issuer: &str| parse(|config| config["issuer"] = issuer.into()).map(|config| config.issuer);
        assert_eq!(with("http://id.example.kz").unwrap_err(), InvalidConfig::InsecureIssuer);
        assert_eq!(with("https://id.example.kz").unwrap(), "https://id.example.kz");
        for issuer in [
            "https://id.example.kz/",
            "https://id.example.kz/oidc",
            "id.example.kz",
            "ftp://a",
        ] {
            assert_eq!(with(issuer).unwrap_err(), InvalidConfig::Issuer, "{issuer}");
        }
    }

    #[test]
    fn every_setting_of_a_client_is_checked() {
        for (field, value) in [
            ("client_id", json!("a b")),
            ("secret_sha256", json!("zz")),
            ("redirect_uris", json!([])),
            ("redirect_uris", json!(["http://bank.example/callback"])),
            ("redirect_uris", json!(["https://bank.example/callback#a"])),
            ("data", json!([])),
            ("retention_days", json!(0)),
            ("retention_days", json!(1)),
            ("privacy_policy", json!("javascript:alert(1)")),
        ] {
            let result = parse(|config| config["clients"][0][field] = value.clone());
            assert!(
                matches!(result, Err(InvalidConfig::Client { client: 0, .. })),
                "{field} = {value}"
            );
        }
        let twice = parse(|config| {
            let client = config["clients"][0].clone();
            config["clients"].as_array_mut().unwrap().push(client);
        });
        assert!(matches!(twice, Err(InvalidConfig::Client { client: 1, .. })));
    }

    #[test]
    fn nbs_4_no_client_leaves_out_of_the_question_what_every_session_uses() {
        let with = |data: Value| parse(|config| config["clients"][0]["data"] = data);
        for data in [
            json!(["iin"]),
            json!(["face", "iin", "evidence"]),
            json!(["face", "identity_document"]),
            json!(["iin", "identity_document"]),
        ] {
            let refused = with(data.clone()).unwrap_err().to_string();
            assert!(
                refused.contains("data must name face, iin and identity_document"),
                "{data}: {refused}"
            );
        }
        assert!(with(json!(["identity_document", "iin", "face"])).is_ok());
    }

    #[test]
    fn unknown_settings_and_ranges_are_refused() {
        assert!(matches!(
            parse(|config| config["virtual_camera"] = true.into()),
            Err(InvalidConfig::Shape { .. })
        ));
        assert!(parse(|config| config["step_seconds"] = 1.into()).is_err());
        assert!(parse(|config| config["session_seconds"] = 1.into()).is_err());
    }
}
