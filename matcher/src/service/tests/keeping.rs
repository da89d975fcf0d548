//! What is kept and what is destroyed, and the journal of both.

use std::sync::Arc;

use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::evidence::ComparisonBasis;
use tanu_protocol::iin::Iin;
use tanu_protocol::session::Ending;

use super::{ASKED, document_2, index, judged, opened};
use crate::host::testing::TestHost;
use crate::journal::{Event, Item, Process};
use crate::service::testing::{Acting, Edge, Fixture, PERSON, Picture, master, reference};
use crate::service::{Matcher, destroy_template};
use crate::store::{SqliteStore, Store, TemplateStore};

/// How many of `item` went through `process`, by the journal.
fn count(events: &[Event], process: Process, item: Item) -> u32 {
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
    let first = opened(&fixture, 1);
    first.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&first.session).unwrap();
    let person = PERSON.parse().unwrap();
    assert!(withdraw(&fixture.matcher, &person));
    assert!(!withdraw(&fixture.matcher, &person));
    assert_eq!(
        fixture.store.get(&fixture.matcher.master.locate(&person)).unwrap(),
        None
    );

    let second = opened(&fixture, 2);
    second.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&second.session).unwrap();
    let document = &document_2(&fixture, &second)[0];
    assert!(matches!(document.basis, ComparisonBasis::Primary { .. }));
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
    let compared = opened(&fixture, 3);
    compared.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&compared.session).unwrap();

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
fn nbs_3_and_bnk_3_the_journal_has_collection_use_storage_and_destruction_of_every_frame() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&edge.session).unwrap();
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
        let edge = opened(&fixture, 1);
        edge.run(&fixture, 0, ASKED);
        fixture.matcher.compare(&edge.session).unwrap();
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
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, ASKED);
    fixture.matcher.compare(&edge.session).unwrap();
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
