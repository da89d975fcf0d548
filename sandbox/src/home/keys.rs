//! The keys of a test environment: P-256 pairs as PKCS #8 and SPKI PEM, and symmetric keys of 32 bytes as base64.

use std::fs;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Base64UrlUnpadded, Encoding};
use p256::ecdsa::{SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding};
use zeroize::Zeroizing;

use super::files;
use crate::host::random::{self, NoRandomness};

/// Why a key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyFailure {
    /// The file can't be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else than the key it should.
    #[error("{path}: not a {expected}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
}

/// Makes the pair `NAME.pem` and `NAME.pub.pem` in `folder`, as far as it is missing, and gives the private key.
///
/// # Errors
/// [`KeyFailure`].
pub fn ensure_pair(folder: &Path, name: &str) -> Result<SigningKey, KeyFailure> {
    let private = folder.join(format!("{name}.pem"));
    if !private.exists() {
        let pem = new_key()?
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| malformed(&private, "P-256 key"))?;
        write_new(&private, pem.as_bytes())?;
    }
    let key = read_private(&private)?;
    let public = folder.join(format!("{name}.pub.pem"));
    let pem = key
        .verifying_key()
        .to_public_key_pem(LineEnding::LF)
        .map_err(|_| malformed(&public, "P-256 key"))?;
    files::write_changed(&public, pem.as_bytes()).map_err(|source| KeyFailure::File { path: public, source })?;
    Ok(key)
}

/// Makes a symmetric key of 32 random bytes, as base64, where it is missing.
///
/// # Errors
/// [`KeyFailure`].
pub fn ensure_symmetric(folder: &Path, name: &str) -> Result<(), KeyFailure> {
    let path = folder.join(name);
    if path.exists() {
        return Ok(());
    }
    let bytes = Zeroizing::new(random::bytes::<32>()?);
    write_new(&path, Zeroizing::new(Base64::encode_string(&*bytes)).as_bytes())
}

/// Makes a client's secret (32 random bytes as base64url text) where it is missing, and gives the text.
///
/// # Errors
/// [`KeyFailure`].
pub fn ensure_secret(folder: &Path, name: &str) -> Result<Zeroizing<String>, KeyFailure> {
    let path = folder.join(name);
    if !path.exists() {
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        write_new(
            &path,
            Zeroizing::new(Base64UrlUnpadded::encode_string(&*bytes)).as_bytes(),
        )?;
    }
    read_secret(&path)
}

/// Reads a client's secret.
///
/// # Errors
/// [`KeyFailure`].
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeyFailure> {
    let text = Zeroizing::new(read(path)?);
    let secret = text.trim();
    if secret.is_empty() {
        Err(malformed(path, "client secret"))
    } else {
        Ok(Zeroizing::new(secret.to_owned()))
    }
}

/// Reads a private key: P-256, PKCS #8 PEM.
///
/// # Errors
/// [`KeyFailure`].
pub fn read_private(path: &Path) -> Result<SigningKey, KeyFailure> {
    let pem = Zeroizing::new(read(path)?);
    SigningKey::from_pkcs8_pem(&pem).map_err(|_| malformed(path, "P-256 private key (PKCS #8 PEM)"))
}

/// Reads a public key: P-256, SPKI PEM.
///
/// # Errors
/// [`KeyFailure`].
pub fn read_public(path: &Path) -> Result<VerifyingKey, KeyFailure> {
    VerifyingKey::from_public_key_pem(&read(path)?).map_err(|_| malformed(path, "P-256 public key (SPKI PEM)"))
}

pub(super) fn write_new(path: &Path, content: &[u8]) -> Result<(), KeyFailure> {
    files::write_new(path, content)
        .map(|_| ())
        .map_err(|source| KeyFailure::File {
            path: path.to_owned(),
            source,
        })
}

fn read(path: &Path) -> Result<String, KeyFailure> {
    fs::read_to_string(path).map_err(|source| KeyFailure::File {
        path: path.to_owned(),
        source,
    })
}

fn malformed(path: &Path, expected: &'static str) -> KeyFailure {
    KeyFailure::Malformed {
        path: path.to_owned(),
        expected,
    }
}

fn new_key() -> Result<SigningKey, NoRandomness> {
    // A random string of 32 bytes is a private key unless it is zero or not below the group's order: one in 2^32.
    loop {
        let bytes = Zeroizing::new(random::bytes::<32>()?);
        if let Ok(key) = SigningKey::from_slice(&*bytes) {
            return Ok(key);
        }
    }
}
