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
    #[error("issuer must be https unless its host is loopback (BNK-15)")]
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
    clients: Vec<RawClient>,
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
        let issuer = issuer(&raw.issuer)?;
        if raw.environment == Environment::Production && raw.virtual_cameras {
            return Err(InvalidConfig::VirtualCameras);
        }
        if !(60..=3600).contains(&raw.session_seconds) {
            return Err(InvalidConfig::Range("session_seconds (60 to 3600)"));
        }
        if !(5..=120).contains(&raw.step_seconds) {
            return Err(InvalidConfig::Range("step_seconds (5 to 120)"));
        }
        let clients = raw
            .clients
            .into_iter()
            .map(RawClient::validate)
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
            clients,
        })
    }

    /// The client of an id, where it is connected.
    #[must_use]
    pub fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.customer.client_id == id)
    }
}

impl RawClient {
    fn validate(self) -> Result<Client, &'static str> {
        let id = &self.client_id;
        let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if id.is_empty() || id.len() > 100 || !id.chars().all(plain) {
            return Err("client_id has 1 to 100 letters, digits or -._~");
        }
        if self.redirect_uris.is_empty() {
            return Err("redirect_uris is empty (NBS-A1)");
        }
        if !self.redirect_uris.iter().all(|uri| is_secure(uri)) {
            return Err("redirect_uris must be https unless the host is loopback, without fragment");
        }
        if !is_secure(&self.user_agreement) || !is_secure(&self.privacy_policy) {
            return Err("user_agreement and privacy_policy must be https links (NBS-A1)");
        }
        if self.data.is_empty() {
            return Err("data is empty (NBS-4)");
        }
        if self.retention_days == 0 {
            return Err("retention_days is 0 (NBS-4)");
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
        })
    }
}

fn issuer(text: &str) -> Result<String, InvalidConfig> {
    let url = Url::parse(text).map_err(|_| InvalidConfig::Issuer)?;
    let origin = url.origin().ascii_serialization();
    if text != origin {
        return Err(InvalidConfig::Issuer);
    }
    match url.scheme() {
        "https" => Ok(origin),
        "http" if url.host().is_some_and(|host| is_loopback(&host)) => Ok(origin),
        "http" => Err(InvalidConfig::InsecureIssuer),
        _ => Err(InvalidConfig::Issuer),
    }
}

fn is_secure(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => url.host().is_some_and(|host| is_loopback(&host)),
            _ => false,
        };
        encrypted && url.fragment().is_none()
    })
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

    #[test]
    fn bnk_7_production_with_virtual_cameras_is_refused() {
        let result = parse(|config| config["environment"] = "production".into());
        assert_eq!(result.unwrap_err(), InvalidConfig::VirtualCameras);
        let result = parse(|config| {
            config["environment"] = "production".into();
            config["virtual_cameras"] = false.into();
        });
        assert!(result.is_ok());
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
    fn unknown_settings_and_ranges_are_refused() {
        assert!(matches!(
            parse(|config| config["virtual_camera"] = true.into()),
            Err(InvalidConfig::Shape { .. })
        ));
        assert!(parse(|config| config["step_seconds"] = 1.into()).is_err());
        assert!(parse(|config| config["session_seconds"] = 1.into()).is_err());
    }
}
