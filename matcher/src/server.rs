//! The listener: TLS where it leaves the machine (BNK-15), and an end that lets calls in work go on but waits for nobody else.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::http::{InWork, Shared, router};

/// How long the end may take after the signal to stop.
#[derive(Clone, Copy, Debug)]
pub struct Grace {
    /// For calls in work.
    pub work: Duration,
    /// For the last answers on their way, once no call is in work.
    pub answers: Duration,
}

impl Grace {
    /// Together less than the 20 s after which supervisors usually kill.
    pub const USUAL: Self = Self {
        work: Duration::from_secs(15),
        answers: Duration::from_secs(1),
    };
}

/// Why TLS can't be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The file is not there or holds something else.
    #[error("{} holds no {expected}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
    },
    /// Certificates and key do not belong together, or are of an unknown kind.
    #[error("the listener's certificates and key can't be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// TLS 1.2 and 1.3 with the certificate chain and private key of two PEM files.
///
/// # Errors
/// [`TlsError`].
pub fn tls(certificates: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let missing = |path: &Path, expected| TlsError::File {
        path: path.to_owned(),
        expected,
    };
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .ok()
        .filter(|chain| !chain.is_empty())
        .ok_or_else(|| missing(certificates, "certificate chain (PEM)"))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|_| missing(key, "private key (PEM)"))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Arc::new(tls))
}

/// Serves until `stop` is ready and what `grace` allows for has ended.
///
/// # Errors
/// The system's, where it can't serve on the listener.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    shared: Arc<Shared>,
    stop: impl Future<Output = ()>,
    grace: Grace,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let handle = Handle::new();
    let end = end(handle.clone(), &shared.in_work, stop, grace);
    let service = router(Arc::clone(&shared)).into_make_service();
    let server = async {
        match tls {
            None => axum_server::from_tcp(listener)?.handle(handle).serve(service).await,
            Some(tls) => {
                axum_server::from_tcp_rustls(listener, RustlsConfig::from_config(tls))?
                    .handle(handle)
                    .serve(service)
                    .await
            }
        }
    };
    tokio::select! {
        result = server => result,
        () = end => Ok(()),
    }
}

/// A graceful shutdown closes connections that are idle and waits for all others: those with a call in work, but also those
/// whose client has sent half a request, is within its TLS handshake or does not acknowledge the end of HTTP/2. These have
/// nothing in work and would hold the server for as long as they like, so their end is not waited for.
async fn end(handle: Handle<SocketAddr>, in_work: &InWork, stop: impl Future<Output = ()>, grace: Grace) {
    stop.await;
    tracing::info!("stopping");
    handle.graceful_shutdown(None);
    match tokio::time::timeout(grace.work, in_work.none()).await {
        Ok(()) => tokio::time::sleep(grace.answers).await,
        Err(_) => tracing::warn!("calls in work are cut off"),
    }
    handle.shutdown();
}

#[cfg(test)]
mod tests;
