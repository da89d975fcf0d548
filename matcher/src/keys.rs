//! The keys that the configuration names, read from their files.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use tanu_protocol::jws::{Jwk, JwsSigner};
use webpki::{EndEntityCert, KeyUsage};
use zeroize::Zeroizing;

use crate::config::{Config, KeyFiles, MASTER_KEY_VARIABLE};
use crate::eds::Eds;
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
    pub provider: Eds,
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
    /// The certificates are of another key, or do not stand leaf first.
    #[error(
        "the first certificate in {} is not that of the key in {}: nobody could check what the provider signs (BNK-10). Put \
         the certificate of this key first, or name the key to which the certificate belongs",
        chain.display(),
        key.display()
    )]
    OtherKey {
        /// The certificates.
        chain: PathBuf,
        /// The key.
        key: PathBuf,
    },
    /// The provider's certificate is no longer in force.
    #[error(
        "the provider's certificate in {} expired at {not_after}: what it signs now would not count (BNK-10). Get a new \
         certificate, and name the key before under `keys.provider_retired` if the key changes with it",
        chain.display()
    )]
    Expired {
        /// The certificates.
        chain: PathBuf,
        /// When it expired.
        not_after: Timestamp,
    },
    /// The provider's certificate is not in force yet.
    #[error(
        "the provider's certificate in {} is in force from {not_before} only: what it signs now would not count (BNK-10). \
         Start with the certificate of today, or set this machine's clock if it is wrong",
        chain.display()
    )]
    NotYetValid {
        /// The certificates.
        chain: PathBuf,
        /// From when it is in force.
        not_before: Timestamp,
    },
    /// Neither file nor variable.
    #[error("there is no master key: name a file in `keys.master_key` or set {MASTER_KEY_VARIABLE}")]
    NoMasterKey,
    /// The variable's value is no master key.
    #[error("{MASTER_KEY_VARIABLE} is not 32 bytes as standard base64")]
    MasterKeyVariable,
}

impl Keys {
    /// Reads all keys that `config` names; the master key from `environment` where it names no file. The provider's
    /// certificate must be that of its key, and in force at `now`.
    ///
    /// # Errors
    /// [`KeyError`], naming the file.
    pub fn read(config: &Config, environment: Option<Zeroizing<String>>, now: Timestamp) -> Result<Self, KeyError> {
        let files = &config.keys;
        let provider_key = private_key(&files.provider_key)?;
        let provider_public = *provider_key.verifying_key();
        let chain = certificates(&files.provider_chain)?;
        let not_after = check_leaf(files, &chain, &provider_public, now)?;
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
            provider: Eds::new(JwsSigner::new(provider_key).with_certificates(&chain), not_after),
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

/// Whether the first certificate is that of `key`, and in force at `now`; gives its end. Whether an authority vouches for it is for those to
/// judge who check the evidence: the matcher trusts its own key with or without.
fn check_leaf(files: &KeyFiles, chain: &[Vec<u8>], key: &VerifyingKey, now: Timestamp) -> Result<Timestamp, KeyError> {
    let path = || files.provider_chain.clone();
    let malformed = || KeyError::Malformed {
        path: path(),
        expected: "X.509 certificate (version 3) at its first place",
    };
    let leaf = CertificateDer::from(chain.first().ok_or_else(malformed)?.as_slice());
    let leaf = EndEntityCert::try_from(&leaf).map_err(|_| malformed())?;
    if VerifyingKey::from_public_key_der(&leaf.subject_public_key_info()).ok() != Some(*key) {
        return Err(KeyError::OtherKey {
            chain: path(),
            key: files.provider_key.clone(),
        });
    }
    // A path to no anchor at all is never found; but the leaf's dates come before the search, and are all that is asked here.
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let verify = |seconds| {
        let at = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        leaf.verify_for_usage(&[], &[], &[], at, KeyUsage::client_auth(), None, None)
            .err()
    };
    match verify(seconds) {
        Some(webpki::Error::CertExpired { not_after, .. }) => Err(KeyError::Expired {
            chain: path(),
            not_after: timestamp(not_after),
        }),
        Some(webpki::Error::CertNotValidYet { not_before, .. }) => Err(KeyError::NotYetValid {
            chain: path(),
            not_before: timestamp(not_before),
        }),
        // Behind the end of all certificates, the refusal says when this one ended.
        _ => match verify(u64::MAX) {
            Some(webpki::Error::CertExpired { not_after, .. }) => Ok(timestamp(not_after)),
            _ => Err(malformed()),
        },
    }
}

/// Certificates end with the year 9999, as jiff does.
fn timestamp(time: UnixTime) -> Timestamp {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
