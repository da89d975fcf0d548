//! What is lost where the database can't be written: nothing, and nobody passes.

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::ComparisonResult;
use tanu_protocol::jws::JwsSigner;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::Ending;
use tanu_vision::Examination;

use super::keeping::count;
use super::{ASKED, code, index, judged, opened};
use crate::eds::Eds;
use crate::failure::Failure;
use crate::host::Host;
use crate::host::testing::TestHost;
use crate::inference::{Examine, Unexamined};
use crate::journal::{Item, Process};
use crate::service::Matcher;
use crate::service::testing::{Acting, Edge, Fixture, PERSON, ReadsPictures, key, master, reference};
use crate::store::{SqliteStore, Store, TemplateStore};

/// Makes the database refuse, and lets it write again.
type Trouble = (&'static str, fn(&SqliteStore), fn(&SqliteStore));

const TROUBLES: [Trouble; 2] = [
    (
        "no room on the disk",
        |store| store.execute("VACUUM; PRAGMA max_page_count = 1"),
        |store| store.execute("PRAGMA max_page_count = 1000000"),
    ),
    (
        "read-only",
        |store| store.execute("PRAGMA query_only = true"),
        |store| store.execute("PRAGMA query_only = false"),
    ),
];

#[test]
fn invariant_3_a_database_that_is_full_or_read_only_passes_nobody_and_loses_nothing() {
    for (trouble, begins, ends) in TROUBLES {
        let mut fixture = Fixture::new();
        // No document is so small that it would go where there is room left in a page.
        Arc::get_mut(&mut fixture.matcher).unwrap().models = vec![Sha256Digest::of(b"model"); 300];
        fixture.state.say(Some(reference(1)));
        let (store, matcher) = (&*fixture.store, &fixture.matcher);
        let later = |result: Result<(), Failure>| assert_eq!(code(result), ProblemCode::TryLater, "{trouble}");
        let edge = opened(&fixture, 1);

        begins(store);
        later(judged(&fixture, &edge, index(0, 0)).map(drop));
        assert_eq!(store.steps(&edge.session).unwrap(), [], "{trouble}");
        ends(store);
        for step in 0..3 {
            judged(&fixture, &edge, index(0, step)).unwrap();
        }

        begins(store);
        let request = edge.conclude(0, 3);
        later(matcher.conclude_run(&edge.session, 0, &request).map(drop));
        assert_eq!(store.runs(&edge.session).unwrap(), [], "{trouble}");
        assert_eq!(store.documents(&edge.session).unwrap().len(), 1, "{trouble}");
        assert_eq!(store.entries().unwrap().len(), 0, "{trouble}");
        assert_eq!(
            code(matcher.compare(&edge.session)),
            ProblemCode::SessionState,
            "{trouble}"
        );
        ends(store);
        assert!(matcher.conclude_run(&edge.session, 0, &request).unwrap().passed);

        begins(store);
        later(matcher.compare(&edge.session).map(drop));
        assert_eq!(store.comparison(&edge.session).unwrap(), None, "{trouble}");
        assert_eq!(store.entries().unwrap().len(), 1, "{trouble}");
        ends(store);
        let verdict = matcher.compare(&edge.session).unwrap();
        assert_eq!(verdict.outcome, ComparisonResult::Matched);
        assert_eq!(matcher.inclusion(&verdict.document.sha256).unwrap().index, 1);

        let other = opened(&fixture, 2);
        begins(store);
        later(matcher.end_session(&other.session, Ending::Cancelled).map(drop));
        assert_eq!(store.session(&other.session).unwrap().unwrap().ended, None, "{trouble}");
        ends(store);
        matcher.end_session(&other.session, Ending::Cancelled).unwrap();
        assert_eq!(store.entries().unwrap().len(), 3, "{trouble}");

        // Frames and photo that came to nothing were here all the same (NBS-3).
        matcher.note_unwritten();
        let events = store.journal(&edge.session).unwrap();
        let count = |process, item| count(&events, process, item);
        for (process, frames, photos) in [
            (Process::Collection, 160, 2),
            (Process::Use, 160, 2),
            (Process::Storage, 120, 0),
            (Process::Destruction, 160, 2),
        ] {
            assert_eq!(count(process, Item::Frames), frames, "{trouble}: {process:?}");
            assert_eq!(count(process, Item::ReferencePhoto), photos, "{trouble}: {process:?}");
        }
        assert_eq!(count(Process::Destruction, Item::Probe), 1, "{trouble}");
    }
}

#[test]
fn bnk_10_nothing_is_recorded_behind_the_end_of_the_provider_s_certificate_and_nothing_is_lost() {
    let mut fixture = Fixture::new();
    let end = fixture.host.now() + SignedDuration::from_secs(5);
    let signer = || JwsSigner::new(key(3));
    let set = |fixture: &mut Fixture, until| {
        let matcher = Arc::get_mut(&mut fixture.matcher).unwrap();
        matcher.provider = Eds::new(signer(), until);
    };
    set(&mut fixture, end);
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(fixture.matcher.certificate_ends_soon(), Some(end));
    fixture.host.pass(6);
    let other = opened(&fixture, 2);
    judged(&fixture, &other, index(0, 0)).unwrap();
    let ended = fixture.matcher.end_session(&other.session, Ending::Cancelled);
    assert_eq!(code(ended), ProblemCode::TryLater);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::TryLater);
    assert_eq!(
        course(&fixture, &edge, Item::ReferencePhoto),
        [0; 4],
        "no photo is asked for"
    );
    assert_eq!(fixture.store.entries().unwrap().len(), 1);
    assert!(fixture.matcher.checkpoint().is_ok());
    // With a new certificate, both go on.
    set(&mut fixture, Timestamp::MAX);
    fixture.matcher.end_session(&other.session, Ending::Cancelled).unwrap();
    assert_eq!(
        fixture.matcher.compare(&edge.session).unwrap().outcome,
        ComparisonResult::Matched
    );
}

#[test]
fn invariant_3_no_session_is_opened_and_no_document_handed_over_unwritten() {
    let (_, begins, ends) = TROUBLES[1];
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    let other = Edge::new(&fixture, 2);
    begins(&fixture.store);
    assert_eq!(code(fixture.matcher.open_session(&other.open())), ProblemCode::TryLater);
    // The images in them would be used without the journal having it.
    assert_eq!(code(fixture.matcher.documents(&edge.session)), ProblemCode::TryLater);
    ends(&fixture.store);
    fixture.matcher.open_session(&other.open()).unwrap();
    assert_eq!(fixture.matcher.documents(&edge.session).unwrap().len(), 2);
}

#[test]
fn a_template_that_could_not_be_stored_leaves_the_outcome_and_the_next_comparison_is_primary() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    fixture
        .store
        .execute("CREATE TRIGGER no_room BEFORE INSERT ON template BEGIN SELECT RAISE (FAIL, 'no room'); END");
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    assert_eq!(
        fixture.matcher.compare(&edge.session).unwrap().outcome,
        ComparisonResult::Matched
    );
    let person = fixture.matcher.master.locate(&PERSON.parse().unwrap());
    assert_eq!(fixture.store.get(&person).unwrap(), None);
}

/// Has the session ended while its pictures are examined, once it is told which.
struct EndsMeanwhile {
    matcher: OnceLock<(Arc<Matcher>, SessionId)>,
}

impl Examine for EndsMeanwhile {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        if let Some((matcher, session)) = self.matcher.get() {
            matcher.end_session(session, Ending::Cancelled).unwrap();
        }
        ReadsPictures.examine(picture, t_ms)
    }
}

fn examined_by(examiner: Arc<dyn Examine>) -> Fixture {
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
    Fixture::with_examiner(host, store, examiner)
}

impl EndsMeanwhile {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            matcher: OnceLock::new(),
        })
    }

    fn ends(&self, fixture: &Fixture, edge: &Edge) {
        let which = (Arc::clone(&fixture.matcher), edge.session);
        assert!(self.matcher.set(which).is_ok());
    }
}

/// How many of an item were collected, used, stored and destroyed in a session.
fn course(fixture: &Fixture, edge: &Edge, item: Item) -> [u32; 4] {
    let events = fixture.store.journal(&edge.session).unwrap();
    [
        Process::Collection,
        Process::Use,
        Process::Storage,
        Process::Destruction,
    ]
    .map(|process| count(&events, process, item))
}

#[test]
fn nbs_3_a_photo_that_is_compared_while_the_session_ends_is_in_the_journal() {
    let examiner = EndsMeanwhile::new();
    let fixture = examined_by(Arc::clone(&examiner) as _);
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    examiner.ends(&fixture, &edge);
    assert_eq!(code(fixture.matcher.compare(&edge.session)), ProblemCode::SessionState);
    assert_eq!(course(&fixture, &edge, Item::ReferencePhoto), [1, 1, 0, 1]);
    assert_eq!(course(&fixture, &edge, Item::Probe), [0, 1, 1, 1]);
}

/// A model that fails.
struct Fails;

impl Examine for Fails {
    fn examine(&self, _: &[u8], _: f64) -> Result<Examination, Unexamined> {
        Err(Unexamined::Failed)
    }
}

#[test]
fn nbs_3_frames_on_which_a_model_failed_are_in_the_journal_and_those_that_are_no_pictures_are_not() {
    for (examiner, expected) in [
        (Arc::new(Fails) as Arc<dyn Examine>, [40, 0, 0, 40]),
        (Arc::new(ReadsPictures), [0; 4]),
    ] {
        let fixture = examined_by(examiner);
        let edge = opened(&fixture, 1);
        let mut frames = edge.frames(0, ASKED);
        if expected == [0; 4] {
            frames[3].jpeg.truncate(10);
        }
        let step = edge.submit(0, 0, &edge.capture(0, 0, frames));
        assert!(fixture.matcher.judge_step(&edge.session, index(0, 0), &step).is_err());
        assert_eq!(course(&fixture, &edge, Item::Frames), expected);
    }
}

#[test]
fn nbs_3_frames_that_are_judged_while_their_session_ends_are_not_kept() {
    let examiner = EndsMeanwhile::new();
    let fixture = examined_by(Arc::clone(&examiner) as _);
    let edge = opened(&fixture, 1);
    examiner.ends(&fixture, &edge);
    let at = StepIndex { run: 0, step: 0 };
    let step = edge.step(0, 0, Acting::AsAsked(1));
    let result = fixture.matcher.judge_step(&edge.session, at, &step);
    assert_eq!(code(result), ProblemCode::SessionState);
    assert_eq!(fixture.store.steps(&edge.session).unwrap(), []);
    assert_eq!(course(&fixture, &edge, Item::Frames), [40, 40, 0, 40]);
}
