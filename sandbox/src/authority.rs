//! Trust in the provider's electronic digital signature: its certificate must come from the certification authority, be in
//! force, and be meant for signing (BNK-10, BNK-14).

use base64ct::{Base64, Encoding};
use jiff::Timestamp;
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, TrustAnchor, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// emailProtection (1.3.6.1.5.5.7.3.4), DER content of the OID: marks a signing certificate of the country.
const EMAIL_PROTECTION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];
/// The most certificates that a chain may have.
const MOST_CERTIFICATES: usize = 5;

/// A certification authority that is trusted.
#[derive(Clone, Debug)]
pub struct Authority(TrustAnchor<'static>);

/// Why a certificate is not trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// No certificate, too many, or bytes that are none.
    #[error("not a chain of certificates")]
    Malformed,
    /// The chain does not lead to the authority, is not in force yet, or is not meant for signing.
    #[error("the certificate is not one of the authority's, not in force, or not meant for signing")]
    Chain,
    /// The certificate is no longer in force.
    #[error("the certificate has expired")]
    Expired,
    /// The certified key is no P-256 key.
    #[error("the certified key is not a P-256 key")]
    KeyKind,
    /// The certificate belongs to another key.
    #[error("the certificate belongs to another key")]
    OtherKey,
}

impl Authority {
    /// The authority of a certificate in PEM.
    ///
    /// # Errors
    /// [`Untrusted::Malformed`].
    pub fn from_pem(pem: &str) -> Result<Self, Untrusted> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| Untrusted::Malformed)?;
        anchor_from_trusted_cert(&certificate)
            .map(|anchor| Self(anchor.to_owned()))
            .map_err(|_| Untrusted::Malformed)
    }

    /// The key that signs, of a chain as a JWS header's `x5c` carries it: base64 DER, leaf first.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn signing_key(&self, x5c: &[String], now: Timestamp) -> Result<VerifyingKey, Untrusted> {
        if x5c.len() > MOST_CERTIFICATES {
            return Err(Untrusted::Malformed);
        }
        let chain = x5c
            .iter()
            .map(|text| Base64::decode_vec(text).map(CertificateDer::from))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Untrusted::Malformed)?;
        self.verify(&chain, now)
    }

    /// The key that signs, of a chain in PEM, leaf first.
    ///
    /// # Errors
    /// [`Untrusted`].
    pub fn signing_key_of_pem(&self, pem: &str, now: Timestamp) -> Result<VerifyingKey, Untrusted> {
        let chain = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| Untrusted::Malformed)?;
        self.verify(&chain, now)
    }

    fn verify(&self, chain: &[CertificateDer<'_>], now: Timestamp) -> Result<VerifyingKey, Untrusted> {
        let (leaf, others) = chain.split_first().ok_or(Untrusted::Malformed)?;
        let leaf = EndEntityCert::try_from(leaf).map_err(|_| Untrusted::Malformed)?;
        let seconds = u64::try_from(now.as_second()).map_err(|_| Untrusted::Chain)?;
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            std::slice::from_ref(&self.0),
            others,
            UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds)),
            KeyUsage::required(EMAIL_PROTECTION),
            None,
            None,
        )
        .map_err(|error| match error {
            webpki::Error::CertExpired { .. } => Untrusted::Expired,
            _ => Untrusted::Chain,
        })?;
        VerifyingKey::from_public_key_der(&leaf.subject_public_key_info()).map_err(|_| Untrusted::KeyKind)
    }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::home::certificates;
    use crate::testing::{Folder, NOW};

    fn made() -> (Authority, String) {
        let folder = Folder::new();
        certificates::ensure(folder.path(), NOW).unwrap();
        let read = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        (
            Authority::from_pem(&read(certificates::AUTHORITY)).unwrap(),
            read(certificates::PROVIDER_CHAIN),
        )
    }

    #[test]
    fn bnk_10_a_certificate_of_the_authority_is_trusted_while_it_is_in_force() {
        let (authority, chain) = made();
        assert!(authority.signing_key_of_pem(&chain, NOW).is_ok());
        let year_later = NOW + (400 * 24).hours();
        assert_eq!(
            authority.signing_key_of_pem(&chain, year_later),
            Err(Untrusted::Expired)
        );
        let year_before = NOW - (400 * 24).hours();
        assert_eq!(authority.signing_key_of_pem(&chain, year_before), Err(Untrusted::Chain));
    }

    #[test]
    fn bnk_10_a_certificate_of_another_authority_is_not_trusted() {
        let ((authority, _), (_, foreign)) = (made(), made());
        assert_eq!(authority.signing_key_of_pem(&foreign, NOW), Err(Untrusted::Chain));
    }

    #[test]
    fn an_authority_is_no_signer() {
        let (authority, chain) = made();
        let root = &chain[chain.rfind("-----BEGIN").unwrap()..];
        assert_eq!(authority.signing_key_of_pem(root, NOW), Err(Untrusted::Chain));
        assert_eq!(authority.signing_key(&[], NOW), Err(Untrusted::Malformed));
    }
}
