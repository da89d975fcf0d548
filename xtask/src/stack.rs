//! A whole instance on this machine: matcher, test environment, and the edge with the pages on workerd.

mod address;
mod health;
mod home;
mod supervisor;
mod workerd;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub(crate) use address::PublicAddress;
use home::{Home, make_private};
pub(crate) use supervisor::Log;
use supervisor::Supervisor;

use crate::build::{self, Part, Profile};
use crate::environment::{Environment, Ports};
use crate::failure::{Failure, Outcome};
use crate::{claim, models, run, say, setup};

/// How long the parts may take until all of them answer.
const HEALTHY_WITHIN: Duration = Duration::from_secs(60);

/// Which parts of an instance run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Parts {
    /// All of them.
    All,
    /// Pages and test environment: the matcher does not start where a model is missing.
    WithoutMatcher,
}

/// A running instance. It stops when this value goes.
pub(crate) struct Instance {
    processes: Supervisor,
}

impl Instance {
    /// Makes the home folder if it is missing, starts the parts and waits until each answers.
    ///
    /// `stop` ends the waiting early; `None` is given then.
    pub(crate) fn start(
        environment: &Environment,
        profile: Profile,
        parts: Parts,
        log: Log,
        stop: &AtomicBool,
    ) -> Outcome<Option<Self>> {
        let ports = environment.ports;
        address::require_free(environment)?;
        init(environment, profile)?;
        let config = workerd::configure(environment)?;

        let mut processes = Supervisor::new(log)?;
        let root = environment.root.as_path();
        let file = |name: &str| environment.home.join("config").join(name);
        if parts == Parts::All {
            let mut matcher = run::command(build::program(environment, profile, "tanu-matcher"));
            processes.start(
                "matcher",
                matcher.arg("--config").arg(file("matcher.toml")).current_dir(root),
            )?;
        }
        let mut sandbox = run::command(build::program(environment, profile, "tanu-sandbox"));
        let sandbox = sandbox
            .args(["serve", "--config"])
            .arg(file("sandbox.toml"))
            .current_dir(root);
        processes.start("sandbox", sandbox)?;
        let mut edge = run::command(workerd::program(environment)?);
        processes.start("edge", edge.arg("serve").arg(config).current_dir(root))?;

        let answers = [
            ("matcher", format!("http://127.0.0.1:{}/healthz", ports.matcher)),
            ("sandbox", format!("http://127.0.0.1:{}/healthz", ports.sandbox)),
            ("edge", environment.public.probe(ports.edge)),
        ];
        let runs = |name: &str| parts == Parts::All || name != "matcher";
        for (name, url) in answers.iter().filter(|(name, _)| runs(name)) {
            say::step(format_args!("Waiting for {name}"));
            let healthy = processes.wait(HEALTHY_WITHIN, stop, || health::answers(url))?;
            if stop.load(Ordering::Relaxed) {
                return Ok(None);
            }
            if !healthy {
                return Err(Failure::new(
                    format!("{name} does not answer"),
                    format!("{url} gave no success within {} s", HEALTHY_WITHIN.as_secs()),
                    format!("read what {name} said above"),
                ));
            }
        }
        Ok(Some(Self { processes }))
    }

    /// Waits until `stop` is set, or fails when a part ends by itself.
    pub(crate) fn wait(&mut self, stop: &AtomicBool) -> Outcome {
        self.processes.wait(Duration::MAX, stop, || false).map(drop)
    }
}

/// Sets up, builds and runs an instance until it is asked to stop.
pub(crate) fn run(environment: &Environment, profile: Profile) -> Outcome {
    if profile == Profile::Development {
        environment.public.require_loopback()?;
    }
    // What would hinder the start is said before the minutes that set-up and build may take.
    let home = Home::take(&environment.home)?;
    address::require_free(environment)?;
    health::require_means(&environment.public.probe(environment.ports.edge))?;
    let wasm = setup::for_build(environment)?;
    models::require(&models::fetch(environment))?;
    let claim = claim::build_directories(environment)?;
    build::build(environment, &wasm, profile, &Part::INSTANCE)?;

    let stop = stop_flag()?;
    home.share_with_parts()?;
    if let Some(mut instance) = Instance::start(environment, profile, Parts::All, Log::Terminal, &stop)? {
        // Programs that run need their files no more.
        drop(claim);
        let bank = format!("http://localhost:{}", environment.ports.sandbox);
        say::result(format_args!("\n  The demo bank, where to begin:  {bank}"));
        say::result(format_args!(
            "  Tanu:                           {}",
            environment.public.origin(environment.ports.edge)
        ));
        say::result(format_args!(
            "  The matcher:                    http://127.0.0.1:{}",
            environment.ports.matcher
        ));
        say::result(format_args!(
            "\n  Stored in {}; Ctrl-C stops everything.\n",
            environment.home.display()
        ));
        instance.wait(&stop)?;
    }
    say::done("Stopped");
    Ok(())
}

/// What an instance for tests or measurements runs with: free ports, loopback, and a home folder that goes away with it.
pub(crate) struct OfItsOwn(Environment);

/// Such an environment, otherwise like this one.
pub(crate) fn of_its_own(environment: &Environment) -> Outcome<OfItsOwn> {
    let [edge, matcher, sandbox] = address::free_ports()?;
    let home = std::env::temp_dir().join(format!("tanu-instance-{}", std::process::id()));
    make_private(&home)?;
    Ok(OfItsOwn(Environment {
        home,
        ports: Ports { edge, matcher, sandbox },
        public: PublicAddress::loopback(),
        ..environment.clone()
    }))
}

impl OfItsOwn {
    /// The environment to run with.
    pub(crate) fn environment(&self) -> &Environment {
        &self.0
    }
}

impl Drop for OfItsOwn {
    fn drop(&mut self) {
        // It holds nothing that anyone needs after; what cannot be removed is the system's to tidy.
        let _ = std::fs::remove_dir_all(&self.0.home);
    }
}

/// A flag that Ctrl-C and the usual requests to end set.
pub(crate) fn stop_flag() -> Outcome<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [
        signal_hook::consts::SIGINT,
        signal_hook::consts::SIGTERM,
        signal_hook::consts::SIGHUP,
    ] {
        signal_hook::flag::register(signal, Arc::clone(&flag))
            .map_err(|error| Failure::new("Ctrl-C could not be listened for", error, "try again"))?;
    }
    Ok(flag)
}

/// Keys, certificates and configuration: made at the first start, kept after.
fn init(environment: &Environment, profile: Profile) -> Outcome {
    let ports = environment.ports;
    let mut init = run::command(build::program(environment, profile, "tanu-sandbox"));
    init.arg("init")
        .arg("--home")
        .arg(&environment.home)
        .arg("--root")
        .arg(&environment.root);
    init.args(["--edge-origin", &environment.public.origin(ports.edge)]);
    init.args(["--matcher", &format!("127.0.0.1:{}", ports.matcher)]);
    init.args(["--listen", &format!("127.0.0.1:{}", ports.sandbox)]);
    if environment.data.is_dir() {
        init.arg("--data").arg(&environment.data);
    }
    for (variable, option) in [
        ("TANU_SESSION_SECONDS", "--session-seconds"),
        ("TANU_STEP_SECONDS", "--step-seconds"),
    ] {
        if let Ok(seconds) = std::env::var(variable) {
            init.args([option, &seconds]);
        }
    }
    make_private(&environment.home)?;
    run::captured(
        &mut init,
        "The test environment could not be made",
        format!(
            "read the reason above; {} holds what was stored so far",
            environment.home.display()
        )
        .as_str(),
    )
    .map(drop)
}
