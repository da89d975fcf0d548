//! Sealing: AES-256-GCM (NIST SP 800-38D) under keys that are themselves sealed, and keyed pseudonyms of citizens.
//!
//! ```text
//! master key ──HKDF──┬─ wrapping key ── seals ──┬─ a subject's key ── seals ── the template
//!                    │                          └─ a session's key ── seals ── frames, record, documents
//!                    ├─ locator key   ── HMAC of the IIN: where a subject's rows are
//!                    └─ pseudonym key ── HMAC of the IIN: the subject in register and journal
//! ```
//!
//! Whatever is sealed is bound to its purpose and its place by the associated data: a row that is moved does not open. To
//! destroy a subject's or a session's key is to destroy all that it sealed, wherever that is copied without it (NBS-11).

use std::fmt;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64ct::{Base64, Encoding};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::iin::Iin;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::host::{Host, NoRandomness, random};

const NONCE: usize = 12;

/// What a sealed text is. Part of what it is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A known text by which a wrong master key is noticed at start.
    MasterCheck,
    /// The key of a session.
    SessionKey,
    /// The key of a subject.
    SubjectKey,
    /// Who and for whom a session is.
    SessionRecord,
    /// The frames of a step and what was measured in them.
    Step,
    /// A document with images.
    Document,
    /// The face of a passed run, until it is compared.
    Probe,
    /// The face of a failed run, with which the session's next run is compared.
    Anchor,
    /// A subject's template.
    Template,
}

impl Purpose {
    const fn domain(self) -> &'static str {
        match self {
            Self::MasterCheck => "tanu/seal/master-check/1",
            Self::SessionKey => "tanu/seal/session-key/1",
            Self::SubjectKey => "tanu/seal/subject-key/1",
            Self::SessionRecord => "tanu/seal/session-record/1",
            Self::Step => "tanu/seal/step/1",
            Self::Document => "tanu/seal/document/1",
            Self::Probe => "tanu/seal/probe/1",
            Self::Anchor => "tanu/seal/anchor/1",
            Self::Template => "tanu/seal/template/1",
        }
    }
}

/// A sealed text: nonce, ciphertext, tag.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

impl Sealed {
    /// Takes bytes that [`Sealed::as_bytes`] gave.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The bytes to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// Why something was not sealed or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// No random nonce or key.
    #[error(transparent)]
    Random(#[from] NoRandomness),
    /// Altered, moved from another place, or sealed under another key.
    #[error("a sealed text does not open: it was altered or moved, or the key is another one")]
    Broken,
}

/// A key that seals.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// A new random key.
    ///
    /// # Errors
    /// [`SealError::Random`].
    pub fn generate(host: &dyn Host) -> Result<Self, SealError> {
        let mut key = Self([0; 32]);
        host.fill(&mut key.0)?;
        Ok(key)
    }

    /// Seals `plain`, bound to `purpose` and `place`.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal(&self, host: &dyn Host, purpose: Purpose, place: &[&[u8]], plain: &[u8]) -> Result<Sealed, SealError> {
        let nonce: [u8; NONCE] = random(host)?;
        let aad = Sha256Digest::of_parts(purpose.domain(), place);
        let payload = Payload {
            msg: plain,
            aad: aad.as_bytes(),
        };
        let text = self
            .cipher()
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| SealError::Broken)?;
        Ok(Sealed([nonce.as_slice(), &text].concat()))
    }

    /// Opens what was sealed for the same purpose and place.
    ///
    /// # Errors
    /// [`SealError::Broken`].
    pub fn open(&self, purpose: Purpose, place: &[&[u8]], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (nonce, text) = sealed.0.split_first_chunk::<NONCE>().ok_or(SealError::Broken)?;
        let aad = Sha256Digest::of_parts(purpose.domain(), place);
        let payload = Payload {
            msg: text,
            aad: aad.as_bytes(),
        };
        self.cipher()
            .decrypt(&Nonce::from(*nonce), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Broken)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new(&self.0.into())
    }
}

/// Where a subject's rows are: a keyed hash of the IIN, which never leaves the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubjectLocator([u8; 32]);

impl SubjectLocator {
    /// The bytes to be stored.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The text is not 32 bytes of standard base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 32 bytes as standard base64")]
pub struct MalformedMasterKey;

/// The key under which all others are sealed.
pub struct MasterKey {
    wrapping: SealKey,
    locator: Hmac<Sha256>,
    pseudonym: Hmac<Sha256>,
}

impl MasterKey {
    /// Reads 32 bytes of standard base64; white space around them is allowed.
    ///
    /// # Errors
    /// [`MalformedMasterKey`].
    pub fn from_base64(text: &str) -> Result<Self, MalformedMasterKey> {
        let mut bytes = Zeroizing::new([0; 32]);
        match Base64::decode(text.trim(), bytes.as_mut()) {
            Ok(decoded) if decoded.len() == 32 => Self::derive(&bytes),
            _ => Err(MalformedMasterKey),
        }
    }

    fn derive(master: &[u8; 32]) -> Result<Self, MalformedMasterKey> {
        let hkdf = Hkdf::<Sha256>::new(None, master);
        let expand = |info: &str| -> Result<Zeroizing<[u8; 32]>, MalformedMasterKey> {
            let mut key = Zeroizing::new([0u8; 32]);
            hkdf.expand(info.as_bytes(), key.as_mut())
                .map_err(|_| MalformedMasterKey)?;
            Ok(key)
        };
        let mac = |info: &str| {
            <Hmac<Sha256> as KeyInit>::new_from_slice(expand(info)?.as_slice()).map_err(|_| MalformedMasterKey)
        };
        Ok(Self {
            wrapping: SealKey(*expand("tanu/master/wrapping/1")?),
            locator: mac("tanu/master/locator/1")?,
            pseudonym: mac("tanu/master/pseudonym/1")?,
        })
    }

    /// Seals a key.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn wrap(&self, host: &dyn Host, purpose: Purpose, place: &[&[u8]], key: &SealKey) -> Result<Sealed, SealError> {
        self.wrapping.seal(host, purpose, place, &key.0)
    }

    /// Opens a sealed key.
    ///
    /// # Errors
    /// [`SealError::Broken`].
    pub fn unwrap(&self, purpose: Purpose, place: &[&[u8]], sealed: &Sealed) -> Result<SealKey, SealError> {
        let bytes = self.wrapping.open(purpose, place, sealed)?;
        bytes.as_slice().try_into().map(SealKey).map_err(|_| SealError::Broken)
    }

    /// A text that only this master key opens.
    ///
    /// # Errors
    /// [`SealError`].
    pub fn check_text(&self, host: &dyn Host) -> Result<Sealed, SealError> {
        self.wrapping.seal(host, Purpose::MasterCheck, &[], &[])
    }

    /// Whether this master key made `text` by [`MasterKey::check_text`].
    #[must_use]
    pub fn made(&self, text: &Sealed) -> bool {
        self.wrapping.open(Purpose::MasterCheck, &[], text).is_ok()
    }

    /// Where the subject's rows are.
    #[must_use]
    pub fn locate(&self, person: &Iin) -> SubjectLocator {
        SubjectLocator(keyed(&self.locator, person))
    }

    /// The subject as register and journal name them.
    #[must_use]
    pub fn pseudonym(&self, person: &Iin) -> Sha256Digest {
        Sha256Digest::from_bytes(keyed(&self.pseudonym, person))
    }
}

fn keyed(mac: &Hmac<Sha256>, person: &Iin) -> [u8; 32] {
    let mut mac = mac.clone();
    mac.update(person.expose().as_bytes());
    mac.finalize().into_bytes().into()
}

macro_rules! hidden {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
hidden!(Sealed, SealKey, SubjectLocator, MasterKey);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::host::SystemHost;

    fn master(fill: u8) -> MasterKey {
        MasterKey::from_base64(&Base64::encode_string(&[fill; 32])).unwrap()
    }

    proptest! {
        #[test]
        fn what_was_sealed_opens_in_its_place_only(plain: Vec<u8>, flip in any::<prop::sample::Index>()) {
            let key = SealKey::generate(&SystemHost).unwrap();
            let sealed = key.seal(&SystemHost, Purpose::Template, &[b"a"], &plain).unwrap();
            prop_assert_eq!(&*key.open(Purpose::Template, &[b"a"], &sealed).unwrap(), &plain);
            prop_assert!(key.open(Purpose::Template, &[b"b"], &sealed).is_err());
            prop_assert!(key.open(Purpose::Probe, &[b"a"], &sealed).is_err());
            let other = SealKey::generate(&SystemHost).unwrap();
            prop_assert!(other.open(Purpose::Template, &[b"a"], &sealed).is_err());
            let mut altered = sealed.as_bytes().to_vec();
            let at = flip.index(altered.len());
            altered[at] ^= 1;
            prop_assert!(key.open(Purpose::Template, &[b"a"], &Sealed::from_bytes(altered)).is_err());
        }
    }

    #[test]
    fn a_cut_text_does_not_open() {
        let key = SealKey::generate(&SystemHost).unwrap();
        for length in [0, 5, 12, 27] {
            assert!(
                key.open(Purpose::Step, &[], &Sealed::from_bytes(vec![0; length]))
                    .is_err()
            );
        }
    }

    #[test]
    fn another_master_key_opens_nothing_and_is_noticed() {
        let key = SealKey::generate(&SystemHost).unwrap();
        let wrapped = master(1).wrap(&SystemHost, Purpose::SubjectKey, &[b"s"], &key).unwrap();
        assert!(master(1).unwrap(Purpose::SubjectKey, &[b"s"], &wrapped).is_ok());
        assert!(master(2).unwrap(Purpose::SubjectKey, &[b"s"], &wrapped).is_err());
        let check = master(1).check_text(&SystemHost).unwrap();
        assert!(master(1).made(&check));
        assert!(!master(2).made(&check));
    }

    #[test]
    fn a_person_has_one_place_and_another_pseudonym_under_each_master_key() {
        let person: Iin = "880229100014".parse().unwrap();
        let other: Iin = "991231200423".parse().unwrap();
        assert_eq!(master(1).locate(&person), master(1).locate(&person));
        assert_ne!(master(1).locate(&person), master(1).locate(&other));
        assert_ne!(master(1).locate(&person), master(2).locate(&person));
        assert_ne!(
            master(1).locate(&person).as_bytes(),
            master(1).pseudonym(&person).as_bytes()
        );
    }

    #[test]
    fn keys_and_sealed_texts_stay_out_of_debug_output() {
        let key = SealKey::generate(&SystemHost).unwrap();
        let person: Iin = "880229100014".parse().unwrap();
        assert_eq!(format!("{key:?}"), "SealKey(…)");
        assert_eq!(format!("{:?}", master(1)), "MasterKey(…)");
        assert_eq!(format!("{:?}", master(1).locate(&person)), "SubjectLocator(…)");
    }

    #[test]
    fn malformed_master_keys_are_refused() {
        for text in ["", "AAAA", &Base64::encode_string(&[0; 33]), "not base64 at all!"] {
            assert!(MasterKey::from_base64(text).is_err(), "{text}");
        }
    }
}
