//! What several tests need: a folder that goes away, a moment, settings, a citizen, a picture, a server.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use axum::Router;
use image::ImageFormat;
use jiff::Timestamp;
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus};

use crate::citizen::Citizen;
use crate::citizen::photo::Photo;
use crate::home::configuration::Settings;
use crate::host::random;

/// 21 November 2026, noon in Greenwich.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_795_262_400, 0);

/// The settings of a test environment on the usual ports.
pub(crate) fn settings() -> Settings {
    Settings {
        edge_origin: "http://localhost:8787".parse().unwrap(),
        matcher: "127.0.0.1:8788".parse().unwrap(),
        listen: "127.0.0.1:8789".parse().unwrap(),
        bank_origin: "http://localhost:8789".parse().unwrap(),
        data: None,
        root: "/repository".into(),
        session_seconds: Settings::SESSION_SECONDS,
        step_seconds: Settings::STEP_SECONDS,
    }
}

/// A new folder, removed in the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        let name = u128::from_be_bytes(random::bytes().unwrap());
        let path = std::env::temp_dir().join(format!("tanu-sandbox-{name:032x}"));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A citizen with this number and a document in force.
pub(crate) fn citizen(iin: &str) -> Citizen {
    Citizen {
        iin: iin.parse().unwrap(),
        name: "Үлгі Азаматқызы".parse().unwrap(),
        document: IdentityDocument {
            kind: IdentityDocumentKind::IdentityCard,
            number: "012345678".into(),
            issued_on: jiff::civil::date(2024, 1, 1),
            valid_until: jiff::civil::date(2034, 1, 1),
            status: IdentityDocumentStatus::Valid,
        },
        photo: Photo::new(picture(320, 400, ImageFormat::Jpeg)).unwrap(),
    }
}

/// A picture of a colour gradient.
pub(crate) fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([(x % 256) as u8, (y % 256) as u8, 128])
    });
    let mut file = Cursor::new(Vec::new());
    picture.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// Routes served on a free port until dropped.
pub(crate) struct Serving {
    origin: String,
    task: tokio::task::JoinHandle<()>,
}

impl Serving {
    pub(crate) async fn start(routes: Router) -> Self {
        Self::start_at(|_| routes).await
    }

    /// Serves routes that must know their own origin.
    pub(crate) async fn start_at(routes: impl FnOnce(&str) -> Router) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let routes = routes(&origin);
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { origin, task }
    }

    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.task.abort();
    }
}
