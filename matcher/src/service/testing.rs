//! A matcher whose models, clock and state database are scripts.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use base64ct::{Base64, Encoding};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::SigningKey;
use serde::{Deserialize, Serialize};
use tanu_liveness::policy::Policy;
use tanu_protocol::capture::{CapturedFrame, ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::{Command, IssuedStep, Plan, StepIndex};
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{CONSENT_TYPE, ConsentRecord, RULE_SET};
use tanu_protocol::identity::{Customer, IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus};
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::language::{Language, Localized};
use tanu_protocol::matcher::{ConcludeRun, OpenSession, StepSubmission};
use tanu_protocol::observation::testing::resting_face;
use tanu_protocol::observation::{FaceObservation, FrameObservation};
use tanu_protocol::session::DataItem;
use tanu_protocol::similarity::Similarity;
use tanu_protocol::state_database::{ReferenceAnswer, ReferenceQuery};
use tanu_vision::{Embedding, Examination};

use super::{Matcher, Unwritten};
use crate::eds::Eds;
use crate::host::Host;
use crate::host::testing::TestHost;
use crate::inference::{Examine, Pool, Unexamined};
use crate::register::{CheckpointSigner, Register};
use crate::sealing::MasterKey;
use crate::state_database::{StateDatabase, Unavailable};
use crate::store::SqliteStore;

pub(crate) const PERSON: &str = "880229100014";
const JPEG: &[u8] = &[0xff, 0xd8, 0xff];

/// A picture that says what it shows.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Picture {
    /// Makes pictures differ that show the same.
    pub(crate) number: u64,
    pub(crate) faces: u8,
    pub(crate) person: u8,
    pub(crate) face: Option<FaceObservation>,
}

impl Picture {
    /// Begins as a JPEG does.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        [JPEG, &serde_json::to_vec(self).unwrap()].concat()
    }

    /// A portrait for the state database.
    pub(crate) fn portrait(person: u8) -> Self {
        Self {
            number: 0,
            faces: 1,
            person,
            face: Some(face(0.0)),
        }
    }
}

/// Reads [`Picture`]s.
pub(crate) struct ReadsPictures;

impl Examine for ReadsPictures {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        let text = picture.strip_prefix(JPEG).ok_or(Unexamined::Damaged)?;
        let picture: Picture = serde_json::from_slice(text).map_err(|_| Unexamined::Damaged)?;
        Ok(Examination {
            embedding: picture.face.is_some().then(|| embedding(picture.person)),
            observation: FrameObservation::new(t_ms, picture.faces, picture.face),
            texture: None,
        })
    }
}

fn embedding(person: u8) -> Embedding {
    let mut numbers = vec![0.01; Embedding::LENGTH];
    numbers[usize::from(person)] = 1.0;
    Embedding::from_slice(&numbers).unwrap()
}

/// A face at rest, moved a little as a living one is.
fn face(sway: f32) -> FaceObservation {
    let mut face = resting_face();
    face.bounds.x += 0.01 * sway;
    face.pose.yaw = sway;
    face.pose.pitch = 0.5 * sway;
    face
}

/// What the citizen in front of the camera does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acting {
    /// What is asked.
    AsAsked(u8),
    /// Nothing.
    Idle(u8),
}

/// Pictures at 10 a second over four seconds: at rest, there and back over one second, at rest.
pub(crate) fn pictures(command: Command, acting: Acting) -> Vec<Picture> {
    (0..40u8)
        .map(|n| {
            let t = f32::from(n) / 10.0;
            let (person, moved) = match acting {
                Acting::AsAsked(person) => (person, (1.0 - ((t - 2.0).abs() / 0.6)).clamp(0.0, 1.0)),
                Acting::Idle(person) => (person, 0.0),
            };
            let mut face = face(0.6 * (t * 5.0).sin());
            match command {
                Command::TurnLeft => face.pose.yaw += 25.0 * moved,
                Command::TurnRight => face.pose.yaw -= 25.0 * moved,
                Command::LookUp => face.pose.pitch += 16.0 * moved,
                Command::LookDown => face.pose.pitch -= 16.0 * moved,
                Command::Blink => {
                    face.eye_left -= 0.9 * moved;
                    face.eye_right -= 0.9 * moved;
                }
                Command::OpenMouth => face.mouth += 0.6 * moved,
                Command::ComeCloser => face.scale *= 1.0 + 0.3 * moved,
            }
            Picture {
                number: u64::from(n),
                faces: 1,
                person,
                face: Some(face),
            }
        })
        .collect()
}

/// A state database that answers what it is told to; silent at first.
#[derive(Default)]
pub(crate) struct ScriptedState(Mutex<Option<ReferenceAnswer>>);

impl ScriptedState {
    pub(crate) fn say(&self, answer: Option<ReferenceAnswer>) {
        *self.0.lock().unwrap() = answer;
    }
}

impl StateDatabase for Arc<ScriptedState> {
    fn reference(&self, _: &ReferenceQuery) -> Result<ReferenceAnswer, Unavailable> {
        self.0.lock().unwrap().clone().ok_or(Unavailable::Silent)
    }
}

/// The state database's answer: the portrait of `person`, on a document in force.
pub(crate) fn reference(person: u8) -> ReferenceAnswer {
    ReferenceAnswer::Found {
        photo: Picture::portrait(person).bytes(),
        document: IdentityDocument {
            kind: IdentityDocumentKind::IdentityCard,
            number: "012345678".into(),
            issued_on: date(2020, 1, 1),
            valid_until: date(2030, 1, 1),
            status: IdentityDocumentStatus::Valid,
        },
    }
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

pub(crate) fn master(seed: u8) -> MasterKey {
    MasterKey::from_base64(&Base64::encode_string(&[seed; 32])).unwrap()
}

/// With a certificate that is in force for ever.
pub(crate) fn eds(signer: JwsSigner) -> Eds {
    Eds::new(signer, Timestamp::MAX)
}

pub(crate) fn checkpoints() -> CheckpointSigner {
    CheckpointSigner {
        origin: "test".into(),
        signer: eds(JwsSigner::new(key(3))),
        accepted: vec![*key(3).verifying_key()],
    }
}

/// A matcher and what stands around it.
pub(crate) struct Fixture {
    pub(crate) host: Arc<TestHost>,
    pub(crate) store: Arc<SqliteStore>,
    pub(crate) state: Arc<ScriptedState>,
    pub(crate) matcher: Arc<Matcher>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let host = Arc::new(TestHost::new());
        let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
        Self::over(host, store)
    }

    pub(crate) fn over(host: Arc<TestHost>, store: SqliteStore) -> Self {
        Self::with_examiner(host, store, Arc::new(ReadsPictures))
    }

    pub(crate) fn with_examiner(host: Arc<TestHost>, store: SqliteStore, examiner: Arc<dyn Examine>) -> Self {
        let store = Arc::new(store);
        let state = Arc::new(ScriptedState::default());
        let matcher = Matcher {
            host: Arc::clone(&host) as _,
            store: Arc::clone(&store) as _,
            templates: Arc::clone(&store) as _,
            unwritten: Unwritten::default(),
            register: Register::open(&*store, checkpoints(), host.now()).unwrap(),
            pool: Pool::start(examiner, NonZeroUsize::new(2).unwrap(), 200).unwrap(),
            models: vec![Sha256Digest::of(b"model")],
            embedder: Sha256Digest::of(b"embedder"),
            state_database: Box::new(Arc::clone(&state)),
            state_database_name: "Жеке тұлғалар".into(),
            master: master(1),
            provider: eds(JwsSigner::new(key(3))),
            edge_signing: *key(2).verifying_key(),
            policy: Policy::default(),
            threshold: Similarity::new(0.325).unwrap(),
            virtual_cameras: false,
        };
        Self {
            host,
            store,
            state,
            matcher: Arc::new(matcher),
        }
    }
}

/// What the edge knows of a session.
#[derive(Clone)]
pub(crate) struct Edge {
    pub(crate) session: SessionId,
    pub(crate) transaction: TransactionHash,
    pub(crate) now: Timestamp,
    seed: u8,
}

pub(crate) const COMMANDS: [Command; 3] = [Command::TurnLeft, Command::Blink, Command::OpenMouth];

pub(crate) fn plan() -> Plan {
    Plan::new(COMMANDS.to_vec()).unwrap()
}

impl Edge {
    pub(crate) fn new(fixture: &Fixture, seed: u8) -> Self {
        Self {
            session: SessionId::from_bytes([seed; 16]),
            transaction: TransactionHash::from_bytes([seed; 32]),
            now: fixture.host.now(),
            seed,
        }
    }

    pub(crate) fn customer() -> Customer {
        Customer {
            client_id: "demo-bank".into(),
            name: text("Bank"),
            bin: "490140000012".parse().unwrap(),
        }
    }

    pub(crate) fn consent(&self, agreed: bool, template: bool) -> ConsentRecord {
        ConsentRecord {
            session: self.session,
            transaction: self.transaction,
            person: Some(PERSON.parse().unwrap()),
            customer: Self::customer(),
            purpose: text("Sign in"),
            data: vec![DataItem::Face],
            retention_days: 30,
            template,
            language: Language::En,
            agreed,
            at: self.now,
            rule_set: RULE_SET.into(),
        }
    }

    pub(crate) fn open_with(&self, consent: &ConsentRecord, signer: u8) -> OpenSession {
        OpenSession {
            session: self.session,
            transaction: self.transaction,
            person: Some(PERSON.parse::<Iin>().unwrap()),
            customer: Self::customer(),
            consent: Some(JwsSigner::new(key(signer)).sign(CONSENT_TYPE, consent).unwrap()),
        }
    }

    pub(crate) fn open(&self) -> OpenSession {
        self.open_with(&self.consent(true, true), 2)
    }

    pub(crate) fn issued(&self, run: u8, step: u8) -> IssuedStep {
        IssuedStep {
            session: self.session,
            transaction: self.transaction,
            index: StepIndex { run, step },
            of: u8::try_from(COMMANDS.len()).unwrap(),
            command: COMMANDS[usize::from(step)],
            nonce: nonce(self.seed, run, step),
            issued_at: self.now - SignedDuration::from_secs(10),
            deadline: self.now + SignedDuration::from_secs(10),
        }
    }

    pub(crate) fn frames(&self, step: u8, acting: Acting) -> Vec<CapturedFrame> {
        (0u32..)
            .zip(pictures(COMMANDS[usize::from(step)], acting))
            .map(|(sequence, picture)| CapturedFrame {
                sequence,
                time_us: u64::from(sequence) * 100_000,
                jpeg: picture.bytes(),
            })
            .collect()
    }

    pub(crate) fn capture(&self, run: u8, step: u8, frames: Vec<CapturedFrame>) -> StepCapture {
        StepCapture::seal(
            &self.transaction,
            self.issued(run, step).nonce,
            ClientReportedCamera::Device,
            frames,
        )
    }

    pub(crate) fn submit(&self, run: u8, step: u8, capture: &StepCapture) -> StepSubmission {
        StepSubmission {
            issued: self.issued(run, step),
            plan: plan(),
            received_at: self.now,
            capture: capture.encode().unwrap(),
        }
    }

    pub(crate) fn step(&self, run: u8, step: u8, acting: Acting) -> StepSubmission {
        self.submit(run, step, &self.capture(run, step, self.frames(step, acting)))
    }

    pub(crate) fn conclude(&self, run: u8, steps: u8) -> ConcludeRun {
        ConcludeRun {
            issued: (0..steps).map(|step| self.issued(run, step)).collect(),
            plan: plan(),
            ended: None,
        }
    }

    /// A whole run in front of the matcher.
    pub(crate) fn run(&self, fixture: &Fixture, run: u8, acting: Acting) -> bool {
        for step in 0..3 {
            let index = StepIndex { run, step };
            fixture
                .matcher
                .judge_step(&self.session, index, &self.step(run, step, acting))
                .unwrap();
        }
        fixture
            .matcher
            .conclude_run(&self.session, run, &self.conclude(run, 3))
            .unwrap()
            .passed
    }
}

fn nonce(seed: u8, run: u8, step: u8) -> Nonce {
    let mut bytes = [0; 32];
    bytes[..3].copy_from_slice(&[seed, run, step]);
    Nonce::from_bytes(bytes)
}

fn text(text: &str) -> Localized {
    Localized {
        kk: text.into(),
        ru: text.into(),
        en: text.into(),
    }
}
