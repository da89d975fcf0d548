use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};
use rcgen::{CertificateParams, Issuer, KeyPair, date_time_ymd};

use super::*;
use crate::service::testing::key;

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
const PROVIDER: u8 = 3;

/// A folder with all keys that the example's configuration names.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, seed) in [("matcher-channel", 1), ("provider", PROVIDER)] {
            let private = key(seed).to_pkcs8_pem(LineEnding::LF).unwrap();
            folder.write(&format!("{name}.key.pem"), &private);
        }
        for (name, seed) in [("edge-channel", 4), ("edge-signing", 5), ("state-database-channel", 6)] {
            let public = key(seed).verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
            folder.write(&format!("{name}.pub.pem"), &public);
        }
        folder.write("matcher-master.key", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
        folder.write("provider.chain.pem", &certificate(PROVIDER, 2026, 2027));
        folder
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    fn read(&self) -> Result<Keys, KeyError> {
        let text = include_str!("../../config.example.toml").replace("../keys/", "");
        Keys::read(&Config::parse(&text, self.0.path()).unwrap(), None, NOW)
    }

    /// What is said of these certificates instead of starting.
    fn refusal(&self, chain: &str) -> KeyError {
        self.write("provider.chain.pem", chain);
        self.read().err().unwrap()
    }
}

fn pair(seed: u8) -> KeyPair {
    KeyPair::from_pem(&key(seed).to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap()
}

/// A certificate of a key, in force from the first day of one year to that of another.
fn certificate(seed: u8, from: i32, until: i32) -> String {
    let mut parameters = CertificateParams::new(Vec::new()).unwrap();
    parameters.not_before = date_time_ymd(from, 1, 1);
    parameters.not_after = date_time_ymd(until, 1, 1);
    let authority = Issuer::new(CertificateParams::new(Vec::new()).unwrap(), pair(9));
    parameters.signed_by(&pair(seed), &authority).unwrap().pem()
}

#[test]
fn bnk_10_the_provider_s_key_is_taken_with_its_certificate() {
    let folder = Folder::new();
    let keys = folder.read().unwrap();
    assert_eq!(keys.provider_public, *key(PROVIDER).verifying_key());
    assert_eq!(keys.evidence().len(), 1);
    // In force until the end of 2026.
    let end = "2027-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(keys.provider.ends_soon(end), Some(end));
    assert!(keys.provider.sign("test", &1, end).is_ok());
    let after = end + jiff::SignedDuration::from_secs(1);
    assert!(keys.provider.sign("test", &1, after).is_err());
    let chain = certificate(PROVIDER, 2026, 2027) + &certificate(9, 2020, 2030);
    folder.write("provider.chain.pem", &chain);
    assert!(folder.read().is_ok());
}

#[test]
fn bnk_10_a_certificate_of_another_key_is_refused() {
    let folder = Folder::new();
    let (own, other) = (certificate(PROVIDER, 2026, 2027), certificate(8, 2026, 2027));
    for chain in [other.clone(), other + &own] {
        let refusal = folder.refusal(&chain);
        assert!(matches!(refusal, KeyError::OtherKey { .. }), "{refusal}");
        let said = refusal.to_string();
        assert!(
            said.contains("provider.chain.pem") && said.contains("provider.key.pem"),
            "{said}"
        );
    }
}

#[test]
fn bnk_10_a_certificate_that_is_not_in_force_is_refused() {
    let folder = Folder::new();
    let expired = folder.refusal(&certificate(PROVIDER, 2024, 2025));
    assert!(matches!(expired, KeyError::Expired { .. }));
    assert!(
        expired.to_string().contains("expired at 2025-01-01T00:00:00Z"),
        "{expired}"
    );
    let early = folder.refusal(&certificate(PROVIDER, 2027, 2028));
    assert!(matches!(early, KeyError::NotYetValid { .. }));
    assert!(early.to_string().contains("from 2027-01-01T00:00:00Z"), "{early}");
}

#[test]
fn a_chain_without_a_certificate_is_named_and_not_repeated() {
    let folder = Folder::new();
    let no_certificate = "-----BEGIN CERTIFICATE-----\nc2VjcmV0\n-----END CERTIFICATE-----\n";
    for chain in ["", "c2VjcmV0", no_certificate] {
        let refusal = folder.refusal(chain);
        let said = refusal.to_string();
        assert!(matches!(refusal, KeyError::Malformed { .. }), "{said}");
        assert!(
            said.contains("provider.chain.pem") && !said.contains("c2VjcmV0"),
            "{said}"
        );
    }
}
