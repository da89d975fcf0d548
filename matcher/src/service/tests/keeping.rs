//! What is kept and what is destroyed, and the journal of both.

use std::sync::Arc;

use tanu_protocol::digest::{SessionId, Sha256Digest};
use tanu_protocol::evidence::ComparisonBasis;
use tanu_protocol::identity::{IdentityDocument, IdentityDocumentStatus};
use tanu_protocol::iin::Iin;
use tanu_protocol::matcher::OpenSession;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::session::Ending;
use tanu_protocol::state_database::ReferenceAnswer;
use tanu_vision::Examination;

use super::{ASKED, code, compared, document_1, document_2, index, judged, opened};
use crate::host::testing::TestHost;
use crate::inference::{Examine, Unexamined};
use crate::journal::{Event, Item, Process};
use crate::sealing::Sealed;
use crate::service::testing::{Acting, Edge, Fixture, PERSON, Picture, ReadsPictures, master, reference};
use crate::service::{Matcher, destroy_template};
use crate::store::{SqliteStore, Store, TemplateStore};

/// How many of `item` went through `process`, by the journal.
pub(super) fn count(events: &[Event], process: Process, item: Item) -> u32 {
    events
        .iter()
        .filter(|event| event.process == process && event.item == item)
        .map(|event| event.count)
        .sum()
}

fn withdraw(matcher: &Matcher, person: &Iin) -> bool {
    destroy_template(&*matcher.templates, &matcher.master, &*matcher.host, person).unwrap()
}

#[test]
fn nbs_11_a_destroyed_template_is_gone_and_the_next_comparison_is_primary() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    compared(&fixture, 1);
    let person = PERSON.parse().unwrap();
    assert!(withdraw(&fixture.matcher, &person));
    assert!(!withdraw(&fixture.matcher, &person));
    assert_eq!(
        fixture.store.get(&fixture.matcher.master.locate(&person)).unwrap(),
        None
    );

    let second = compared(&fixture, 2);
    let document = &document_2(&fixture, &second)[0];
    assert!(matches!(document.basis, ComparisonBasis::Primary { .. }));
}

#[test]
fn nbs_11_a_session_agreed_to_before_the_withdrawal_forms_no_template() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let person = PERSON.parse().unwrap();
    let template = || fixture.store.get(&fixture.matcher.master.locate(&person)).unwrap();

    let before = opened(&fixture, 1);
    before.run(&fixture, 0, ASKED);
    assert!(!withdraw(&fixture.matcher, &person), "there was a template");
    fixture.matcher.compare(&before.session).unwrap();
    assert_eq!(template(), None);

    fixture.host.pass(1);
    compared(&fixture, 2);
    assert!(template().is_some());
}

#[test]
fn nbs_11_frames_and_faces_of_abandoned_sessions_are_destroyed_after_a_day() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let broken_off = opened(&fixture, 1);
    fixture
        .matcher
        .judge_step(&broken_off.session, index(0, 0), &broken_off.step(0, 0, ASKED))
        .unwrap();
    let not_compared = opened(&fixture, 2);
    not_compared.run(&fixture, 0, ASKED);
    let compared = compared(&fixture, 3);

    fixture.host.pass(86_400);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 0);
    fixture.host.pass(1);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 2);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 0);
    assert_eq!(fixture.store.steps(&broken_off.session).unwrap()[0].content, None);
    assert!(fixture.store.runs(&not_compared.session).unwrap()[0].probe.is_none());
    let ended = |edge: &Edge| fixture.store.session(&edge.session).unwrap().unwrap().ended;
    assert_eq!(ended(&not_compared), Some(Ending::Expired));
    assert_eq!(ended(&compared), None);
}

#[test]
fn nbs_11_a_session_is_destroyed_with_its_documents_when_the_days_agreed_to_have_passed() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = compared(&fixture, 1);
    let documents = fixture.matcher.documents(&edge.session).unwrap();
    let [_, of_run, compared] = documents.as_slice() else {
        panic!("consent, document 1 and document 2 are there");
    };
    let destroyed = || {
        let events = fixture.store.journal(&edge.session).unwrap();
        count(&events, Process::Destruction, Item::DocumentImages)
    };

    fixture.host.pass(30 * 86_400 - 1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 0);
    fixture.host.pass(1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 0);
    for result in [
        fixture.matcher.documents(&edge.session).map(drop),
        fixture.matcher.compare(&edge.session).map(drop),
        fixture.matcher.end_session(&edge.session, Ending::Matched).map(drop),
    ] {
        assert_eq!(code(result), ProblemCode::SessionUnknown);
    }
    let stored = {
        let events = fixture.store.journal(&edge.session).unwrap();
        count(&events, Process::Storage, Item::DocumentImages)
    };
    assert_eq!((destroyed(), destroyed() > 1), (stored, true));
    let journal = fixture.store.journal(&edge.session).unwrap();
    assert!(journal.iter().all(|event| event.subject == journal[0].subject));

    // NBS-8: that there was an attempt, and how it went, can be proven as before, and the template is kept for itself (NBS-5).
    for document in [of_run, compared] {
        fixture.matcher.inclusion(&document.reference.sha256).unwrap();
    }
    let subject = fixture.matcher.master.locate(&PERSON.parse().unwrap());
    assert!(fixture.store.get(&subject).unwrap().is_some());
}

#[test]
fn nbs_11_what_nobody_agreed_to_have_kept_is_destroyed_after_two_days() {
    let fixture = Fixture::new();
    let refused = Edge::new(&fixture, 1);
    let unanswered = Edge::new(&fixture, 2);
    let agreed = opened(&fixture, 3);
    let refusal = refused.open_with(&refused.consent(false, false), 2);
    fixture.matcher.open_session(&refusal).unwrap();
    let without = OpenSession {
        consent: None,
        ..unanswered.open()
    };
    fixture.matcher.open_session(&without).unwrap();
    fixture.host.pass(2 * 86_400 - 1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 0);
    fixture.host.pass(1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 2);
    assert!(fixture.matcher.documents(&agreed.session).is_ok());
}

#[test]
fn nbs_11_what_still_holds_frames_is_put_on_record_before_it_is_destroyed() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    judged(&fixture, &edge, index(0, 0)).unwrap();
    fixture.host.pass(31 * 86_400);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 0);
    assert_eq!(fixture.matcher.end_abandoned().unwrap(), 1);
    assert_eq!(document_1(&fixture, &edge).len(), 1);
    assert_eq!(fixture.matcher.destroy_overdue().unwrap(), 1);
}

#[test]
fn nbs_3_and_bnk_3_the_journal_has_collection_use_storage_and_destruction_of_every_frame() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = compared(&fixture, 1);
    let events = fixture.store.journal(&edge.session).unwrap();
    let count = |process, item| count(&events, process, item);
    for process in [
        Process::Collection,
        Process::Use,
        Process::Storage,
        Process::Destruction,
    ] {
        assert_eq!(count(process, Item::Frames), 120, "{process:?}");
    }
    assert_eq!(count(Process::Storage, Item::Template), 1);
    assert_eq!(count(Process::Collection, Item::ReferencePhoto), 1);
    assert_eq!(count(Process::Destruction, Item::ReferencePhoto), 1);
    assert_eq!(
        count(Process::Storage, Item::Probe),
        count(Process::Destruction, Item::Probe)
    );
    assert!(events.iter().all(|event| event.subject.is_some()));
}

#[test]
fn bnk_3_and_invariant_5_the_database_holds_no_iin_no_picture_and_no_embedding_in_the_clear() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("matcher.sqlite");
    let host = Arc::new(TestHost::new());
    {
        let store = SqliteStore::open(&path, &master(1), &*host).unwrap();
        let fixture = Fixture::over(Arc::clone(&host), store);
        fixture.state.say(Some(reference(1)));
        compared(&fixture, 1);
    }
    let picture = Picture::portrait(1).bytes();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(PERSON.as_bytes()));
        assert!(!holds(&picture[picture.len() - 40..]));
        assert!(!holds(b"embedding"));
    }
}

#[test]
fn nbs_3_the_journal_has_what_was_done_with_the_state_s_photo_whatever_came_of_it() {
    let changed = |document: fn(&mut IdentityDocument), faces: u8| match reference(1) {
        ReferenceAnswer::Found { document: mut own, .. } => {
            document(&mut own);
            let photo = Picture {
                faces,
                ..Picture::portrait(1)
            };
            ReferenceAnswer::Found {
                photo: photo.bytes(),
                document: own,
            }
        }
        ReferenceAnswer::NotFound => ReferenceAnswer::NotFound,
    };
    let lost = |document: &mut IdentityDocument| document.status = IdentityDocumentStatus::Lost;
    // Collection, use, destruction.
    for (answer, expected) in [
        (reference(1), (1, 1, 1)),
        (reference(9), (1, 1, 1)),
        (changed(|_| {}, 2), (1, 1, 1)),
        (changed(lost, 1), (1, 0, 1)),
        (changed(|_| {}, FAILS), (1, 0, 1)),
        (ReferenceAnswer::NotFound, (0, 0, 0)),
    ] {
        let host = Arc::new(TestHost::new());
        let store = SqliteStore::in_memory(&master(1), &*host).unwrap();
        let fixture = Fixture::with_examiner(host, store, Arc::new(FailsOnSome));
        fixture.state.say(Some(answer));
        let edge = opened(&fixture, 1);
        edge.run(&fixture, 0, ASKED);
        let compared = fixture.matcher.compare(&edge.session).is_ok();
        let events = fixture.store.journal(&edge.session).unwrap();
        let count = |process| count(&events, process, Item::ReferencePhoto);
        let done = (
            count(Process::Collection),
            count(Process::Use),
            count(Process::Destruction),
        );
        assert_eq!(done, expected);
        assert_eq!(count(Process::Storage), 0);
        assert_eq!(document_2(&fixture, &edge).len(), usize::from(compared));
    }
}

/// The number of faces on a picture on which a model fails.
const FAILS: u8 = 99;

struct FailsOnSome;

impl Examine for FailsOnSome {
    fn examine(&self, picture: &[u8], t_ms: f64) -> Result<Examination, Unexamined> {
        match ReadsPictures.examine(picture, t_ms) {
            Ok(examination) if examination.observation.faces == FAILS => Err(Unexamined::Failed),
            examined => examined,
        }
    }
}

#[test]
fn nbs_3_the_journal_has_that_documents_with_images_were_handed_over() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    assert_eq!(fixture.matcher.documents(&edge.session).unwrap().len(), 1);
    assert_eq!(fixture.store.journal(&edge.session).unwrap(), []);
    edge.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&edge.session).unwrap();
    let images = document_1(&fixture, &edge)[0]
        .steps
        .iter()
        .map(|step| step.images.len())
        .sum::<usize>()
        + 1;
    let events = fixture.store.journal(&edge.session).unwrap();
    let stored = count(&events, Process::Storage, Item::DocumentImages);
    assert_eq!(usize::try_from(stored).unwrap(), images);
    // The one time above.
    assert_eq!(count(&events, Process::Use, Item::DocumentImages), stored);
}

#[test]
fn nbs_11_what_was_destroyed_lingers_in_no_file() {
    let directory = tempfile::tempdir().unwrap();
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::open(&directory.path().join("matcher.sqlite"), &master(1), &*host).unwrap();
    let fixture = Fixture::over(host, store);
    fixture.state.say(Some(reference(1)));
    let lingers = |sealed: &Sealed| {
        let begins = &sealed.as_bytes()[..16];
        std::fs::read_dir(directory.path()).unwrap().any(|file| {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            bytes.windows(begins.len()).any(|window| window == begins)
        })
    };
    let frames = |edge: &Edge, run: u8| -> Vec<Sealed> {
        let steps = fixture.store.steps(&edge.session).unwrap();
        let of_run = steps.into_iter().filter(|step| step.index.run == run);
        of_run.filter_map(|step| step.content).collect()
    };
    let runs = |edge: &Edge| fixture.store.runs(&edge.session).unwrap();

    let edge = opened(&fixture, 1);
    let mut destroyed = Vec::new();
    for (run, acting) in [(0, Acting::Idle(1)), (1, ASKED)] {
        for step in 0..3 {
            let submission = edge.step(run, step, acting);
            fixture
                .matcher
                .judge_step(&edge.session, index(run, step), &submission)
                .unwrap();
        }
        destroyed.extend(frames(&edge, run));
        assert!(destroyed[destroyed.len() - 3..].iter().all(lingers), "they were there");
        fixture
            .matcher
            .conclude_run(&edge.session, run, &edge.conclude(run, 3))
            .unwrap();
        assert!(!destroyed.iter().any(lingers), "run {run}");
        destroyed.extend(runs(&edge)[usize::from(run)].anchor.clone());
        destroyed.extend(runs(&edge)[usize::from(run)].probe.clone());
    }
    fixture.matcher.compare(&edge.session).unwrap();
    assert_eq!(destroyed.len(), 8);
    assert!(!destroyed.iter().any(lingers));

    let person: Iin = PERSON.parse().unwrap();
    let template = fixture
        .store
        .get(&fixture.matcher.master.locate(&person))
        .unwrap()
        .unwrap();
    assert!(lingers(&template.key) && lingers(&template.template));
    withdraw(&fixture.matcher, &person);
    assert!(!lingers(&template.key) && !lingers(&template.template));
}

#[test]
fn the_database_is_nobody_else_s_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let host = TestHost::new();
    let _store = SqliteStore::open(&directory.path().join("matcher.sqlite"), &master(1), &host).unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", file.path().display());
    }
}

#[test]
fn nbs_11_an_abandoned_session_that_can_t_be_read_does_not_keep_the_others() {
    let fixture = Fixture::new();
    for seed in [1, 2, 3] {
        let edge = opened(&fixture, seed);
        judged(&fixture, &edge, index(0, 0)).unwrap();
    }
    fixture
        .store
        .execute("UPDATE session SET key = zeroblob (60) WHERE id = x'02020202020202020202020202020202'");
    fixture.host.pass(86_401);
    assert!(fixture.matcher.end_abandoned().is_err());
    let ended = |seed| {
        let id = SessionId::from_bytes([seed; 16]);
        fixture.store.session(&id).unwrap().unwrap().ended
    };
    assert_eq!(
        [1, 2, 3].map(ended),
        [Some(Ending::Expired), None, Some(Ending::Expired)]
    );
}

#[test]
fn nbs_3_and_bnk_3_whatever_comes_of_a_session_nothing_collected_outlives_it() {
    type Course = fn(&Fixture, &Edge);
    let courses: [(&str, Course); 6] = [
        ("matched", |fixture, edge| {
            edge.run(fixture, 0, Acting::Idle(1));
            edge.run(fixture, 1, ASKED);
            fixture.matcher.compare(&edge.session).unwrap();
        }),
        ("not matched", |fixture, edge| {
            edge.run(fixture, 0, Acting::AsAsked(7));
            fixture.matcher.compare(&edge.session).unwrap();
        }),
        ("failed", |fixture, edge| {
            for run in 0..4 {
                edge.run(fixture, run, Acting::Idle(1));
            }
            fixture.matcher.end_session(&edge.session, Ending::NotLive).unwrap();
        }),
        ("cancelled within a run", |fixture, edge| {
            judged(fixture, edge, index(0, 0)).unwrap();
            fixture.matcher.end_session(&edge.session, Ending::Cancelled).unwrap();
        }),
        ("expired before its comparison", |fixture, edge| {
            edge.run(fixture, 0, ASKED);
            fixture.matcher.end_session(&edge.session, Ending::Expired).unwrap();
        }),
        ("abandoned", |fixture, edge| {
            edge.run(fixture, 0, ASKED);
            fixture.host.pass(2 * 86_400);
            assert_eq!(fixture.matcher.end_abandoned().unwrap(), 1);
        }),
    ];
    for (name, course) in courses {
        let fixture = Fixture::new();
        fixture.state.say(Some(reference(1)));
        let edge = opened(&fixture, 1);
        course(&fixture, &edge);
        let events = fixture.store.journal(&edge.session).unwrap();
        let count = |process, item| count(&events, process, item);
        assert_ne!(count(Process::Collection, Item::Frames), 0, "{name}");
        for (begun, item) in [
            (Process::Collection, Item::Frames),
            (Process::Storage, Item::Frames),
            (Process::Storage, Item::Probe),
            (Process::Collection, Item::ReferencePhoto),
        ] {
            assert_eq!(
                count(Process::Destruction, item),
                count(begun, item),
                "{name}: {item:?}"
            );
        }
        let steps = fixture.store.steps(&edge.session).unwrap();
        assert!(steps.iter().all(|step| step.content.is_none()), "{name}");
        let runs = fixture.store.runs(&edge.session).unwrap();
        assert!(runs.iter().all(|run| run.probe.is_none()), "{name}");
    }
}

#[test]
fn nbs_3_and_bnk_3_a_template_of_an_older_model_is_replaced_and_the_journal_has_its_destruction() {
    let mut fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let compared = |fixture: &Fixture, seed: u8| {
        let edge = opened(fixture, seed);
        edge.run(fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
        let events = fixture.store.journal(&edge.session).unwrap();
        let basis = document_2(fixture, &edge).pop().unwrap().basis;
        let primary = matches!(basis, ComparisonBasis::Primary { .. });
        let count = |process| count(&events, process, Item::Template);
        (primary, count(Process::Storage), count(Process::Destruction))
    };
    assert_eq!(compared(&fixture, 1), (true, 1, 0));
    assert_eq!(compared(&fixture, 2), (false, 0, 0));
    Arc::get_mut(&mut fixture.matcher).unwrap().embedder = Sha256Digest::of(b"another embedder");
    assert_eq!(compared(&fixture, 3), (true, 1, 1));
    assert_eq!(compared(&fixture, 4), (false, 0, 0));
}

#[test]
fn nbs_11_and_bnk_3_the_journal_has_the_destruction_of_a_withdrawn_template() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("matcher.sqlite");
    let host = Arc::new(TestHost::new());
    let store = SqliteStore::open(&path, &master(1), &*host).unwrap();
    let fixture = Fixture::over(host, store);
    fixture.state.say(Some(reference(1)));
    compared(&fixture, 1);
    let person = PERSON.parse().unwrap();
    withdraw(&fixture.matcher, &person);
    withdraw(&fixture.matcher, &person);

    let outside_a_session = rusqlite::Connection::open(&path)
        .unwrap()
        .prepare("SELECT subject, process, item, count FROM journal WHERE session IS NULL")
        .unwrap()
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))
        .unwrap()
        .collect::<Result<Vec<(Vec<u8>, String, String, u32)>, _>>()
        .unwrap();
    let subject = fixture.matcher.master.pseudonym(&person).as_bytes().to_vec();
    let event = (subject, "\"destruction\"".to_owned(), "\"template\"".to_owned(), 1);
    assert_eq!(outside_a_session, [event]);
}
