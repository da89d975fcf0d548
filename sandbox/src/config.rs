//! The sandbox's own configuration, `sandbox.toml`: sections as they stand in the file, and checked settings.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use p256::ecdsa::VerifyingKey;
use serde::{Deserialize, Serialize};
use tanu_protocol::jws::JwsSigner;
use url::Url;
use zeroize::Zeroizing;

use crate::authority::{Authority, Untrusted};
use crate::home::keys::{self, KeyFailure};

/// `sandbox.toml`. Paths are relative to the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SandboxFile {
    /// Where to listen. Any address but loopback needs [`tls`](Self::tls) (BNK-15).
    pub listen: SocketAddr,
    /// The identity provider: Tanu's origin.
    pub issuer: String,
    /// Origin under which browsers reach the demo bank.
    pub bank_origin: String,
    /// The SQLite database of state database and bank. Made where it is missing.
    pub database: PathBuf,
    /// Portraits from which test citizens are made at the first start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portraits: Option<PathBuf>,
    /// Certificates for the listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsFile>,
    /// The demo bank as a client of the identity provider.
    pub client: ClientFile,
    /// Keys.
    pub keys: KeysFile,
}

/// Certificates for the listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFile {
    /// Certificate chain, PEM.
    pub certificates: PathBuf,
    /// Private key, PEM.
    pub key: PathBuf,
}

/// The demo bank as a client of the identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFile {
    /// Client identifier.
    pub id: String,
    /// File of the client's secret.
    pub secret: PathBuf,
}

/// Keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeysFile {
    /// The state database's own key on the inner channel: P-256, PKCS #8 PEM.
    pub channel_private: PathBuf,
    /// The matcher's key on the inner channel: P-256, SPKI PEM.
    pub matcher_channel_public: PathBuf,
    /// Certificate of the authority that certifies the provider, PEM.
    pub authority: PathBuf,
}

/// Checked settings.
#[derive(Debug)]
pub struct Config {
    /// Where and how to listen.
    pub listener: Listener,
    /// The identity provider.
    pub issuer: Url,
    /// Origin of the demo bank.
    pub bank_origin: Url,
    /// The SQLite database.
    pub database: PathBuf,
    /// Portraits from which test citizens are made at the first start.
    pub portraits: Option<PathBuf>,
    /// Client identifier.
    pub client_id: String,
    /// Client secret.
    pub client_secret: ClientSecret,
    /// Signs the state database's answers.
    pub channel: JwsSigner,
    /// Checks the matcher's requests.
    pub matcher: VerifyingKey,
    /// Certifies the provider.
    pub authority: Authority,
}

/// Where and how to listen: in the clear on loopback only (BNK-15).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// In the clear, on a loopback address.
    Loopback(SocketAddr),
    /// Over TLS.
    Tls {
        /// Address.
        address: SocketAddr,
        /// Certificate chain, PEM.
        certificates: PathBuf,
        /// Private key, PEM.
        key: PathBuf,
    },
}

/// The client's secret; never shown.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    /// The secret, for the calls that must carry it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<Zeroizing<String>> for ClientSecret {
    fn from(text: Zeroizing<String>) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClientSecret(…)")
    }
}

/// Why the configuration was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum InvalidConfig {
    /// A file can't be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Not TOML of this shape.
    #[error("{path}: {source}")]
    Toml {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<toml::de::Error>,
    },
    /// In the clear outside loopback.
    #[error("{0} is not a loopback address: add [tls] with certificates and key (BNK-15)")]
    InsecureListener(SocketAddr),
    /// Tanu or the bank in the clear outside loopback.
    #[error("{0} is neither https nor on loopback (BNK-15)")]
    InsecureOrigin(String),
    /// A key.
    #[error(transparent)]
    Key(#[from] KeyFailure),
    /// The authority's certificate.
    #[error("{path}: {source}")]
    Authority {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Untrusted,
    },
}

impl Config {
    /// Reads and checks `sandbox.toml`, and the keys that it names.
    ///
    /// # Errors
    /// [`InvalidConfig`].
    pub fn load(path: &Path) -> Result<Self, InvalidConfig> {
        let text = read(path)?;
        let file: SandboxFile = toml::from_str(&text).map_err(|source| InvalidConfig::Toml {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let base = path.parent().unwrap_or(Path::new("."));
        let authority_path = base.join(&file.keys.authority);
        let authority = Authority::from_pem(&read(&authority_path)?).map_err(|source| InvalidConfig::Authority {
            path: authority_path,
            source,
        })?;
        Ok(Self {
            listener: listener(file.listen, file.tls.as_ref(), base)?,
            issuer: secure_origin(&file.issuer)?,
            bank_origin: secure_origin(&file.bank_origin)?,
            database: base.join(&file.database),
            portraits: file.portraits.map(|portraits| base.join(portraits)),
            client_id: file.client.id,
            client_secret: keys::read_secret(&base.join(&file.client.secret))?.into(),
            channel: JwsSigner::new(keys::read_private(&base.join(&file.keys.channel_private))?),
            matcher: keys::read_public(&base.join(&file.keys.matcher_channel_public))?,
            authority,
        })
    }
}

fn read(path: &Path) -> Result<String, InvalidConfig> {
    std::fs::read_to_string(path).map_err(|source| InvalidConfig::File {
        path: path.to_owned(),
        source,
    })
}

fn listener(address: SocketAddr, tls: Option<&TlsFile>, base: &Path) -> Result<Listener, InvalidConfig> {
    match tls {
        Some(tls) => Ok(Listener::Tls {
            address,
            certificates: base.join(&tls.certificates),
            key: base.join(&tls.key),
        }),
        None if address.ip().is_loopback() => Ok(Listener::Loopback(address)),
        None => Err(InvalidConfig::InsecureListener(address)),
    }
}

fn secure_origin(text: &str) -> Result<Url, InvalidConfig> {
    let insecure = || InvalidConfig::InsecureOrigin(text.to_owned());
    let url: Url = text.parse().map_err(|_| insecure())?;
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        _ => Err(insecure()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bnk_15_outside_loopback_nothing_listens_without_tls() {
        let open: SocketAddr = "0.0.0.0:8789".parse().unwrap();
        assert!(matches!(
            listener(open, None, Path::new(".")),
            Err(InvalidConfig::InsecureListener(_))
        ));
        let tls = TlsFile {
            certificates: "a".into(),
            key: "b".into(),
        };
        assert!(matches!(
            listener(open, Some(&tls), Path::new(".")),
            Ok(Listener::Tls { .. })
        ));
        for local in ["127.0.0.1:8789", "[::1]:8789"] {
            let address = local.parse().unwrap();
            assert_eq!(
                listener(address, None, Path::new(".")).unwrap(),
                Listener::Loopback(address)
            );
        }
    }

    #[test]
    fn bnk_15_tanu_is_reached_over_https_or_on_loopback() {
        for good in ["http://localhost:8787", "http://127.0.0.1:8787", "https://tanu.example"] {
            assert!(secure_origin(good).is_ok(), "{good}");
        }
        for bad in [
            "http://tanu.example",
            "http://localhost.example",
            "ftp://localhost",
            "localhost",
        ] {
            assert!(secure_origin(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn client_secret_stays_out_of_debug_output() {
        let secret = ClientSecret::from(Zeroizing::new("hunter2".to_owned()));
        assert_eq!(format!("{secret:?}"), "ClientSecret(…)");
    }
}
