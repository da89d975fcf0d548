//! The test certification authority and the provider's certificate for electronic digital signatures.
//!
//! Subject attributes and key usage follow the national certification authority's certificates: `serialNumber` carries the
//! IIN of the person who signs, `OU` the organisation's BIN, the extended key usage names what the key is for and which role
//! it has. Numbers are synthetic. Keys are P-256, which the national authority does not issue.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SerialNumber,
};
use zeroize::Zeroizing;

use super::files;
use super::keys::{self, KeyFailure};
use crate::authority::{Authority, Untrusted};
use crate::host::random::{self, NoRandomness};

/// File of the authority's certificate in the folder of keys.
pub const AUTHORITY: &str = "ca.crt.pem";
/// File of the provider's certificates, leaf first, in the folder of keys.
pub const PROVIDER_CHAIN: &str = "provider.chain.pem";

/// Role of an information system in the country's certificates.
const INFORMATION_SYSTEM: [u64; 9] = [1, 2, 398, 3, 3, 4, 1, 2, 6];
/// X.520 serialNumber.
const SUBJECT_SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];
const AUTHORITY_YEARS: i64 = 10;
const PROVIDER_YEARS: i64 = 1;
/// How long before its end the provider's certificate is made anew.
const RENEWAL_HOURS: i64 = 30 * 24;

/// Why a certificate could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CertificateFailure {
    /// A key or file.
    #[error(transparent)]
    Key(#[from] KeyFailure),
    /// No random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The certificate can't be written.
    #[error("the certificate can't be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The dates of the certificate lie outside the calendar.
    #[error("the certificate's dates are out of range")]
    Dates,
    /// The authority's certificate can't be read back.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Makes the authority (`ca.pem`, [`AUTHORITY`]) and the provider's key and certificates (`provider.pem`,
/// [`PROVIDER_CHAIN`]) in `folder`, as far as they are missing. A provider's certificate that ends within 30 days is made anew, for
/// the same key.
///
/// # Errors
/// [`CertificateFailure`].
pub fn ensure(folder: &Path, now: Timestamp) -> Result<(), CertificateFailure> {
    let authority_key = key_pair(folder, "ca")?;
    let mut authority = authority_params();
    let authority_path = folder.join(AUTHORITY);
    if !authority_path.exists() {
        set_dates(&mut authority, now, AUTHORITY_YEARS)?;
        authority.serial_number = Some(serial_number()?);
        keys::write_new(&authority_path, authority.self_signed(&authority_key)?.pem().as_bytes())?;
    }

    let provider_key = key_pair(folder, "provider")?;
    let chain_path = folder.join(PROVIDER_CHAIN);
    let root = fs::read_to_string(&authority_path).map_err(|source| CertificateFailure::File {
        path: authority_path,
        source,
    })?;
    if !chain_path.exists() || ends_soon(&chain_path, &root, now) {
        let mut provider = provider_params();
        set_dates(&mut provider, now, PROVIDER_YEARS)?;
        provider.serial_number = Some(serial_number()?);
        let certificate = provider.signed_by(&provider_key, &Issuer::new(authority, authority_key))?;
        let chain = format!("{}{root}", certificate.pem());
        files::write_changed(&chain_path, chain.as_bytes()).map_err(|source| CertificateFailure::File {
            path: chain_path,
            source,
        })?;
    }
    Ok(())
}

/// Whether all that is wrong with a chain, now or in 30 days, is that it has expired.
fn ends_soon(chain: &Path, root: &str, now: Timestamp) -> bool {
    let (Ok(chain), Ok(authority)) = (fs::read_to_string(chain), Authority::from_pem(root)) else {
        return false;
    };
    let then = now.checked_add(RENEWAL_HOURS.hours());
    then.is_ok_and(|then| authority.signing_key_of_pem(&chain, then) == Err(Untrusted::Expired))
}

fn key_pair(folder: &Path, name: &str) -> Result<KeyPair, CertificateFailure> {
    let key = keys::ensure_pair(folder, name)?;
    let pem = key
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
    Ok(KeyPair::from_pkcs8_pem_and_sign_algo(
        &pem,
        &rcgen::PKCS_ECDSA_P256_SHA256,
    )?)
}

fn authority_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&[
        (DnType::CountryName, "KZ"),
        (DnType::OrganizationName, "Tanu test environment"),
        (DnType::CommonName, "Tanu test certification authority"),
    ]);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn provider_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = name(&[
        (DnType::CountryName, "KZ"),
        (DnType::OrganizationName, "Tanu test provider"),
        (DnType::OrganizationalUnitName, "BIN490241000021"),
        (DnType::CommonName, "Tanu test environment"),
        (DnType::CustomDnType(SUBJECT_SERIAL_NUMBER.to_vec()), "IIN880229100014"),
    ]);
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    params.extended_key_usages = vec![
        ExtendedKeyUsagePurpose::EmailProtection,
        ExtendedKeyUsagePurpose::Other(INFORMATION_SYSTEM.to_vec()),
    ];
    params.use_authority_key_identifier_extension = true;
    params
}

fn name(parts: &[(DnType, &str)]) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    for (kind, value) in parts {
        name.push(kind.clone(), *value);
    }
    name
}

/// From the day before, so that a clock that lags does not refuse a new certificate.
fn set_dates(params: &mut CertificateParams, now: Timestamp, years: i64) -> Result<(), CertificateFailure> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let from = today.checked_sub(1.day()).map_err(|_| CertificateFailure::Dates)?;
    let until = today
        .checked_add(years.years())
        .map_err(|_| CertificateFailure::Dates)?;
    let (year, month, day) = civil(from)?;
    params.not_before = rcgen::date_time_ymd(year, month, day);
    let (year, month, day) = civil(until)?;
    params.not_after = rcgen::date_time_ymd(year, month, day);
    Ok(())
}

fn civil(date: Date) -> Result<(i32, u8, u8), CertificateFailure> {
    let part = |number: i8| u8::try_from(number).map_err(|_| CertificateFailure::Dates);
    Ok((date.year().into(), part(date.month())?, part(date.day())?))
}

/// 16 random bytes, positive and never shorter (RFC 5280, section 4.1.2.2).
fn serial_number() -> Result<SerialNumber, NoRandomness> {
    let mut bytes = Zeroizing::new(random::bytes::<16>()?);
    bytes[0] = bytes[0] & 0x7f | 0x40;
    Ok(SerialNumber::from_slice(&*bytes))
}
