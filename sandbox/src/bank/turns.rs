//! One answer at a time for each sign-in: a second click on the way back brings two, and Tanu gives tokens once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// The sign-ins whose answers are being worked on, by their state.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>>);

/// The turn of one answer; it ends when this is dropped.
pub(super) struct Turn {
    _guard: OwnedMutexGuard<()>,
}

impl Turns {
    /// Waits until no other answer of the sign-in with this state is worked on.
    pub(super) async fn wait(&self, state: &str) -> Turn {
        let queue = {
            // Every change is whole before anything can panic, so a poisoned map is a good one.
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Whoever waits or has a turn holds the queue too.
            queues.retain(|_, queue| Arc::strong_count(queue) > 1);
            Arc::clone(queues.entry(state.to_owned()).or_default())
        };
        Turn {
            _guard: queue.lock_owned().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// The turn, where it needs not be waited for.
    fn now(turn: Pin<&mut impl Future<Output = Turn>>) -> Option<Turn> {
        match turn.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_answer_of_a_sign_in_waits_for_another_and_for_no_other_sign_ins() {
        let turns = Turns::default();
        let first = now(pin!(turns.wait("a"))).unwrap();
        assert!(now(pin!(turns.wait("b"))).is_some());
        let mut second = pin!(turns.wait("a"));
        assert!(now(second.as_mut()).is_none());
        drop(first);
        assert!(now(second).is_some());
    }

    #[test]
    fn nothing_is_kept_of_turns_that_have_ended() {
        let turns = Turns::default();
        for state in 0..100 {
            assert!(now(pin!(turns.wait(&state.to_string()))).is_some());
        }
        assert_eq!(turns.0.lock().unwrap().len(), 1);
    }
}
