//! The register of attempts over whole sessions.

use std::sync::Arc;

use tanu_protocol::digest::Sha256Digest;
use tanu_protocol::jws::UnverifiedJws;
use tanu_protocol::problem::ProblemCode;
use tanu_protocol::register::{CHECKPOINT_TYPE, Checkpoint, RegisterEntry};

use super::{ASKED, code, opened};
use crate::failure::Failure;
use crate::host::Host;
use crate::host::testing::TestHost;
use crate::log::{Tampered, continues, includes};
use crate::register::Register;
use crate::service::testing::{Acting, Fixture, checkpoints, key, master, reference};
use crate::store::{SqliteStore, StoreError};

#[test]
fn nbs_8_every_attempt_is_entered_in_sequence_and_provable() {
    let fixture = Fixture::new();
    fixture.state.say(Some(reference(1)));
    let read = |jws: &str| -> Checkpoint {
        UnverifiedJws::parse(jws, 1 << 16)
            .unwrap()
            .verify(key(3).verifying_key(), CHECKPOINT_TYPE)
            .unwrap()
    };
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let earlier = read(&fixture.matcher.checkpoint().unwrap());
    edge.run(&fixture, 1, ASKED);
    let compared = fixture.matcher.compare(&edge.session).unwrap();
    let later = read(&fixture.matcher.checkpoint().unwrap());

    assert_eq!((earlier.size, later.size), (1, 3));
    let proof = fixture.matcher.inclusion(&compared.document.sha256).unwrap();
    assert!(includes(
        &read(&proof.checkpoint),
        &proof.entry,
        proof.index,
        &proof.path
    ));
    let entry: RegisterEntry = serde_json::from_str(&proof.entry).unwrap();
    assert_eq!((entry.index, entry.subject_index, entry.passed), (2, Some(2), true));
    let proof = fixture.matcher.consistency(1).unwrap();
    assert!(continues(&earlier, &later, &proof.path));
    assert_eq!(code(fixture.matcher.consistency(9)), ProblemCode::NotFound);
    assert_eq!(
        code(fixture.matcher.inclusion(&Sha256Digest::of(b"?"))),
        ProblemCode::NotFound
    );
}

#[test]
fn nbs_8_a_register_that_was_altered_is_not_served() {
    type Tampering = fn(&rusqlite::Connection);
    let cases: [(&str, Tampering); 5] = [
        ("altered", |database| {
            database
                .execute(
                    "UPDATE entry SET text = replace(text, 'false', 'true') WHERE place = 0",
                    [],
                )
                .unwrap();
        }),
        ("last deleted", |database| {
            database.execute("DELETE FROM entry WHERE place = 2", []).unwrap();
        }),
        ("middle deleted", |database| {
            database.execute("DELETE FROM entry WHERE place = 1", []).unwrap();
        }),
        ("reordered", |database| {
            database
                .execute_batch(
                    "UPDATE entry SET place = 9 WHERE place = 0; UPDATE entry SET place = 0 WHERE place = 1;
                     UPDATE entry SET place = 1 WHERE place = 9;",
                )
                .unwrap();
        }),
        ("checkpoints deleted", |database| {
            database.execute("DELETE FROM checkpoint", []).unwrap();
        }),
    ];
    for (name, tamper) in cases {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("matcher.sqlite");
        let host = Arc::new(TestHost::new());
        let open = || SqliteStore::open(&path, &master(1), &*host).unwrap();
        {
            let fixture = Fixture::over(Arc::clone(&host), open());
            let edge = opened(&fixture, 1);
            for run in 0..3 {
                edge.run(&fixture, run, Acting::Idle(1));
            }
        }
        let now = host.now();
        assert!(Register::open(&open(), checkpoints(), now).is_ok(), "{name}");
        tamper(&rusqlite::Connection::open(&path).unwrap());
        let refused = Register::open(&open(), checkpoints(), now);
        assert!(
            matches!(
                refused.err().unwrap(),
                Failure::Register(_) | Failure::Store(StoreError::Malformed)
            ),
            "{name}"
        );
    }
}

#[test]
fn nbs_8_a_checkpoint_of_another_key_or_log_is_not_served() {
    let fixture = Fixture::new();
    let edge = opened(&fixture, 1);
    edge.run(&fixture, 0, Acting::Idle(1));
    let mut other_key = checkpoints();
    other_key.accepted = vec![*key(8).verifying_key()];
    let mut other_log = checkpoints();
    other_log.origin = "another".into();
    for signer in [other_key, other_log] {
        let refused = Register::open(&*fixture.store, signer, edge.now);
        assert!(matches!(
            refused.err().unwrap(),
            Failure::Register(Tampered::Checkpoint)
        ));
    }
}
