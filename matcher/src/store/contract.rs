//! What every store must do. An adapter passes [`store`] and [`templates`], each over an empty store.

use jiff::{SignedDuration, Timestamp};
use tanu_protocol::challenge::{Mismatch, StepIndex};
use tanu_protocol::digest::{Nonce, SessionId, Sha256Digest, TransactionHash};
use tanu_protocol::evidence::{ComparisonResult, DocumentKind, DocumentRef};
use tanu_protocol::matcher::{ComparisonVerdict, RunVerdict, StepVerdict};
use tanu_protocol::session::Ending;

use super::{
    Concluded, NewEntry, Outcome, SqliteStore, Store, StoreError, StoredDocument, StoredRun, StoredSession, StoredStep,
    StoredTemplate, TemplateStore,
};
use crate::host::SystemHost;
use crate::journal::{Event, Item, Journal, Process};
use crate::sealing::Sealed;
use crate::service::testing::master;

const AT: Timestamp = Timestamp::constant(1_790_000_000, 0);
const KEPT: SignedDuration = SignedDuration::from_hours(24);

fn sealed(fill: u8) -> Sealed {
    Sealed::from_bytes(vec![fill; 8])
}

fn session(seed: u8) -> StoredSession {
    StoredSession {
        id: SessionId::from_bytes([seed; 16]),
        transaction: TransactionHash::from_bytes([seed; 32]),
        opened_at: AT,
        request: Sha256Digest::of(&[seed]),
        key: sealed(1),
        record: sealed(2),
        kept_until: AT + KEPT,
        ended: None,
    }
}

fn step(session: u8, run: u8, step: u8) -> StoredStep {
    StoredStep {
        session: SessionId::from_bytes([session; 16]),
        index: StepIndex { run, step },
        nonce: Nonce::from_bytes([session ^ (run << 4) ^ (step << 6); 32]),
        request: Sha256Digest::of(b"frames"),
        frames: 40,
        content: Some(sealed(3)),
        verdict: StepVerdict {
            mismatches: vec![Mismatch::Static],
        },
    }
}

fn reference(kind: DocumentKind, seed: u8) -> DocumentRef {
    DocumentRef {
        kind,
        run: Some(0),
        sha256: Sha256Digest::of(&[seed]),
        at: AT,
    }
}

fn event(session: u8) -> Event {
    Journal {
        at: AT,
        session: Some(SessionId::from_bytes([session; 16])),
        subject: Some(Sha256Digest::of(b"subject")),
    }
    .event(Process::Use, Item::Frames, 40)
}

/// An outcome of a session as it now stands, and the entry of that place.
fn outcome(store: &dyn Store, session: u8, place: u64, concluded: Concluded) -> (Outcome, NewEntry) {
    let document = reference(DocumentKind::Liveness, 100 + u8::try_from(place).unwrap());
    let session_id = SessionId::from_bytes([session; 16]);
    let entry = NewEntry {
        index: place,
        text: format!("entry {place}"),
        subject: Some((Sha256Digest::of(b"subject"), place)),
        document: document.sha256,
        checkpoint: format!("checkpoint {place}"),
    };
    let outcome = Outcome {
        session: session_id,
        seen: store.seen(&session_id).unwrap(),
        document: Some(StoredDocument {
            reference: document,
            jws: sealed(4),
        }),
        concluded,
        journal: vec![event(session)],
    };
    (outcome, entry)
}

/// Records an outcome of a session as it now stands.
fn record(store: &dyn Store, session: u8, place: u64, concluded: Concluded) -> Result<(), StoreError> {
    let (outcome, entry) = outcome(store, session, place, concluded);
    let admitted = store.admits(&outcome).is_ok();
    let recorded = store.record(&outcome, &entry);
    assert!(admitted || recorded.is_err(), "what is not admitted is not recorded");
    recorded
}

fn run(number: u8) -> Concluded {
    Concluded::Run(StoredRun {
        run: number,
        request: Sha256Digest::of(b"conclude"),
        verdict: RunVerdict {
            passed: true,
            mismatches: Vec::new(),
            document: reference(DocumentKind::Liveness, 100),
        },
        probe: Some(sealed(5)),
        anchor: Some(sealed(6)),
    })
}

fn comparison() -> Concluded {
    Concluded::Comparison(ComparisonVerdict {
        outcome: ComparisonResult::NotMatched,
        document: reference(DocumentKind::Comparison, 101),
    })
}

fn taken<T: std::fmt::Debug>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Taken))
}

fn store(store: &dyn Store) {
    requests_are_remembered_until_their_time_has_passed(store);
    a_session_is_opened_once_and_found(store);
    steps_are_stored_once_and_nonces_used_once(store);
    outcomes_are_stored_as_a_whole_or_not_at_all(store);
    concluding_purges_what_is_no_longer_needed(store);
    nothing_is_stored_behind_a_concluded_run_or_an_ended_session(store);
    an_outcome_of_a_session_that_has_gone_on_is_refused(store);
    what_is_noted_stands_in_the_journal(store);
    sessions_that_hold_frames_or_a_face_are_found(store);
    sessions_whose_time_has_passed_are_found_and_destroyed(store);
}

fn requests_are_remembered_until_their_time_has_passed(store: &dyn Store) {
    let id = Nonce::from_bytes([1; 32]);
    let until = AT + SignedDuration::from_secs(60);
    assert!(store.remember_request(&id, until, AT).unwrap());
    assert!(!store.remember_request(&id, until, until).unwrap());
    let after = until + SignedDuration::from_secs(1);
    assert!(store.remember_request(&id, after, after).unwrap());
}

fn a_session_is_opened_once_and_found(store: &dyn Store) {
    let consent = StoredDocument {
        reference: reference(DocumentKind::Consent, 1),
        jws: sealed(9),
    };
    assert_eq!(store.session(&session(1).id).unwrap(), None);
    store.open_session(&session(1), Some(&consent)).unwrap();
    assert!(taken(store.open_session(&session(1), None)));
    let mut same_transaction = session(2);
    same_transaction.transaction = session(1).transaction;
    assert!(taken(store.open_session(&same_transaction, None)));
    assert_eq!(store.session(&session(1).id).unwrap(), Some(session(1)));
    assert_eq!(store.documents(&session(1).id).unwrap(), [consent]);
}

fn steps_are_stored_once_and_nonces_used_once(store: &dyn Store) {
    store.open_session(&session(2), None).unwrap();
    store.put_step(&step(2, 0, 1), &[event(2)]).unwrap();
    store.put_step(&step(2, 0, 0), &[]).unwrap();
    assert!(taken(store.put_step(&step(2, 0, 0), &[event(2)])));
    let mut same_nonce = step(2, 0, 2);
    same_nonce.nonce = step(2, 0, 0).nonce;
    assert!(taken(store.put_step(&same_nonce, &[event(2)])));
    assert_eq!(store.steps(&session(2).id).unwrap(), [step(2, 0, 0), step(2, 0, 1)]);
    assert_eq!(store.journal(&session(2).id).unwrap(), [event(2)]);
}

fn outcomes_are_stored_as_a_whole_or_not_at_all(store: &dyn Store) {
    store.open_session(&session(3), None).unwrap();
    let (first, entry) = outcome(store, 3, 0, run(0));
    store.record(&first, &entry).unwrap();
    assert_eq!(store.entries().unwrap(), ["entry 0"]);
    assert_eq!(store.checkpoint().unwrap().as_deref(), Some("checkpoint 0"));
    assert_eq!(store.entry_of(&entry.document).unwrap(), Some(0));
    assert_eq!(store.entry_of(&Sha256Digest::of(b"?")).unwrap(), None);

    // The run is concluded, though place and document are new: nothing of it is stored.
    assert!(taken(record(store, 3, 1, run(0))));
    // The place is filled, though the run is new: nothing of it is stored.
    let (next, mut filled) = outcome(store, 3, 1, run(1));
    filled.index = 0;
    assert!(taken(store.record(&next, &filled)));
    // The subject's place is filled.
    let (next, mut subject) = outcome(store, 3, 1, run(1));
    subject.subject = entry.subject;
    assert!(taken(store.record(&next, &subject)));
    assert_eq!(store.entries().unwrap().len(), 1);
    assert_eq!(store.documents(&session(3).id).unwrap().len(), 1);
    assert_eq!(store.runs(&session(3).id).unwrap().len(), 1);
    assert_eq!(store.journal(&session(3).id).unwrap().len(), 1);
}

fn concluding_purges_what_is_no_longer_needed(store: &dyn Store) {
    let id = session(4).id;
    store.open_session(&session(4), None).unwrap();
    store.put_step(&step(4, 0, 0), &[]).unwrap();
    store.put_step(&step(4, 1, 0), &[]).unwrap();
    let kept = || -> Vec<bool> {
        let steps = store.steps(&id).unwrap();
        steps.iter().map(|step| step.content.is_some()).collect()
    };
    let faces = || -> Vec<(bool, bool)> {
        let runs = store.runs(&id).unwrap();
        runs.iter()
            .map(|run| (run.probe.is_some(), run.anchor.is_some()))
            .collect()
    };
    record(store, 4, 1, run(0)).unwrap();
    assert_eq!((kept(), faces()), (vec![false, true], vec![(true, true)]));
    record(store, 4, 2, run(1)).unwrap();
    assert_eq!(
        (kept(), faces()),
        (vec![false, false], vec![(true, false), (true, true)])
    );
    record(store, 4, 3, comparison()).unwrap();
    assert_eq!(faces(), [(false, false), (false, false)]);
    assert!(store.comparison(&id).unwrap().is_some());
    assert!(taken(record(store, 4, 4, comparison())));
    store.put_step(&step(4, 2, 0), &[]).unwrap();
    record(store, 4, 4, Concluded::Session(Ending::Expired)).unwrap();
    assert_eq!(kept(), [false, false, false]);
    assert_eq!(store.session(&id).unwrap().unwrap().ended, Some(Ending::Expired));
    assert!(taken(record(store, 4, 5, Concluded::Session(Ending::Expired))));
}

fn nothing_is_stored_behind_a_concluded_run_or_an_ended_session(store: &dyn Store) {
    let id = session(5).id;
    let closed = |result| matches!(result, Err(StoreError::Closed));
    store.open_session(&session(5), None).unwrap();
    record(store, 5, 5, run(0)).unwrap();
    assert!(closed(store.put_step(&step(5, 0, 0), &[event(5)])));
    store.put_step(&step(5, 1, 0), &[]).unwrap();
    record(store, 5, 6, Concluded::Session(Ending::Cancelled)).unwrap();
    assert!(closed(store.put_step(&step(5, 1, 1), &[event(5)])));
    assert!(closed(record(store, 5, 7, run(1))));
    assert!(closed(record(store, 5, 7, comparison())));
    assert_eq!(store.steps(&id).unwrap().len(), 1);
    assert_eq!(store.runs(&id).unwrap().len(), 1);
    assert_eq!(store.journal(&id).unwrap().len(), 2);
}

fn an_outcome_of_a_session_that_has_gone_on_is_refused(store: &dyn Store) {
    let id = session(7).id;
    let changed = |result| matches!(result, Err(StoreError::Changed));
    store.open_session(&session(7), None).unwrap();
    store.put_step(&step(7, 0, 0), &[]).unwrap();
    let (ends, entry) = outcome(store, 7, 7, Concluded::Session(Ending::Cancelled));
    let (concludes, _) = outcome(store, 7, 7, run(0));
    // A step comes while the end is being put together: its frames are not destroyed unseen.
    store.put_step(&step(7, 0, 1), &[]).unwrap();
    for stale in [&ends, &concludes] {
        assert!(changed(store.admits(stale)));
        assert!(changed(store.record(stale, &entry)));
    }
    assert!(store.steps(&id).unwrap().iter().all(|step| step.content.is_some()));
    assert_eq!(store.session(&id).unwrap().unwrap().ended, None);
    assert_eq!(store.documents(&id).unwrap(), []);
    // So does a run, and then the comparison.
    let (ends, _) = outcome(store, 7, 7, Concluded::Session(Ending::Cancelled));
    record(store, 7, 7, run(0)).unwrap();
    assert!(changed(store.record(&ends, &entry)));
    let (ends, _) = outcome(store, 7, 8, Concluded::Session(Ending::Cancelled));
    record(store, 7, 8, comparison()).unwrap();
    assert!(changed(store.record(&ends, &entry)));
    record(store, 7, 9, Concluded::Session(Ending::Cancelled)).unwrap();
}

fn what_is_noted_stands_in_the_journal(store: &dyn Store) {
    store.note(&[event(6), event(6)]).unwrap();
    assert_eq!(store.journal(&session(6).id).unwrap(), [event(6), event(6)]);
}

fn sessions_that_hold_frames_or_a_face_are_found(store: &dyn Store) {
    let later = AT + SignedDuration::from_secs(1);
    let open = |seed: u8| store.open_session(&session(seed), None).unwrap();
    (10..15).for_each(open);
    // 10 holds nothing, 11 frames, 12 faces; 13 is compared, 14 has ended.
    for seed in [11, 14] {
        store.put_step(&step(seed, 0, 0), &[]).unwrap();
    }
    record(store, 12, 10, run(0)).unwrap();
    record(store, 13, 11, run(0)).unwrap();
    record(store, 13, 12, comparison()).unwrap();
    record(store, 14, 13, Concluded::Session(Ending::Expired)).unwrap();
    let mut found = store.abandoned(later).unwrap();
    found.retain(|id| (10..15).any(|seed| session(seed).id == *id));
    found.sort_unstable();
    assert_eq!(found, [session(11).id, session(12).id]);
    assert_eq!(store.abandoned(AT).unwrap(), []);
}

fn sessions_whose_time_has_passed_are_found_and_destroyed(store: &dyn Store) {
    let open = |seed: u8| store.open_session(&session(seed), None).unwrap();
    (30..35).for_each(open);
    // 30 has nothing, 31 frames, 32 a face, 33 is compared, 34 has ended.
    for seed in [31, 34] {
        store.put_step(&step(seed, 0, 0), &[]).unwrap();
    }
    let place = || u64::try_from(store.entries().unwrap().len()).unwrap();
    record(store, 32, place(), run(0)).unwrap();
    record(store, 33, place(), run(0)).unwrap();
    record(store, 33, place(), comparison()).unwrap();
    record(store, 34, place(), Concluded::Session(Ending::Cancelled)).unwrap();
    let overdue = |seconds| -> Vec<SessionId> {
        let mut found = store.overdue(AT + KEPT + SignedDuration::from_secs(seconds)).unwrap();
        found.retain(|id| (30..35).any(|seed| session(seed).id == *id));
        found.sort_unstable();
        found
    };
    assert_eq!(overdue(-1), []);
    assert_eq!(overdue(0), [30, 33, 34].map(|seed| session(seed).id));

    let entries = store.entries().unwrap();
    let document = store.documents(&session(33).id).unwrap()[0].reference.sha256;
    let entry = store.entry_of(&document).unwrap();
    let noted = store.journal(&session(33).id).unwrap();
    for _ in 0..2 {
        store.destroy_session(&session(33).id, &[event(33)]).unwrap();
        let id = session(33).id;
        assert_eq!(store.session(&id).unwrap(), None);
        assert_eq!(store.documents(&id).unwrap(), []);
        assert_eq!(store.runs(&id).unwrap(), []);
        assert_eq!(store.comparison(&id).unwrap(), None);
        assert_eq!(store.journal(&id).unwrap(), [noted.clone(), vec![event(33)]].concat());
    }
    store.destroy_session(&session(34).id, &[]).unwrap();
    assert_eq!(store.steps(&session(34).id).unwrap(), []);
    assert_eq!(overdue(0), [session(30).id]);
    // The register stands.
    assert_eq!(store.entries().unwrap(), entries);
    assert_eq!((store.entry_of(&document).unwrap(), entry.is_some()), (entry, true));
}

fn templates(store: &dyn TemplateStore) {
    let subject = master(1).locate(&"880229100014".parse().unwrap());
    let other = master(1).locate(&"991231200423".parse().unwrap());
    let template = |fill| StoredTemplate {
        key: sealed(fill),
        template: sealed(fill),
    };
    assert_eq!(store.get(&subject).unwrap(), None);
    let put = |subject, fill, agreed_at| store.put(subject, &template(fill), agreed_at, &event(1)).unwrap();
    assert!(put(&subject, 1, AT));
    assert!(put(&subject, 2, AT));
    assert!(put(&other, 3, AT));
    assert_eq!(store.get(&subject).unwrap(), Some(template(2)));
    assert!(store.destroy(&subject, &event(1)).unwrap());
    assert!(!store.destroy(&subject, &event(1)).unwrap());
    assert_eq!(store.get(&subject).unwrap(), None);
    assert_eq!(store.get(&other).unwrap(), Some(template(3)));

    // What was agreed to before the withdrawal is void, what is agreed to after it counts; others are not touched.
    let withdrawn_at = event(1).at;
    assert!(!put(&subject, 4, withdrawn_at));
    assert_eq!(store.get(&subject).unwrap(), None);
    assert!(put(&other, 5, withdrawn_at));
    assert!(put(&subject, 6, withdrawn_at + SignedDuration::from_micros(1)));
    assert_eq!(store.get(&subject).unwrap(), Some(template(6)));
}

#[test]
fn sqlite_keeps_the_contract() {
    let sqlite = || SqliteStore::in_memory(&master(1), &SystemHost).unwrap();
    store(&sqlite());
    templates(&sqlite());
}

#[test]
fn what_was_stored_is_there_after_a_restart_and_another_master_key_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/matcher.sqlite");
    let open = |key: u8| SqliteStore::open(&path, &master(key), &SystemHost);
    open(1).unwrap().open_session(&session(1), None).unwrap();
    assert_eq!(open(1).unwrap().session(&session(1).id).unwrap(), Some(session(1)));
    assert!(matches!(open(2).err().unwrap(), super::OpenError::MasterKey));
}
