//! The program as it is started: with sound configuration it serves, without it says why and ends.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says what it skipped"
)]

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Lines, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};

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

    /// The program with this configuration, which may say what to do.
    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tanu-matcher"));
        command
            .arg("--config")
            .arg(self.0.path().join("matcher.toml"))
            .env_remove("RUST_LOG")
            .stderr(Stdio::piped());
        command
    }

    fn start(&self) -> Child {
        self.command().spawn().unwrap()
    }

    /// What a start that must fail says.
    fn refusal(&self) -> String {
        let mut child = self.start();
        let mut said = String::new();
        for line in BufReader::new(child.stderr.take().unwrap()).lines() {
            said = said + &line.unwrap() + "\n";
            let serves = said.contains("address=");
            if serves {
                child.kill().unwrap();
            }
            assert!(!serves, "{said}");
        }
        assert!(!child.wait().unwrap().success());
        said
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

/// A matcher that serves.
struct Running {
    child: Child,
    /// Kept open until the end: the program goes on writing to it.
    lines: Lines<BufReader<ChildStderr>>,
    address: String,
}

impl Running {
    fn of(home: &Home) -> Self {
        let mut child = home.start();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let serving = lines.by_ref().map(Result::unwrap).find(|line| line.contains("serving"));
        let serving = serving.unwrap();
        let address = serving.split("address=").nth(1).unwrap().split(' ').next().unwrap();
        Self {
            child,
            lines,
            address: address.to_owned(),
        }
    }

    /// A connection on which `sent` was sent.
    fn connection(&self, sent: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.write_all(sent).unwrap();
        stream
    }

    /// Sends a signal; what the program says until its end, which must be a good one.
    fn stop(mut self, signal: &str) -> Vec<String> {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &id]).status().unwrap();
        assert!(sent.success());
        let said: Vec<String> = self.lines.by_ref().map(Result::unwrap).collect();
        assert!(self.child.wait().unwrap().success(), "{said:?}");
        said
    }
}

/// A test that failed leaves no program behind.
impl Drop for Running {
    fn drop(&mut self) {
        // Fails where it has ended already.
        let _ = self.child.kill();
    }
}

#[test]
fn it_serves_stops_on_a_signal_and_starts_again_over_the_same_store() {
    if !models_are_there("it_serves_stops_on_a_signal_and_starts_again_over_the_same_store") {
        return;
    }
    let home = Home::new();
    for signal in ["TERM", "INT"] {
        let running = Running::of(&home);
        let mut answer = ureq::get(format!("http://{}/healthz", running.address)).call().unwrap();
        assert_eq!(answer.body_mut().read_to_string().unwrap(), "ok");
        let said = running.stop(signal);
        assert!(said.iter().any(|line| line.contains("stopping")), "{said:?}");
    }
}

#[test]
fn connections_without_a_call_in_work_do_not_hold_its_end() {
    if !models_are_there("connections_without_a_call_in_work_do_not_hold_its_end") {
        return;
    }
    const HEALTH: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: matcher\r\n\r\n";
    const HALF_A_BODY: &[u8] =
        b"POST /v1/session HTTP/1.1\r\nHost: matcher\r\ntanu-request: x\r\nContent-Length: 9\r\n\r\n1234";
    let home = Home::new();
    let running = Running::of(&home);
    let (silent, half_a_head) = (running.connection(b""), running.connection(&HEALTH[..20]));
    let half_a_body = running.connection(HALF_A_BODY);
    let mut kept_alive = running.connection(HEALTH);
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok") {
        let mut bytes = [0; 1024];
        let read = kept_alive.read(&mut bytes).unwrap();
        assert_ne!(read, 0, "closed before its answer");
        answer.extend_from_slice(&bytes[..read]);
    }
    let said = running.stop("TERM");
    // It ended by itself, not because the time for calls in work was over.
    assert!(!said.iter().any(|line| line.contains("cut off")), "{said:?}");
    drop((silent, half_a_head, half_a_body, kept_alive));
}

#[test]
fn nbs_11_withdrawal_takes_the_iin_from_standard_input_and_repeats_no_digit_of_it() {
    let home = Home::new();
    let withdraw = |iin: &str| {
        let mut command = home.command();
        command.arg("withdraw").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(iin.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.success(), said)
    };
    let (well, said) = withdraw("900101300017\n");
    assert!(well && said.contains("no template"), "{said}");
    for wrong in ["900101300019", "x", ""] {
        let (well, said) = withdraw(wrong);
        assert!(!well && !said.is_empty() && !said.contains("900101"), "{said}");
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

#[test]
fn bnk_10_it_does_not_sign_with_a_key_that_its_certificate_is_not_of() {
    let home = Home::new();
    let other = SigningKey::from_slice(&[9; 32]).unwrap();
    home.write("provider.pem", &other.to_pkcs8_pem(LineEnding::LF).unwrap());
    let refusal = home.refusal();
    assert!(
        refusal.contains("provider.chain.pem") && refusal.contains("BNK-10"),
        "{refusal}"
    );
}
