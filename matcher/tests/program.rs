//! The program as it is started: with sound configuration it serves, without it says why and ends.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skipped"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use base64ct::{Base64, Encoding};
use p256::ecdsa::SigningKey;
use p256::pkcs8::{EncodePrivateKey, EncodePublicKey, LineEnding};

/// A folder with configuration and keys.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        let home = Self(tempfile::tempdir().unwrap());
        for (seed, name) in (1u8..).zip(["channel", "edge-channel", "edge-signing", "provider", "state"]) {
            let key = SigningKey::from_slice(&[seed; 32]).unwrap();
            let private = key.to_pkcs8_pem(LineEnding::LF).unwrap();
            home.write(&format!("{name}.pem"), &private);
            let public = key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap();
            home.write(&format!("{name}.pub.pem"), &public);
            if name == "provider" {
                let pair = rcgen::KeyPair::from_pem(&private).unwrap();
                let certificate = rcgen::CertificateParams::new(Vec::new())
                    .unwrap()
                    .self_signed(&pair)
                    .unwrap();
                home.write("provider.chain.pem", &certificate.pem());
            }
        }
        home.write("master.key", &Base64::encode_string(&[7; 32]));
        home.configure("");
        home
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    /// Writes the configuration, `top` before all else.
    fn configure(&self, top: &str) {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut text = top.to_owned();
        if !top.contains("listen") {
            text.push_str("listen = \"127.0.0.1:0\"\n");
        }
        write!(
            text,
            r#"
environment = "test"
database = "matcher.sqlite"
[keys]
channel_private = "channel.pem"
edge_channel_public = "edge-channel.pub.pem"
edge_signing_public = "edge-signing.pub.pem"
provider_key = "provider.pem"
provider_chain = "provider.chain.pem"
master_key = "master.key"
[state_database]
url = "http://127.0.0.1:9"
name = "Жеке тұлғалар"
channel_public = "state.pub.pem"
[register]
origin = "test"
[models]
root = "{}"
"#,
            root.display()
        )
        .unwrap();
        self.write("matcher.toml", &text);
    }

    fn start(&self) -> Child {
        Command::new(env!("CARGO_BIN_EXE_tanu-matcher"))
            .arg("--config")
            .arg(self.0.path().join("matcher.toml"))
            .env_remove("RUST_LOG")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// What a start that must fail says.
    fn refusal(&self) -> String {
        let output = self.start().wait_with_output().unwrap();
        assert!(!output.status.success());
        String::from_utf8(output.stderr).unwrap()
    }
}

fn models_are_there(name: &str) -> bool {
    let store = tanu_models::Store::from_environment(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
    let missing = tanu_models::ModelId::ALL
        .into_iter()
        .find_map(|id| store.locate(id).err());
    if let Some(why) = &missing {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{name}: {why}");
        println!("skipped: {name}: {why}");
    }
    missing.is_none()
}

#[test]
fn it_serves_stops_on_a_signal_and_starts_again_over_the_same_store() {
    if !models_are_there("it_serves_stops_on_a_signal_and_starts_again_over_the_same_store") {
        return;
    }
    let home = Home::new();
    for _ in 0..2 {
        let mut child = home.start();
        // Kept open until the end: the program goes on writing to it.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
        let serving = lines.find(|line| line.contains("serving")).unwrap();
        let address = serving.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        let mut answer = ureq::get(format!("http://{address}/healthz")).call().unwrap();
        assert_eq!(answer.body_mut().read_to_string().unwrap(), "ok");
        let stopped = Command::new("kill").arg(child.id().to_string()).status().unwrap();
        assert!(stopped.success());
        assert!(lines.any(|line| line.contains("stopping")));
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn bnk_15_it_does_not_listen_beyond_loopback_without_tls() {
    let home = Home::new();
    home.configure("listen = \"0.0.0.0:0\"\n");
    assert!(home.refusal().contains("BNK-15"));
}

#[test]
fn bnk_7_production_with_virtual_cameras_does_not_start() {
    let home = Home::new();
    home.configure("virtual_cameras = true\n");
    let test = std::fs::read_to_string(home.0.path().join("matcher.toml")).unwrap();
    home.write(
        "matcher.toml",
        &test.replace("\"test\"\ndatabase", "\"production\"\ndatabase"),
    );
    assert!(home.refusal().contains("BNK-7"));
}

#[test]
fn a_broken_or_missing_key_is_named_and_not_repeated() {
    let home = Home::new();
    home.write("master.key", "c2VjcmV0");
    let refusal = home.refusal();
    assert!(
        refusal.contains("master.key") && !refusal.contains("c2VjcmV0"),
        "{refusal}"
    );
    let home = Home::new();
    std::fs::remove_file(home.0.path().join("edge-channel.pub.pem")).unwrap();
    assert!(home.refusal().contains("edge-channel.pub.pem"));
}
