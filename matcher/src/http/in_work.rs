//! How many calls are in work: received whole, and not answered yet.

use tokio::sync::watch;

/// Counts calls in work.
#[derive(Debug, Default)]
pub struct InWork(watch::Sender<usize>);

/// One call in work, for as long as it lives.
pub(super) struct Work<'a>(&'a InWork);

impl InWork {
    pub(super) fn begin(&self) -> Work<'_> {
        self.0.send_modify(|calls| *calls += 1);
        Work(self)
    }

    /// Waits until no call is in work.
    pub async fn none(&self) {
        // Fails where the sender is gone only, which is `self`.
        let _ = self.0.subscribe().wait_for(|calls| *calls == 0).await;
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        self.0.0.send_modify(|calls| *calls -= 1);
    }
}
