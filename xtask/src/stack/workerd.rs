//! The configuration with which plain workerd runs the edge functions.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::build::files;
use crate::environment::Environment;
use crate::failure::{Failure, Outcome};
use crate::stack::address::Tls;

/// The date whose behaviour of the runtime the worker was written for.
const COMPATIBILITY_DATE: &str = "2026-05-01";

/// The worker's Durable Objects: binding and class. The key of a class's storage is derived from the class's name and may
/// never change, or what was stored is lost.
const DURABLE_OBJECTS: [(&str, &str); 2] = [("SESSION", "SessionObject"), ("BUDGET", "BudgetObject")];

/// The worker's texts: binding, and the file of the home folder that it is read from.
const TEXTS: [(&str, &str); 5] = [
    ("CONFIG", "config/edge.json"),
    ("EDGE_SIGNING_KEY", "keys/edge-signing.pem"),
    ("EDGE_CHANNEL_KEY", "keys/edge-channel.pem"),
    ("MATCHER_CHANNEL_KEY", "keys/matcher-channel.pub.pem"),
    ("SUBJECT_KEY", "keys/subject.key"),
];

/// Writes `workerd/config.capnp` in the home folder, with the worker beside it; gives its path.
pub(crate) fn configure(environment: &Environment) -> Outcome<PathBuf> {
    let directory = environment.home.join("workerd");
    for file in ["index.js", "index_bg.wasm"] {
        let built = files::read(&environment.root.join("edge-functions/build").join(file))?;
        files::write(&directory.join(file), &built)?;
    }
    if let Some(tls) = environment.public.tls() {
        link_tls(&directory, tls)?;
    }
    let storage = environment.home.join("edge");
    std::fs::create_dir_all(&storage).map_err(|error| {
        Failure::new(
            format!("{} cannot be made", storage.display()),
            error,
            "check its rights, or set TANU_HOME",
        )
    })?;
    let ports = environment.ports;
    let config = Config {
        listen: &environment.public.listen(ports.edge),
        tls: environment.public.tls().is_some(),
        matcher: &format!("127.0.0.1:{}", ports.matcher),
        assets: &environment.root.join("dist"),
        storage: &storage,
    };
    let path = directory.join("config.capnp");
    files::write(&path, config.text()?.as_bytes())?;
    Ok(path)
}

/// The runtime itself, from its npm package for this machine.
pub(crate) fn program(environment: &Environment) -> Outcome<PathBuf> {
    let (system, machine) = (std::env::consts::OS, std::env::consts::ARCH);
    let package = match (system, machine) {
        ("linux", "x86_64") => "workerd-linux-64",
        ("linux", "aarch64") => "workerd-linux-arm64",
        ("macos", "x86_64") => "workerd-darwin-64",
        ("macos", "aarch64") => "workerd-darwin-arm64",
        _ => {
            return Err(Failure::new(
                "There is no workerd for this machine",
                format!("it is {machine} with {system}"),
                "use Linux or macOS on x86-64 or ARM64",
            ));
        }
    };
    Ok(environment.npm("@cloudflare").join(package).join("bin/workerd"))
}

/// The names of key and certificate beside the configuration.
const TLS_FILES: [&str; 2] = ["tls.key.pem", "tls.chain.pem"];

struct Config<'a> {
    listen: &'a str,
    tls: bool,
    matcher: &'a str,
    assets: &'a Path,
    storage: &'a Path,
}

impl Config<'_> {
    /// The Cap'n Proto text, for a file one folder below the home folder. Secrets are named, never copied.
    fn text(&self) -> Outcome<String> {
        let mut bindings = String::new();
        for (name, file) in TEXTS {
            let file = quoted(&format!("../{file}"));
            line(
                &mut bindings,
                &format!("(name = {}, text = embed {file})", quoted(name)),
            );
        }
        for (name, class) in DURABLE_OBJECTS {
            line(
                &mut bindings,
                &format!("(name = {}, durableObjectNamespace = {})", quoted(name), quoted(class)),
            );
        }
        for (name, service) in [("ASSETS", "assets"), ("MATCHER", "matcher")] {
            line(
                &mut bindings,
                &format!("(name = {}, service = {})", quoted(name), quoted(service)),
            );
        }
        let mut namespaces = String::new();
        for (_, class) in DURABLE_OBJECTS {
            let key = format!("tanu.{class}");
            line(
                &mut namespaces,
                &format!(
                    "(className = {}, uniqueKey = {}, enableSql = true)",
                    quoted(class),
                    quoted(&key)
                ),
            );
        }
        Ok(format!(
            r#"# Written at each start.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "assets", disk = (path = {assets})),
    (name = "storage", disk = (path = {storage}, writable = true)),
    (name = "matcher", external = (address = {matcher}, http = ())),
    # What the worker's own requests would go through: it has none, and may reach no address.
    (name = "internet", network = (allow = [])),
  ],
  sockets = [
    (name = "public", address = {listen}, {protocol}, service = "edge"),
  ],
);

const edge :Workerd.Worker = (
  modules = [
    (name = "index.js", esModule = embed "index.js"),
    (name = "./index_bg.wasm", wasm = embed "index_bg.wasm"),
  ],
  compatibilityDate = {date},
  bindings = [
{bindings}  ],
  durableObjectNamespaces = [
{namespaces}  ],
  durableObjectStorage = (localDisk = "storage"),
);
"#,
            assets = quoted(&path(self.assets)?),
            storage = quoted(&path(self.storage)?),
            matcher = quoted(self.matcher),
            listen = quoted(self.listen),
            protocol = self.protocol(),
            date = quoted(COMPATIBILITY_DATE),
        ))
    }

    fn protocol(&self) -> String {
        if !self.tls {
            return "http = ()".to_owned();
        }
        let [key, certificate] = TLS_FILES.map(quoted);
        format!(
            "https = (options = (), tlsOptions = (keypair = (privateKey = embed {key}, certificateChain = embed {certificate})))"
        )
    }
}

/// Links the key and the certificate to where the configuration finds them.
fn link_tls(directory: &Path, tls: &Tls) -> Outcome {
    for (name, file) in TLS_FILES.into_iter().zip([&tls.key, &tls.certificate]) {
        // Read here, so that a wrong path is named by this program and not by workerd.
        files::read(file)?;
        let link = directory.join(name);
        // It may not be there yet.
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(file, &link)
            .map_err(|error| Failure::new(format!("{} cannot be made", link.display()), error, "check its rights"))?;
    }
    Ok(())
}

fn line(text: &mut String, content: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "    {content},");
}

fn path(path: &Path) -> Outcome<String> {
    path.to_str().map(str::to_owned).ok_or_else(|| {
        Failure::new(
            format!("{} cannot be written into the configuration", path.display()),
            "it is not UTF-8",
            "rename it",
        )
    })
}

/// A text as Cap'n Proto writes it.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn config(tls: bool) -> String {
        let config = Config {
            listen: "127.0.0.1:8787",
            tls,
            matcher: "127.0.0.1:8788",
            assets: Path::new("/repo/dist"),
            storage: Path::new("/repo/.tanu/edge"),
        };
        config.text().unwrap()
    }

    #[test]
    fn the_configuration_is_this() {
        expect![[r##"
            # Written at each start.
            using Workerd = import "/workerd/workerd.capnp";

            const config :Workerd.Config = (
              services = [
                (name = "edge", worker = .edge),
                (name = "assets", disk = (path = "/repo/dist")),
                (name = "storage", disk = (path = "/repo/.tanu/edge", writable = true)),
                (name = "matcher", external = (address = "127.0.0.1:8788", http = ())),
                # What the worker's own requests would go through: it has none, and may reach no address.
                (name = "internet", network = (allow = [])),
              ],
              sockets = [
                (name = "public", address = "127.0.0.1:8787", http = (), service = "edge"),
              ],
            );

            const edge :Workerd.Worker = (
              modules = [
                (name = "index.js", esModule = embed "index.js"),
                (name = "./index_bg.wasm", wasm = embed "index_bg.wasm"),
              ],
              compatibilityDate = "2026-05-01",
              bindings = [
                (name = "CONFIG", text = embed "../config/edge.json"),
                (name = "EDGE_SIGNING_KEY", text = embed "../keys/edge-signing.pem"),
                (name = "EDGE_CHANNEL_KEY", text = embed "../keys/edge-channel.pem"),
                (name = "MATCHER_CHANNEL_KEY", text = embed "../keys/matcher-channel.pub.pem"),
                (name = "SUBJECT_KEY", text = embed "../keys/subject.key"),
                (name = "SESSION", durableObjectNamespace = "SessionObject"),
                (name = "BUDGET", durableObjectNamespace = "BudgetObject"),
                (name = "ASSETS", service = "assets"),
                (name = "MATCHER", service = "matcher"),
              ],
              durableObjectNamespaces = [
                (className = "SessionObject", uniqueKey = "tanu.SessionObject", enableSql = true),
                (className = "BudgetObject", uniqueKey = "tanu.BudgetObject", enableSql = true),
              ],
              durableObjectStorage = (localDisk = "storage"),
            );
        "##]]
        .assert_eq(&config(false));
    }

    #[test]
    fn bnk_15_with_a_key_and_a_certificate_the_socket_speaks_nothing_but_tls() {
        let text = config(true);
        let socket = text.lines().find(|line| line.contains("\"public\"")).unwrap();
        assert!(
            socket.contains("https = ") && socket.contains("privateKey = embed \"tls.key.pem\""),
            "{socket}"
        );
        assert!(!socket.contains("http = "), "{socket}");
    }

    #[test]
    fn no_path_can_end_its_text() {
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\n""#);
    }
}
