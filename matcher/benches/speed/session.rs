//! Whole sessions by the matcher's own calls: open, judge each step, conclude the run, compare. The store is a file, and the state
//! database answers at once; every other session compares with the template that the one before it left.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::SigningKey;
use tanu_liveness::policy::Policy;
use tanu_matcher::eds::Eds;
use tanu_matcher::host::{Host, SystemHost, random};
use tanu_matcher::inference::{Examine, Pool};
use tanu_matcher::register::{CheckpointSigner, Register};
use tanu_matcher::sealing::MasterKey;
use tanu_matcher::service::{Matcher, Unwritten};
use tanu_matcher::state_database::{StateDatabase, Unavailable};
use tanu_matcher::store::SqliteStore;
use tanu_models::{Manifest, ModelId};
use tanu_protocol::capture::{CapturedFrame, ClientReportedCamera, StepCapture};
use tanu_protocol::challenge::{IssuedStep, StepIndex};
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{CONSENT_TYPE, ComparisonResult, ConsentRecord, RULE_SET};
use tanu_protocol::identity::{Customer, IdentityDocument, IdentityDocumentKind, IdentityDocumentStatus};
use tanu_protocol::iin::Iin;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::language::{Language, Localized};
use tanu_protocol::matcher::{ConcludeRun, OpenSession, StepSubmission};
use tanu_protocol::session::DataItem;
use tanu_protocol::similarity::Similarity;
use tanu_protocol::state_database::{ReferenceAnswer, ReferenceQuery};
use tanu_vision::COMPARISON_THRESHOLD;

use crate::Error;
use crate::clock::{spent, waited};
use crate::figures::{beside, figure, spread};
use crate::film::Film;
use crate::pictures::Beside;

/// Of the sessions, how many are judged by one thread alone: one in this many.
const ON_ONE_CORE: usize = 5;

/// Milliseconds of each call of a session.
#[derive(Default)]
struct Times {
    open: f64,
    steps: Vec<f64>,
    conclude: f64,
    compare: f64,
}

impl Times {
    fn whole(&self) -> f64 {
        self.open + self.steps.iter().sum::<f64>() + self.conclude + self.compare
    }
}

/// Measures `sessions` sessions on all cores, and some on one.
pub(crate) fn measure(
    film: &Film,
    reference: Vec<u8>,
    examiner: Arc<dyn Examine>,
    sessions: usize,
    beside_us: Beside,
) -> Result<(), Error> {
    let folder = tempfile::tempdir()?;
    let cores = std::thread::available_parallelism()?;
    // The times of sessions, and milliseconds of processor time for each.
    let run = |threads: NonZeroUsize, sessions: usize| -> Result<(Vec<Times>, f64), Error> {
        let store = folder.path().join(format!("{threads}-{sessions}.sqlite"));
        let matcher = assemble(&store, Arc::clone(&examiner), threads, reference.clone())?;
        // The first one warms up.
        session(&matcher, film, person(sessions)?)?;
        let each = |number: usize| session(&matcher, film, person(number / 2)?);
        let (times, processor) = spent(|| (0..sessions).map(each).collect::<Result<Vec<_>, Error>>());
        Ok((times?, processor / sessions as f64))
    };

    let pictures = film.pictures().count();
    figure("session, steps", film.steps.len() as f64, "")?;
    figure("session, pictures", pictures as f64, "")?;
    let (_, ours) = run(NonZeroUsize::MIN, sessions.div_ceil(ON_ONE_CORE))?;
    let peer = beside_us.map(|picture| picture * pictures as f64);
    beside("session, verdict and comparison", ours, peer)?;
    figure("sessions a second and core, ours", 1000.0 / ours, "")?;
    if let Some(peer) = peer {
        figure("sessions a second and core, onnxruntime", 1000.0 / peer, "")?;
    }

    let (all, _) = run(cores, sessions)?;
    let of = |times: fn(&Times) -> f64| all.iter().map(times).collect::<Vec<_>>();
    let on = format!("on {cores} cores");
    let steps: Vec<f64> = all.iter().flat_map(|times| times.steps.iter().copied()).collect();
    spread(&format!("server time of a step {on}"), &steps)?;
    spread(
        &format!("server time of a conclusion {on}"),
        &of(|times| times.conclude),
    )?;
    spread(&format!("server time of a comparison {on}"), &of(|times| times.compare))?;
    spread(&format!("server time of a session {on}"), &of(Times::whole))?;
    Ok(())
}

/// The IIN of one of a thousand people who don't exist: its seventh digit says that they were born in the nineteenth century.
fn person(number: usize) -> Result<Iin, Error> {
    (10 * number..10 * number + 10)
        .flat_map(|serial| (0..10).map(move |check| format!("8802291{serial:04}{check}")))
        .find_map(|iin| iin.parse().ok())
        .ok_or_else(|| format!("there is no person {number}").into())
}

/// A session from its opening to its outcome.
fn session(matcher: &Matcher, film: &Film, person: Iin) -> Result<Times, Error> {
    let session = SessionId::from_bytes(random(&SystemHost)?);
    let transaction = TransactionHash::from_bytes(random(&SystemHost)?);
    let mut times = Times::default();
    let request = opening(session, transaction, person)?;
    let (opened, ms) = waited(|| matcher.open_session(&request));
    opened?;
    times.open = ms;

    let planned = u8::try_from(film.steps.len())?;
    let mut all_issued = Vec::new();
    for (step, (pictures, command)) in (0..planned).zip(film.steps.iter().zip(film.plan.commands())) {
        let last = pictures.last().map_or(0, |picture| picture.time_us);
        let received_at = SystemHost.now();
        let issued = IssuedStep {
            session,
            transaction,
            index: StepIndex { run: 0, step },
            of: planned,
            command: *command,
            nonce: Nonce::from_bytes(random(&SystemHost)?),
            issued_at: received_at - SignedDuration::from_micros(i64::try_from(last)?),
            deadline: received_at + SignedDuration::from_secs(10),
        };
        let frames = (0u32..).zip(pictures).map(|(sequence, picture)| CapturedFrame {
            sequence,
            time_us: picture.time_us,
            jpeg: picture.jpeg.clone(),
        });
        let capture = StepCapture::seal(
            &transaction,
            issued.nonce,
            ClientReportedCamera::Virtual,
            frames.collect(),
        );
        let submission = StepSubmission {
            issued: issued.clone(),
            plan: film.plan.clone(),
            received_at,
            capture: capture.encode()?,
        };
        let (verdict, ms) = waited(|| matcher.judge_step(&session, issued.index, &submission));
        let mismatches = verdict?.mismatches;
        if !mismatches.is_empty() {
            return Err(format!("the film's step {step} does not pass: {mismatches:?}").into());
        }
        times.steps.push(ms);
        all_issued.push(issued);
    }

    let request = ConcludeRun {
        issued: all_issued,
        plan: film.plan.clone(),
        ended: None,
    };
    let (verdict, ms) = waited(|| matcher.conclude_run(&session, 0, &request));
    let verdict = verdict?;
    if !verdict.passed {
        return Err(format!("the film's run does not pass: {:?}", verdict.mismatches).into());
    }
    times.conclude = ms;
    let (verdict, ms) = waited(|| matcher.compare(&session));
    let outcome = verdict?.outcome;
    if outcome != ComparisonResult::Matched {
        return Err(format!("the film's face is not that of the reference: {outcome:?}").into());
    }
    times.compare = ms;
    Ok(times)
}

fn opening(session: SessionId, transaction: TransactionHash, person: Iin) -> Result<OpenSession, Error> {
    let customer = Customer {
        client_id: "bank".into(),
        name: text("Bank"),
        bin: "490140000012".parse()?,
    };
    let consent = ConsentRecord {
        session,
        transaction,
        person: Some(person.clone()),
        customer: customer.clone(),
        purpose: text("Sign in"),
        data: vec![DataItem::Face],
        retention_days: 30,
        template: true,
        language: Language::Kk,
        agreed: true,
        at: SystemHost.now(),
        rule_set: RULE_SET.into(),
    };
    Ok(OpenSession {
        session,
        transaction,
        person: Some(person),
        customer,
        consent: Some(JwsSigner::new(key(EDGE)?).sign(CONSENT_TYPE, &consent)?),
    })
}

fn assemble(store: &Path, examiner: Arc<dyn Examine>, threads: NonZeroUsize, photo: Vec<u8>) -> Result<Matcher, Error> {
    let master = MasterKey::from_base64(&Base64::encode_string(&[1; 32])).map_err(|_| "no master key")?;
    let host = Arc::new(SystemHost);
    let store = Arc::new(SqliteStore::open(store, &master, &*host)?);
    let provider = key(PROVIDER)?;
    let checkpoints = CheckpointSigner {
        origin: "bench".into(),
        signer: Eds::new(JwsSigner::new(provider.clone()), Timestamp::MAX),
        accepted: vec![*provider.verifying_key()],
    };
    let manifest = Manifest::built_in()?;
    let hash = |id: ModelId| Sha256Digest::from_bytes(*manifest.get(id).sha256.as_bytes());
    Ok(Matcher {
        register: Register::open(&*store, checkpoints, host.now())?,
        host,
        templates: Arc::clone(&store) as _,
        unwritten: Unwritten::default(),
        store,
        pool: Pool::start(examiner, threads, tanu_protocol::capture::MOST_FRAMES)?,
        models: ModelId::ALL.map(hash).to_vec(),
        embedder: hash(ModelId::EdgefaceXs),
        state_database: Box::new(OnePerson(photo)),
        state_database_name: "Жеке тұлғалар".into(),
        master,
        provider: Eds::new(JwsSigner::new(provider), Timestamp::MAX),
        edge_signing: *key(EDGE)?.verifying_key(),
        policy: Policy::default(),
        threshold: Similarity::new(COMPARISON_THRESHOLD)?,
        virtual_cameras: true,
    })
}

/// A state database that knows one person and answers at once.
struct OnePerson(Vec<u8>);

impl StateDatabase for OnePerson {
    fn reference(&self, _: &ReferenceQuery) -> Result<ReferenceAnswer, Unavailable> {
        Ok(ReferenceAnswer::Found {
            photo: self.0.clone(),
            document: IdentityDocument {
                kind: IdentityDocumentKind::IdentityCard,
                number: "012345678".into(),
                issued_on: date(2020, 1, 1),
                valid_until: date(2099, 12, 31),
                status: IdentityDocumentStatus::Valid,
            },
        })
    }
}

/// Seeds of the keys: the edge's under consents, the provider's.
const EDGE: u8 = 2;
const PROVIDER: u8 = 3;

fn key(seed: u8) -> Result<SigningKey, Error> {
    SigningKey::from_slice(&[seed; 32]).map_err(|_| "no signing key".into())
}

fn text(text: &str) -> Localized {
    Localized {
        kk: text.into(),
        ru: text.into(),
        en: text.into(),
    }
}
