//! Time and randomness: the one place of this crate that reads a clock or draws random bytes.

use jiff::Timestamp;

/// The system gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// What the matcher needs of its host.
pub trait Host: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// Fills `bytes` from a cryptographic source.
    ///
    /// # Errors
    /// [`NoRandomness`].
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// `N` random bytes.
///
/// # Errors
/// [`NoRandomness`].
pub fn random<const N: usize>(host: &dyn Host) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    host.fill(&mut bytes)?;
    Ok(bytes)
}

/// The operating system.
#[derive(Clone, Copy, Debug)]
pub struct SystemHost;

impl Host for SystemHost {
    #[expect(clippy::disallowed_methods, reason = "the host's one reading of the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    #[expect(clippy::disallowed_methods, reason = "the host's one source of randomness")]
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        getrandom::fill(bytes).map_err(|_| NoRandomness)
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::sync::Mutex;

    use jiff::{SignedDuration, Timestamp};

    use super::{Host, NoRandomness, SystemHost};

    /// A host whose clock stands still until it is moved.
    pub(crate) struct TestHost(Mutex<Timestamp>);

    impl TestHost {
        pub(crate) fn new() -> Self {
            Self(Mutex::new(Timestamp::constant(1_790_000_000, 0)))
        }

        pub(crate) fn pass(&self, seconds: i64) {
            let mut now = self.0.lock().unwrap();
            *now += SignedDuration::from_secs(seconds);
        }
    }

    impl Host for TestHost {
        fn now(&self) -> Timestamp {
            *self.0.lock().unwrap()
        }

        fn fill(&self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
            SystemHost.fill(bytes)
        }
    }
}
