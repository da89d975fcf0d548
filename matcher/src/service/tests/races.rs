//! Calls that overtake one another: nothing is stored of a session that has gone on, and nothing is destroyed unseen.

use std::sync::{Arc, Mutex, OnceLock};

use jiff::Timestamp;
use tanu_protocol::register::AttemptKind;
use tanu_protocol::session::Ending;

use super::keeping::count;
use super::{document_1, index, judged, opened};
use crate::failure::Failure;
use crate::host::testing::TestHost;
use crate::host::{Host, NoRandomness};
use crate::journal::{Item, Process};
use crate::log::Attempt;
use crate::service::Matcher;
use crate::service::testing::{Acting, Edge, Fixture};
use crate::store::{Concluded, Outcome, Seen, Store, StoreError};

type Call = Box<dyn FnOnce(&Matcher) + Send>;

/// A host at whose next reading of the clock another call is made, from its beginning to its end.
struct Interrupted {
    host: Arc<TestHost>,
    matcher: OnceLock<Arc<Matcher>>,
    call: Mutex<Option<Call>>,
}

impl Host for Interrupted {
    fn now(&self) -> Timestamp {
        let call = self.call.lock().unwrap().take();
        if let (Some(call), Some(matcher)) = (call, self.matcher.get()) {
            call(matcher);
        }
        self.host.now()
    }

    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.host.fill(bytes)
    }
}

impl Interrupted {
    fn next(&self, call: impl FnOnce(&Matcher) + Send + 'static) {
        *self.call.lock().unwrap() = Some(Box::new(call));
    }

    fn came(&self) -> bool {
        self.call.lock().unwrap().is_none()
    }
}

fn interrupted() -> (Fixture, Arc<Interrupted>) {
    let mut fixture = Fixture::new();
    let host = Arc::new(Interrupted {
        host: Arc::clone(&fixture.host),
        matcher: OnceLock::new(),
        call: Mutex::new(None),
    });
    Arc::get_mut(&mut fixture.matcher).unwrap().host = Arc::clone(&host) as _;
    assert!(host.matcher.set(Arc::clone(&fixture.matcher)).is_ok());
    (fixture, host)
}

fn second_step(edge: &Edge) -> impl FnOnce(&Matcher) + Send + 'static {
    let (session, step) = (edge.session, edge.step(0, 1, Acting::AsAsked(1)));
    move |matcher| {
        matcher.judge_step(&session, index(0, 1), &step).unwrap();
    }
}

#[test]
fn bnk_9_a_step_that_comes_while_its_session_is_being_ended_is_in_document_1() {
    let (fixture, host) = interrupted();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    host.next(second_step(&edge));
    fixture.matcher.end_session(&edge.session, Ending::Cancelled).unwrap();
    assert!(host.came());
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(document.steps.len(), 2);
    let events = fixture.store.journal(&edge.session).unwrap();
    for process in [Process::Storage, Process::Destruction] {
        assert_eq!(count(&events, process, Item::Frames), 80, "{process:?}");
    }
}

#[test]
fn bnk_9_a_step_that_comes_while_its_run_is_being_concluded_is_in_document_1() {
    let (fixture, host) = interrupted();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    host.next(second_step(&edge));
    let mut request = edge.conclude(0, 2);
    request.ended = Some(Ending::Cancelled);
    let verdict = fixture.matcher.conclude_run(&edge.session, 0, &request).unwrap();
    assert!(host.came());
    let document = &document_1(&fixture, &edge)[0];
    assert_eq!(
        document.steps.iter().map(|step| step.frames).collect::<Vec<_>>(),
        [40, 40]
    );
    let events = fixture.store.journal(&edge.session).unwrap();
    assert_eq!(count(&events, Process::Destruction, Item::Frames), 80);
    assert_eq!(
        fixture.matcher.conclude_run(&edge.session, 0, &request).unwrap(),
        verdict
    );
}

#[test]
fn a_run_that_is_concluded_while_its_session_is_being_ended_leaves_one_document_1() {
    let (fixture, host) = interrupted();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    let (session, request) = (edge.session, edge.conclude(0, 2));
    host.next(move |matcher| {
        matcher.conclude_run(&session, 0, &request).unwrap();
    });
    fixture.matcher.end_session(&edge.session, Ending::Cancelled).unwrap();
    assert!(host.came());
    assert_eq!(document_1(&fixture, &edge).len(), 1);
    let events = fixture.store.journal(&edge.session).unwrap();
    assert_eq!(count(&events, Process::Destruction, Item::Frames), 40);
}

#[test]
fn nbs_8_whoever_loses_a_race_leaves_the_register_as_it_was_loaded() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let checkpoint = fixture.matcher.checkpoint().unwrap();
    let stale = Outcome {
        session: edge.session,
        seen: Seen {
            steps: 1,
            ..fixture.store.seen(&edge.session).unwrap()
        },
        document: None,
        concluded: Concluded::Session(Ending::Expired),
        journal: Vec::new(),
    };
    let attempt = Attempt {
        at: edge.now,
        subject: None,
        transaction: edge.transaction,
        kind: AttemptKind::Ended,
        passed: false,
        document: fixture.store.documents(&edge.session).unwrap()[0].reference.clone(),
    };
    let lost = fixture.matcher.register.enter(&*fixture.store, attempt, &stale);
    assert!(matches!(lost, Err(Failure::Store(StoreError::Changed))));
    // Whoever loads it again does not get far.
    fixture.store.execute("UPDATE entry SET text = 'altered'");
    assert_eq!(fixture.matcher.checkpoint().unwrap(), checkpoint);
}
