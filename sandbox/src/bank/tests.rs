//! The bank over real HTTP.

mod pages;
mod sign_in;
mod tanu;

use axum::http::header;
use openidconnect::reqwest::{self, Client, Response};
use p256::ecdsa::SigningKey;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tanu_protocol::jws::JwsSigner;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::citizen::registry::Registry;
use crate::config::{Config, Listener};
use crate::home::{certificates, keys};
use crate::host::clock;
use crate::server;
use crate::store::Store;
use crate::testing::{Folder, Serving, citizen};

const IIN: &str = "880229100014";
const SECRET: &str = "the-secret";

/// A running bank with one citizen, and a browser without a cookie.
struct Fixture {
    server: Serving,
    browser: Client,
    citizens: Registry,
    /// Signs as the certified provider.
    provider: JwsSigner,
}

impl Fixture {
    /// A bank whose Tanu is at `issuer`.
    async fn new(issuer: &str) -> Self {
        let folder = Folder::new();
        certificates::ensure(folder.path(), clock::now()).unwrap();
        let file = |name| std::fs::read_to_string(folder.path().join(name)).unwrap();
        let chain: Vec<Vec<u8>> = CertificateDer::pem_slice_iter(file(certificates::PROVIDER_CHAIN).as_bytes())
            .map(|certificate| certificate.unwrap().to_vec())
            .collect();
        let provider = keys::read_private(&folder.path().join("provider.pem")).unwrap();
        let store = Store::in_memory().unwrap();
        let citizens = Registry::new(store.clone());
        citizens.add(citizen(IIN), clock::now()).await.unwrap();
        let server = Serving::start_at(|origin| {
            let config = Config {
                listener: Listener::Loopback("127.0.0.1:0".parse().unwrap()),
                issuer: issuer.parse().unwrap(),
                bank_origin: origin.parse().unwrap(),
                database: "unused".into(),
                portraits: None,
                client_id: "demo-bank".to_owned(),
                client_secret: Zeroizing::new(SECRET.to_owned()).into(),
                channel: JwsSigner::new(SigningKey::from_slice(&[2; 32]).unwrap()),
                matcher: *SigningKey::from_slice(&[1; 32]).unwrap().verifying_key(),
                authority: Authority::from_pem(&file(certificates::AUTHORITY)).unwrap(),
            };
            server::routes(&config, store).unwrap()
        })
        .await;
        Self {
            server,
            browser: Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            citizens,
            provider: JwsSigner::new(provider).with_certificates(&chain),
        }
    }

    fn address(&self, path: &str) -> String {
        format!("{}{path}", self.server.origin())
    }

    async fn get(&self, path: &str, cookie: &str) -> Response {
        let request = self.browser.get(self.address(path)).header(header::COOKIE, cookie);
        request.send().await.unwrap()
    }

    /// Brings an answer of Tanu's as a browser does: again under the cookie that it is given, where it is given one. Gives what
    /// comes of it, and the cookie.
    async fn bring(&self, query: &str, cookie: &str) -> (Response, String) {
        let answer = self.get(&format!("/callback?{query}"), cookie).await;
        if answer.status().as_u16() != 303 || !location(&answer).starts_with("/callback/") {
            return (answer, cookie.to_owned());
        }
        let renewed = super::tests::cookie(&answer);
        (self.get(location(&answer), &renewed).await, renewed)
    }
}

/// The cookie that an answer sets, as the browser sends it back.
fn cookie(answer: &Response) -> String {
    header_text(answer, "set-cookie").split(';').next().unwrap().to_owned()
}

fn location(response: &Response) -> &str {
    response.headers()[header::LOCATION].to_str().unwrap()
}

fn header_text<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}
