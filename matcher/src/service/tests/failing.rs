//! What is lost where the database can't be written: nothing, and nobody passes.

use std::sync::{Arc, OnceLock};

use tanu_protocol::challenge::StepIndex;
use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::ComparisonResult;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::Ending;
use tanu_vision::Examination;

use super::{ASKED, code, index, judged, opened};
use crate::failure::Failure;
use crate::host::testing::TestHost;
use crate::inference::{Examine, Unexamined};
use crate::service::Matcher;
use crate::service::testing::{Acting, Edge, Fixture, PERSON, ReadsPictures, master, reference};
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
    }
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

/// Has the session ended while its frames are examined.
struct EndsMeanwhile {
    matcher: OnceLock<(Arc<Matcher>, SessionId)>,
}

impl Examine for EndsMeanwhile {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        let (matcher, session) = self.matcher.get().unwrap();
        matcher.end_session(session, Ending::Cancelled).unwrap();
        ReadsPictures.examine(picture, t_ms)
    }
}

#[test]
fn nbs_3_frames_that_are_judged_while_their_session_ends_are_not_kept() {
    let examiner = Arc::new(EndsMeanwhile {
        matcher: OnceLock::new(),
    });
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
    let fixture = Fixture::with_examiner(host, store, Arc::clone(&examiner) as _);
    let edge = opened(&fixture, 1);
    assert!(
        examiner
            .matcher
            .set((Arc::clone(&fixture.matcher), edge.session))
            .is_ok()
    );
    let at = StepIndex { run: 0, step: 0 };
    let step = edge.step(0, 0, Acting::AsAsked(1));
    let result = fixture.matcher.judge_step(&edge.session, at, &step);
    assert_eq!(code(result), ProblemCode::SessionState);
    assert_eq!(fixture.store.steps(&edge.session).unwrap(), []);
}
