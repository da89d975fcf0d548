//! The keys that the configuration names, read from their files.

use std::path::{Path, PathBuf};

use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tanu_protocol::jws::{Jwk, JwsSigner};
use zeroize::Zeroizing;

use crate::config::{Config, MASTER_KEY_VARIABLE};
use crate::sealing::MasterKey;

/// All keys of the matcher.
pub struct Keys {
    /// The matcher's own on the inner channel.
    pub channel: JwsSigner,
    /// The edge's on the inner channel.
    pub edge_channel: VerifyingKey,
    /// The edge's under consent records.
    pub edge_signing: VerifyingKey,
    /// The provider's EDS, its certificates in every header.
    pub provider: JwsSigner,
    /// Checks what the provider signs now.
    pub provider_public: VerifyingKey,
    /// Checks what the provider signed before.
    pub provider_retired: Vec<VerifyingKey>,
    /// The state database's on the inner channel.
    pub state_database: VerifyingKey,
    /// The master key.
    pub master: MasterKey,
}

/// Why a key can't be had. No message repeats what is in a file.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can't be read.
    #[error("the key file {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Not the key that is asked for.
    #[error("{} holds no {expected}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Neither file nor variable.
    #[error("there is no master key: name a file in `keys.master_key` or set {MASTER_KEY_VARIABLE}")]
    NoMasterKey,
    /// The variable's value is no master key.
    #[error("{MASTER_KEY_VARIABLE} is not 32 bytes as standard base64")]
    MasterKeyVariable,
}

impl Keys {
    /// Reads all keys that `config` names; the master key from `environment` where it names no file.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn read(config: &Config, environment: Option<Zeroizing<String>>) -> Result<Self, KeyError> {
        let files = &config.keys;
        let provider_key = private_key(&files.provider_key)?;
        let provider_public = *provider_key.verifying_key();
        let chain = certificates(&files.provider_chain)?;
        let master = match (&files.master_key, environment) {
            (Some(path), _) => MasterKey::from_base64(&text(path)?).map_err(|_| KeyError::Malformed {
                path: path.clone(),
                expected: "master key (32 bytes as standard base64)",
            })?,
            (None, Some(value)) => MasterKey::from_base64(&value).map_err(|_| KeyError::MasterKeyVariable)?,
            (None, None) => return Err(KeyError::NoMasterKey),
        };
        Ok(Self {
            channel: JwsSigner::new(private_key(&files.channel_private)?),
            edge_channel: public_key(&files.edge_channel_public)?,
            edge_signing: public_key(&files.edge_signing_public)?,
            provider: JwsSigner::new(provider_key).with_certificates(&chain),
            provider_public,
            provider_retired: files
                .provider_retired
                .iter()
                .map(|path| public_key(path))
                .collect::<Result<_, _>>()?,
            state_database: public_key(&config.state_database.channel_public)?,
            master,
        })
    }

    /// The keys that check the evidence: today's first.
    #[must_use]
    pub fn evidence(&self) -> Vec<Jwk> {
        std::iter::once(&self.provider_public)
            .chain(&self.provider_retired)
            .map(Jwk::of)
            .collect()
    }
}

fn text(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| KeyError::Unreadable {
            path: path.to_owned(),
            source,
        })
}

fn private_key(path: &Path) -> Result<SigningKey, KeyError> {
    SigningKey::from_pkcs8_pem(&text(path)?).map_err(|_| KeyError::Malformed {
        path: path.to_owned(),
        expected: "P-256 private key (PKCS #8 PEM)",
    })
}

fn public_key(path: &Path) -> Result<VerifyingKey, KeyError> {
    VerifyingKey::from_public_key_pem(&text(path)?).map_err(|_| KeyError::Malformed {
        path: path.to_owned(),
        expected: "P-256 public key (SPKI PEM)",
    })
}

/// The certificates of a PEM file as DER, in order; at least one.
fn certificates(path: &Path) -> Result<Vec<Vec<u8>>, KeyError> {
    let malformed = || KeyError::Malformed {
        path: path.to_owned(),
        expected: "certificate chain (PEM)",
    };
    let chain: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(text(path)?.as_bytes())
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect::<Result<_, _>>()
        .map_err(|_| malformed())?;
    if chain.is_empty() { Err(malformed()) } else { Ok(chain) }
}
