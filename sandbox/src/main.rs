//! `tanu-sandbox`: makes and runs a test environment.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tanu_sandbox::config::Config;
use tanu_sandbox::home::{self, configuration::Settings};
use tanu_sandbox::host::clock;
use tanu_sandbox::server;
use url::Url;

/// The test environment of Tanu: state database, test certification authority, demo bank.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes the home folder: keys, certificates, configuration of every part. Keys that are there stay.
    Init(Box<Init>),
    /// Runs state database and demo bank until asked to stop.
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// The configuration, `config/sandbox.toml` of the home folder.
    #[arg(long)]
    config: PathBuf,
}

#[derive(Args)]
struct Init {
    /// The home folder.
    #[arg(long)]
    home: PathBuf,
    /// Origin under which browsers reach Tanu.
    #[arg(long, default_value = "http://localhost:8787")]
    edge_origin: Url,
    /// Where the matcher listens.
    #[arg(long, default_value = "127.0.0.1:8788")]
    matcher: SocketAddr,
    /// Where the sandbox listens.
    #[arg(long, default_value = "127.0.0.1:8789")]
    listen: SocketAddr,
    /// Origin under which browsers reach the demo bank; by default localhost with the port of `--listen`.
    #[arg(long)]
    bank_origin: Option<Url>,
    /// Folder with `portraits/`, from which test citizens are made.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The folder beside which the matcher looks for models.
    #[arg(long, default_value = ".")]
    root: PathBuf,
    /// How long a citizen's session lasts, in seconds.
    #[arg(long, default_value_t = Settings::SESSION_SECONDS)]
    session_seconds: u32,
    /// How long a citizen has for one step, in seconds.
    #[arg(long, default_value_t = Settings::STEP_SECONDS)]
    step_seconds: u32,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Init(arguments) => init(*arguments),
        Command::Serve(arguments) => serve(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "tanu-sandbox: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &Serve) -> Result<(), Failure> {
    let config = Config::load(&arguments.config)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(runtime.block_on(server::serve(config))?)
}

fn init(arguments: Init) -> Result<(), Failure> {
    let bank_origin = match arguments.bank_origin {
        Some(origin) => origin,
        None => format!("http://localhost:{}", arguments.listen.port()).parse()?,
    };
    // The configuration lies elsewhere than the working folder, so its paths must be whole; what is not there is left out.
    let data = arguments.data.and_then(|data| data.canonicalize().ok());
    let settings = Settings {
        edge_origin: arguments.edge_origin,
        matcher: arguments.matcher,
        listen: arguments.listen,
        bank_origin,
        data,
        root: arguments.root.canonicalize()?,
        session_seconds: arguments.session_seconds,
        step_seconds: arguments.step_seconds,
    };
    home::init(&arguments.home, &settings, clock::now())?;
    writeln!(std::io::stdout(), "{}", arguments.home.display())?;
    Ok(())
}
