//! `tanu-matcher --config FILE`: reads configuration, keys and models, checks the register, and serves the edge.
//! `tanu-matcher --config FILE withdraw`: destroys the template of the person whose IIN comes on standard input (NBS-11).

use std::ffi::OsString;
use std::io::{IsTerminal, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tanu_matcher::config::{Config, MASTER_KEY_VARIABLE};
use tanu_matcher::failure::Failure;
use tanu_matcher::host::{Host, SystemHost};
use tanu_matcher::http::{InWork, Shared};
use tanu_matcher::inference::{Pool, load_examiner};
use tanu_matcher::keys::Keys;
use tanu_matcher::register::{CheckpointSigner, Register};
use tanu_matcher::server::{self, Grace};
use tanu_matcher::service::{Matcher, Unwritten, destroy_template};
use tanu_matcher::state_database::HttpStateDatabase;
use tanu_matcher::store::SqliteStore;
use tanu_models::{Manifest, ModelId};
use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::iin::Iin;
use tanu_protocol::similarity::Similarity;
use tanu_vision::COMPARISON_THRESHOLD;
use tracing_subscriber::EnvFilter;
use zeroize::Zeroizing;

type Error = Box<dyn std::error::Error>;

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
    let (path, act) = command(std::env::args_os().skip(1)).ok_or("usage: tanu-matcher --config FILE [withdraw]")?;
    let config = Config::read(&path)?;
    match act {
        Act::Serve => run_server(&config),
        Act::Withdraw => withdraw(&config),
    }
}

/// What the program is to do.
#[derive(Clone, Copy)]
enum Act {
    Serve,
    Withdraw,
}

fn command(mut arguments: impl Iterator<Item = OsString>) -> Option<(PathBuf, Act)> {
    let flag = arguments.next()?;
    let path = arguments.next()?;
    let act = match arguments.next() {
        None => Act::Serve,
        Some(act) if act == "withdraw" => Act::Withdraw,
        Some(_) => return None,
    };
    (flag == "--config" && arguments.next().is_none()).then(|| (path.into(), act))
}

/// Does what a citizen's withdrawn consent asks of the operator; the matcher may be serving meanwhile. The IIN comes on standard
/// input, so that no list of processes and no shell's history has it.
fn withdraw(config: &Config) -> Result<(), Error> {
    let mut line = String::new();
    std::io::stdin().take(64).read_to_string(&mut line)?;
    let person: Iin = line.trim().parse()?;
    let host = SystemHost;
    let keys = read_keys(config, &host)?;
    let store = SqliteStore::open(&config.database, &keys.master, &host)?;
    let destroyed = destroy_template(&store, &keys.master, &host, &person)
        .map_err(|failure| format!("the template could not be destroyed: {}", failure.code().as_str()))?;
    let said = if destroyed {
        "the template is destroyed"
    } else {
        "there is no template of this person"
    };
    Ok(writeln!(std::io::stdout(), "{said}")?)
}

fn read_keys(config: &Config, host: &dyn Host) -> Result<Keys, Error> {
    let master = std::env::var(MASTER_KEY_VARIABLE).ok().map(Zeroizing::new);
    Ok(Keys::read(config, master, host.now())?)
}

fn run_server(config: &Config) -> Result<(), Error> {
    let shared = Arc::new(assemble(config)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(serve(config, shared));
    // Work that outlived its grace is not waited for: what it would store is stored whole or not at all.
    runtime.shutdown_background();
    result
}

fn assemble(config: &Config) -> Result<Shared, Error> {
    let host: Arc<dyn Host> = Arc::new(SystemHost);
    let keys = read_keys(config, &*host)?;

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
        unwritten: Unwritten::default(),
        store,
        register,
        pool,
        models: ModelId::ALL.map(hash).to_vec(),
        embedder: Sha256Digest::of_parts(tanu_vision::ALIGNMENT, &[hash(ModelId::EdgefaceXs).as_bytes()]),
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
        in_work: InWork::default(),
    })
}

fn pool(config: &Config) -> Result<Pool, Error> {
    let models = tanu_models::Store::from_environment(&config.models_root);
    let examiner = load_examiner(&models)?;
    let (threads, queue) = (config.inference.threads, config.inference.queue);
    Ok(Pool::start(Arc::new(examiner), threads, queue)?)
}

async fn serve(config: &Config, shared: Arc<Shared>) -> Result<(), Error> {
    let tls = match &config.tls {
        None => None,
        Some(files) => Some(server::tls(&files.certificates, &files.key)?),
    };
    // Before anyone learns that it serves: a signal then ends it as it should.
    let stop = stop_signal()?;
    let listener = std::net::TcpListener::bind(config.listen)?;
    // With port 0 the system chooses.
    tracing::info!(address = %listener.local_addr()?, tls = tls.is_some(), "serving");
    tokio::spawn(sweep(Arc::clone(&shared.matcher)));
    Ok(server::serve(listener, tls, shared, stop, Grace::USUAL).await?)
}

/// Ends abandoned sessions, destroys those whose time has passed, and writes down what the journal could not take, at start and every
/// hour. Warns of the end of the provider's certificate at start and every day.
async fn sweep(matcher: Arc<Matcher>) {
    let mut hours = tokio::time::interval(std::time::Duration::from_secs(3600));
    for hour in 0_u64.. {
        hours.tick().await;
        if hour % 24 == 0
            && let Some(not_after) = matcher.certificate_ends_soon()
        {
            tracing::warn!(%not_after, "the provider's certificate has to be replaced: nothing is signed behind its end (BNK-10)");
        }
        let matcher = Arc::clone(&matcher);
        match tokio::task::spawn_blocking(move || {
            matcher.note_unwritten();
            (matcher.end_abandoned(), matcher.destroy_overdue())
        })
        .await
        {
            Ok((ended, destroyed)) => {
                swept("abandoned sessions ended", ended);
                swept("sessions destroyed whose time had passed (NBS-11)", destroyed);
            }
            Err(_) => return,
        }
    }
}

fn swept(what: &str, sessions: Result<usize, Failure>) {
    match sessions {
        Ok(0) => {}
        Ok(sessions) => tracing::info!(sessions, "{what}"),
        Err(failure) => tracing::error!(code = failure.code().as_str(), "not all {what}"),
    }
}

/// Listens for signals to stop from now on; ready when one comes.
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
