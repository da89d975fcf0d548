//! The sandbox as one server: state database and demo bank, with health.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::http::header;
use axum::routing::get;
use axum_server::Handle;
use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{SignalKind, signal};

use crate::bank::{Bank, BankFailure};
use crate::citizen::registry::Registry;
use crate::config::{Config, Listener};
use crate::host::clock;
use crate::seed;
use crate::state_database::StateDatabase;
use crate::store::{Store, StoreFailure};

/// How long requests that are being answered may take when the server is asked to stop.
const GRACE: Duration = Duration::from_secs(3);

/// How often it is looked for what has been kept for long enough.
const BETWEEN_SWEEPS: Duration = Duration::from_secs(3600);

/// Where anyone asks whether the sandbox runs.
pub(crate) const HEALTH: &str = "/healthz";

/// Why the sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeFailure {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// The demo bank.
    #[error(transparent)]
    Bank(#[from] BankFailure),
    /// The listener, or its certificates.
    #[error("{address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// Opens the store, makes the first test citizens, and serves until the process is asked to stop.
///
/// # Errors
/// [`ServeFailure`].
pub async fn serve(config: Config) -> Result<(), ServeFailure> {
    let store = Store::open(&config.database)?;
    if let Some(portraits) = &config.portraits {
        seed::seed(&Registry::new(store.clone()), portraits, clock::now()).await?;
    }
    let listener = config.listener.clone();
    let bank = Bank::new(&config, store.clone())?;
    bank.destroy_old(clock::now()).await?;
    tokio::spawn(keep_no_longer(bank));
    let routes = routes(&config, store)?.into_make_service();

    let handle = Handle::new();
    tokio::spawn(stop_when_asked(handle.clone()));
    match listener {
        Listener::Loopback(address) => axum_server::bind(address)
            .handle(handle)
            .serve(routes)
            .await
            .map_err(|source| ServeFailure::Listen { address, source }),
        Listener::Tls {
            address,
            certificates,
            key,
        } => {
            // Fails only where a provider is installed already, which serves as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
            let failed = |source| ServeFailure::Listen { address, source };
            let tls = RustlsConfig::from_pem_chain_file(certificates, key)
                .await
                .map_err(failed)?;
            axum_server::bind_rustls(address, tls)
                .handle(handle)
                .serve(routes)
                .await
                .map_err(failed)
        }
    }
}

/// All routes.
///
/// # Errors
/// [`BankFailure`].
pub fn routes(config: &Config, store: Store) -> Result<Router, BankFailure> {
    let database = StateDatabase::new(store.clone(), config.channel.clone(), config.matcher);
    let health = get(|| async { ([(header::CACHE_CONTROL, "no-store")], "ok") });
    Ok(Router::new()
        .route(HEALTH, health)
        .merge(database.routes())
        .merge(Bank::new(config, store)?.routes()))
}

/// Destroys, time and again, what has been kept for long enough.
async fn keep_no_longer(bank: Bank) {
    loop {
        tokio::time::sleep(BETWEEN_SWEEPS).await;
        // What could not be destroyed now is the next time, and at the next start nothing is served before it is.
        let _ = bank.destroy_old(clock::now()).await;
    }
}

async fn stop_when_asked(handle: Handle<SocketAddr>) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminated => {}
    }
    handle.graceful_shutdown(Some(GRACE));
}
