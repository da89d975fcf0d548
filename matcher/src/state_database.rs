//! The port to the state database "Жеке тұлғалар" (NBS-9), and its adapter over HTTP and the inner channel.

use std::sync::Arc;
use std::time::Duration;

use p256::ecdsa::VerifyingKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tanu_protocol::channel::{Party, REQUEST_HEADER, RESPONSE_HEADER, RequestLine, sign_request, verify_response};
use tanu_protocol::digest::Nonce;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::state_database::{INDIVIDUAL_PATH, MOST_PHOTO_BYTES, ReferenceAnswer, ReferenceQuery};
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::config;
use crate::host::{Host, random};

/// The most bytes that an answer may have: the largest photo in base64 (RFC 4648, section 4), with room for the document.
const MOST_ANSWER_BYTES: u64 = (MOST_PHOTO_BYTES.div_ceil(3) * 4 + 64 * 1024) as u64;
const ATTEMPTS: usize = 2;

/// How long one attempt may take.
#[derive(Clone, Copy, Debug)]
struct Patience {
    /// Until there is a connection.
    connect: Duration,
    /// Until the answer has been read to its end.
    whole: Duration,
}

impl Patience {
    const USUAL: Self = Self {
        connect: Duration::from_secs(3),
        whole: Duration::from_secs(10),
    };
}

/// Why there is no answer. In each case the citizen tries later and nothing is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Not reached, too slow, or not answering 200.
    #[error("the state database does not answer")]
    Silent,
    /// The answer is not the state database's.
    #[error("the answer is not signed by the state database")]
    Unauthenticated,
    /// The answer is of another shape, or too large.
    #[error("the state database's answer can't be read")]
    Malformed,
}

/// Gives one citizen's reference.
pub trait StateDatabase: Send + Sync {
    /// The photo and identity document of the citizen, or that there are none.
    ///
    /// # Errors
    /// [`Unavailable`].
    fn reference(&self, query: &ReferenceQuery) -> Result<ReferenceAnswer, Unavailable>;
}

/// The state database over HTTP.
pub struct HttpStateDatabase {
    agent: Agent,
    address: String,
    signer: JwsSigner,
    key: VerifyingKey,
    host: Arc<dyn Host>,
}

/// Why the connection can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// The authorities' file can't be read or holds no certificate.
    #[error("`state_database.authorities` holds no certificates")]
    Authorities,
}

impl HttpStateDatabase {
    /// A client of the configured database, signing with `signer` and expecting answers signed by `key`.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(
        config: &config::StateDatabase,
        signer: JwsSigner,
        key: VerifyingKey,
        host: Arc<dyn Host>,
    ) -> Result<Self, SetUpError> {
        Self::with_patience(Patience::USUAL, config, signer, key, host)
    }

    fn with_patience(
        patience: Patience,
        config: &config::StateDatabase,
        signer: JwsSigner,
        key: VerifyingKey,
        host: Arc<dyn Host>,
    ) -> Result<Self, SetUpError> {
        let roots = match &config.authorities {
            None => RootCerts::WebPki,
            Some(path) => {
                let certificates: Vec<Certificate<'static>> = CertificateDer::pem_file_iter(path)
                    .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                    .map_err(|_| SetUpError::Authorities)?
                    .iter()
                    .map(|der| Certificate::from_der(der).to_owned())
                    .collect();
                if certificates.is_empty() {
                    return Err(SetUpError::Authorities);
                }
                RootCerts::Specific(Arc::new(certificates))
            }
        };
        let agent = Agent::config_builder()
            .timeout_connect(Some(patience.connect))
            .timeout_global(Some(patience.whole))
            .max_redirects(0)
            .http_status_as_error(false)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build()
            .new_agent();
        Ok(Self {
            agent,
            address: format!("{}{INDIVIDUAL_PATH}", config.url.as_str().trim_end_matches('/')),
            signer,
            key,
            host,
        })
    }

    fn ask(&self, body: &[u8]) -> Result<ReferenceAnswer, Unavailable> {
        let id = Nonce::from_bytes(random(&*self.host).map_err(|_| Unavailable::Silent)?);
        let line = RequestLine {
            method: "POST",
            path: INDIVIDUAL_PATH,
            body,
        };
        let now = self.host.now();
        let token = sign_request(&self.signer, Party::Matcher, Party::StateDatabase, line, id, now)
            .map_err(|_| Unavailable::Malformed)?;
        let mut response = self
            .agent
            .post(&self.address)
            .header("content-type", "application/json")
            .header(REQUEST_HEADER, token)
            .send(body)
            .map_err(|_| Unavailable::Silent)?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(Unavailable::Silent);
        }
        let token = response
            .headers()
            .get(RESPONSE_HEADER)
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let answer = response
            .body_mut()
            .with_config()
            // At its limit the reader does not look whether more would come.
            .limit(MOST_ANSWER_BYTES + 1)
            .read_to_vec()
            .map_err(|error| match error {
                ureq::Error::BodyExceedsLimit(_) => Unavailable::Malformed,
                _ => Unavailable::Silent,
            })?;
        let token = token.ok_or(Unavailable::Unauthenticated)?;
        verify_response(&token, &self.key, Party::StateDatabase, id, status, &answer)
            .map_err(|_| Unavailable::Unauthenticated)?;
        serde_json::from_slice(&answer).map_err(|_| Unavailable::Malformed)
    }
}

impl StateDatabase for HttpStateDatabase {
    fn reference(&self, query: &ReferenceQuery) -> Result<ReferenceAnswer, Unavailable> {
        let body = serde_json::to_vec(query).map_err(|_| Unavailable::Malformed)?;
        let mut last = Unavailable::Silent;
        for _ in 0..ATTEMPTS {
            match self.ask(&body) {
                Err(Unavailable::Silent) => last = Unavailable::Silent,
                answer => return answer,
            }
        }
        Err(last)
    }
}

#[cfg(test)]
mod tests;
