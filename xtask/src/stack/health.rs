//! Whether a part answers.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use crate::failure::{Failure, Outcome};
use crate::run;

/// What asks over TLS.
const CURL: &str = "curl";
const PATIENCE: Duration = Duration::from_secs(2);

/// Refuses an address that this machine has no means to ask.
pub(crate) fn require_means(url: &str) -> Outcome {
    means(url, run::exists(Path::new(CURL)))
}

fn means(url: &str, has_curl: bool) -> Outcome {
    if url.starts_with("http://") || has_curl {
        return Ok(());
    }
    Err(Failure::new(
        "With TLS the start needs curl",
        format!("it asks {url} whether the edge is healthy, and there is no {CURL}"),
        format!("install {CURL}, then try again"),
    ))
}

/// Whether a GET of this address on this machine succeeds.
pub(crate) fn answers(url: &str) -> bool {
    match url.strip_prefix("http://") {
        Some(rest) => plain(rest).unwrap_or(false),
        // Loopback, and only whether it answers: whose certificate it shows is not asked here.
        None => run::within(
            run::command(CURL).args(["--silent", "--fail", "--insecure", url]),
            PATIENCE,
        ),
    }
}

fn plain(rest: &str) -> Option<bool> {
    let (host, path) = rest.split_once('/')?;
    let address: SocketAddr = host.parse().ok()?;
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut start = [0; 12];
    stream.read_exact(&mut start).ok()?;
    Some(&start == b"HTTP/1.1 200" || &start == b"HTTP/1.1 204")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with a status; gives whether that counts as healthy.
    fn with_status(status: &'static str) -> bool {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/healthz", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).unwrap();
            assert!(request[..length].starts_with(b"GET /healthz HTTP/1.1\r\n"));
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let answered = answers(&url);
        server.join().unwrap();
        answered
    }

    #[test]
    fn only_success_is_healthy() {
        assert!(with_status("200 OK"));
        assert!(!with_status("503 Service Unavailable"));
    }

    #[test]
    fn without_curl_tls_is_refused_before_anything_starts() {
        assert!(means("http://127.0.0.1:8787/healthz", false).is_ok());
        assert!(means("https://127.0.0.1:443/healthz", true).is_ok());
        let refused = means("https://127.0.0.1:443/healthz", false).unwrap_err().to_string();
        assert!(refused.contains("install curl"), "{refused}");
    }

    #[test]
    fn nobody_there_is_not_healthy() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/healthz", listener.local_addr().unwrap());
        drop(listener);
        assert!(!answers(&url));
    }
}
