//! The one SQLite database of the sandbox: the state database's citizens, and what the demo bank keeps.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;

const SCHEMA: &str = include_str!("store/schema.sql");

/// A handle on the database; clones share one connection.
#[derive(Clone, Debug)]
pub struct Store(Arc<Mutex<Connection>>);

/// Why the store could not do what was asked. It never repeats what was to be stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    /// The folder or file can't be made.
    #[error("the database's file can't be made: {0}")]
    File(#[from] std::io::Error),
    /// SQLite.
    #[error("the database failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A row that this program did not write.
    #[error("the database holds something unreadable")]
    Unreadable,
    /// The program is stopping.
    #[error("the database is closing")]
    Stopped,
}

impl Store {
    /// Opens the database, making the file (the owner's alone) and its tables where they are missing.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn open(path: &Path) -> Result<Self, StoreFailure> {
        if let Some(folder) = path.parent() {
            crate::home::files::make_folder(folder)?;
        }
        // Made before SQLite makes it, so that it never exists with wider permissions; its journals take the same.
        if !path.exists() {
            crate::home::files::write_new(path, b"")?;
        }
        Self::with(Connection::open(path)?)
    }

    /// A database in memory, gone with its last handle.
    ///
    /// # Errors
    /// [`StoreFailure`].
    pub fn in_memory() -> Result<Self, StoreFailure> {
        Self::with(Connection::open_in_memory()?)
    }

    fn with(connection: Connection) -> Result<Self, StoreFailure> {
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs `work` on the connection, off the threads that serve requests, as one transaction: an error undoes all of it.
    ///
    /// # Errors
    /// [`StoreFailure`], or what `work` gives.
    pub async fn run<T, F>(&self, work: F) -> Result<T, StoreFailure>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreFailure> + Send + 'static,
    {
        let connection = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || {
            // A thread that panicked left its transaction undone: the connection itself is sound.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        })
        .await
        .map_err(|_| StoreFailure::Stopped)?
    }
}
