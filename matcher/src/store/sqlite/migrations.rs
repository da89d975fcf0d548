//! The database's versions: each migration is applied once, in order, and never changed afterwards.

use rusqlite::{Connection, TransactionBehavior};

use super::OpenError;

const MIGRATIONS: &[&str] = &[
    include_str!("0001_first.sql"),
    include_str!("0002_anchor.sql"),
    include_str!("0003_withdrawal.sql"),
    include_str!("0004_kept_until.sql"),
];

/// Brings the database to this program's version.
pub(super) fn run(connection: &mut Connection) -> Result<(), OpenError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    let found: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenError::Newer { found, known });
    }
    for (version, migration) in (1u32..).zip(MIGRATIONS).skip(found as usize) {
        transaction.execute_batch(migration)?;
        transaction.pragma_update(None, "user_version", version)?;
    }
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_database_of_a_later_version_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            run(&mut connection),
            Err(OpenError::Newer { found: 99, known: 4 })
        ));
    }

    #[test]
    fn a_session_from_before_the_fourth_version_is_kept_for_thirty_days() {
        let opened_at: Timestamp = "2026-11-20T09:00:00.123456789Z".parse().unwrap();
        let mut connection = Connection::open_in_memory().unwrap();
        for migration in MIGRATIONS.iter().take(3) {
            connection.execute_batch(migration).unwrap();
        }
        connection.pragma_update(None, "user_version", 3).unwrap();
        connection
            .execute(
                "INSERT INTO session (id, transaction_hash, opened_at, request, key, record)
                 VALUES (x'01', x'02', ?1, x'03', x'04', x'05')",
                [opened_at.to_string()],
            )
            .unwrap();
        run(&mut connection).unwrap();
        let kept_until: i64 = connection
            .query_row("SELECT kept_until FROM session", [], |row| row.get(0))
            .unwrap();
        assert_eq!(kept_until - opened_at.as_second(), 30 * 24 * 60 * 60);
    }

    #[test]
    fn migrating_twice_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        run(&mut connection).unwrap();
        run(&mut connection).unwrap();
    }
}
