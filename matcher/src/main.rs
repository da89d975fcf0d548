//! `tanu-matcher --config FILE`: reads configuration, keys and models, checks the register, and serves the edge.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tanu_matcher::config::{Config, MASTER_KEY_VARIABLE};
use tanu_matcher::host::{Host, SystemHost};
use tanu_matcher::http::{Shared, router};
use tanu_matcher::inference::{Pool, load_examiner};
use tanu_matcher::keys::Keys;
use tanu_matcher::register::{CheckpointSigner, Register};
use tanu_matcher::service::Matcher;
use tanu_matcher::state_database::HttpStateDatabase;
use tanu_matcher::store::SqliteStore;
use tanu_models::{Manifest, ModelId};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::similarity::Similarity;
use tanu_vision::COMPARISON_THRESHOLD;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

type Error = Box<dyn std::error::Error>;

/// How long calls in work may go on after a signal to stop.
const GRACE: std::time::Duration = std::time::Duration::from_secs(20);

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Error> {
    let path = config_path(std::env::args_os().skip(1)).ok_or("usage: tanu-matcher --config FILE")?;
    let config = Config::read(&path)?;
    let shared = Arc::new(assemble(&config)?);
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(serve(&config, shared))
}

fn config_path(mut arguments: impl Iterator<Item = OsString>) -> Option<PathBuf> {
    let flag = arguments.next()?;
    let path = arguments.next()?;
    (flag == "--config" && arguments.next().is_none()).then(|| PathBuf::from(path))
}

fn assemble(config: &Config) -> Result<Shared, Error> {
    let keys = Keys::read(config, std::env::var(MASTER_KEY_VARIABLE).ok().map(Zeroizing::new))?;
    let host: Arc<dyn Host> = Arc::new(SystemHost);

    let store = Arc::new(SqliteStore::open(&config.database, &keys.master, &*host)?);
    let accepted = std::iter::once(keys.provider_public)
        .chain(keys.provider_retired.iter().copied())
        .collect();
    let checkpoints = CheckpointSigner {
        origin: config.origin.clone(),
        signer: keys.provider.clone(),
        accepted,
    };
    let register = Register::open(&*store, checkpoints, host.now())?;

    let state_database = HttpStateDatabase::new(
        &config.state_database,
        keys.channel.clone(),
        keys.state_database,
        Arc::clone(&host),
    )?;
    let pool = pool(config)?;
    let manifest = Manifest::built_in()?;
    let hash = |id: ModelId| Sha256Digest::from_bytes(*manifest.get(id).sha256.as_bytes());

    let evidence_keys = keys.evidence();
    let matcher = Matcher {
        host,
        templates: Arc::clone(&store) as _,
        store,
        register,
        pool,
        models: ModelId::ALL.map(hash).to_vec(),
        embedder: hash(ModelId::EdgefaceXs),
        state_database: Box::new(state_database),
        state_database_name: config.state_database.name.clone(),
        master: keys.master,
        provider: keys.provider,
        edge_signing: keys.edge_signing,
        policy: tanu_liveness::policy::Policy::default(),
        threshold: Similarity::new(COMPARISON_THRESHOLD)?,
        virtual_cameras: config.virtual_cameras,
    };
    Ok(Shared {
        matcher: Arc::new(matcher),
        channel: keys.channel,
        edge: keys.edge_channel,
        evidence_keys,
    })
}

fn pool(config: &Config) -> Result<Pool, Error> {
    let models = tanu_models::Store::from_environment(&config.models_root);
    let examiner = load_examiner(&models)?;
    let (threads, queue) = (config.inference.threads, config.inference.queue);
    Ok(Pool::start(Arc::new(examiner), threads, queue)?)
}

async fn serve(config: &Config, shared: Arc<Shared>) -> Result<(), Error> {
    let handle = axum_server::Handle::new();
    tokio::spawn(stop_on_signal(handle.clone()));
    tokio::spawn(say_address(handle.clone(), config.tls.is_some()));
    tokio::spawn(sweep(Arc::clone(&shared.matcher)));
    let service = router(shared).into_make_service();
    match &config.tls {
        None => axum_server::bind(config.listen).handle(handle).serve(service).await?,
        Some(tls) => {
            let tls = tls_config(&tls.certificates, &tls.key)?;
            axum_server::bind_rustls(config.listen, tls)
                .handle(handle)
                .serve(service)
                .await?;
        }
    }
    Ok(())
}

fn tls_config(certificates: &Path, key: &Path) -> Result<axum_server::tls_rustls::RustlsConfig, Error> {
    use rustls::pki_types::pem::PemObject;
    use rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let chain = CertificateDer::pem_file_iter(certificates)?.collect::<Result<Vec<_>, _>>()?;
    let key = PrivateKeyDer::from_pem_file(key)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(axum_server::tls_rustls::RustlsConfig::from_config(Arc::new(tls)))
}

/// Ends abandoned sessions, at start and every hour.
async fn sweep(matcher: Arc<Matcher>) {
    let mut hours = tokio::time::interval(std::time::Duration::from_secs(3600));
    loop {
        hours.tick().await;
        let matcher = Arc::clone(&matcher);
        match tokio::task::spawn_blocking(move || matcher.end_abandoned()).await {
            Ok(Ok(0)) => {}
            Ok(Ok(sessions)) => tracing::info!(sessions, "abandoned sessions ended"),
            Ok(Err(failure)) => tracing::error!(code = failure.code().as_str(), "abandoned sessions not ended"),
            Err(_) => return,
        }
    }
}

/// Says where it listens, once it does: with port 0 the system chooses.
async fn say_address(handle: axum_server::Handle<std::net::SocketAddr>, tls: bool) {
    if let Some(address) = handle.listening().await {
        tracing::info!(%address, tls, "serving");
    }
}

async fn stop_on_signal(handle: axum_server::Handle<std::net::SocketAddr>) {
    use tokio::signal::unix::{SignalKind, signal};
    let interrupt = tokio::signal::ctrl_c();
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = interrupt.await;
        }
    }
    tracing::info!("stopping");
    handle.graceful_shutdown(Some(GRACE));
}
