//! What holds whatever is done in whatever order.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Move {
    Answer(bool),
    /// A run, or the one that is due.
    Begin {
        run: Option<u8>,
        commands: usize,
    },
    /// Frames for a step, or for the one that is shown.
    Frames {
        index: Option<(u8, u8)>,
    },
    Cancel,
    Lose,
    Wait(u32),
    Back(u32),
    /// Does the task that is due, with a good or a bad answer, or a refusal to compare.
    Work {
        good: bool,
        refused: bool,
    },
}

fn moves() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => any::<bool>().prop_map(Move::Answer),
        6 => (prop::option::weighted(0.2, 0u8..5), 3usize..=7).prop_map(|(run, commands)| Move::Begin { run, commands }),
        6 => prop::option::weighted(0.2, (0u8..4, 0u8..4)).prop_map(|index| Move::Frames { index }),
        1 => Just(Move::Cancel),
        1 => Just(Move::Lose),
        2 => (0u32..40).prop_map(Move::Wait),
        1 => (0u32..40).prop_map(Move::Back),
        12 => (prop::bool::weighted(0.8), prop::bool::weighted(0.1))
            .prop_map(|(good, refused)| Move::Work { good, refused }),
    ]
}

/// What a run has seen, counted beside the session.
#[derive(Default)]
struct Count {
    begun: usize,
    passed_steps: usize,
    planned: usize,
    concluded: bool,
    matched: bool,
}

fn make(session: &Session, step: &Move, now: Timestamp, count: &mut Count) -> Result<Session, InvalidTransition> {
    let session = session.clone();
    match step {
        Move::Answer(agreed) => answer(session, *agreed, now),
        Move::Begin { run, commands } => {
            let due = match session.view(now) {
                StateView::Ready { run, .. } => run,
                _ => 0,
            };
            let next = session.begin_run(run.unwrap_or(due), plan(*commands), NONCE, now)?;
            *count = Count {
                begun: count.begun + 1,
                planned: *commands,
                ..Count::default()
            };
            Ok(next)
        }
        Move::Frames { index } => {
            let index = match (index, session.view(now)) {
                (Some((run, step)), _) => StepIndex { run: *run, step: *step },
                (None, StateView::Challenged { .. }) => shown(&session.clone().at(now)),
                (None, _) => return Err(InvalidTransition::Elsewhere),
            };
            session.received(index, Sha256Digest::of(b"frames"), now)
        }
        Move::Cancel => session.cancelled(now),
        Move::Lose => session.frames_lost(now),
        Move::Wait(_) | Move::Back(_) => Ok(session.at(now)),
        Move::Work { good, refused } => work(session, (*good, *refused), now, count),
    }
}

fn work(
    session: Session,
    (good, refused): (bool, bool),
    now: Timestamp,
    count: &mut Count,
) -> Result<Session, InvalidTransition> {
    let mismatches = if good { vec![] } else { vec![Mismatch::TooLittle] };
    match session.task() {
        None => Err(InvalidTransition::Elsewhere),
        Some(Task::Open(_)) => session.opened(now),
        Some(Task::Judge { .. }) => {
            count.passed_steps += usize::from(good);
            session.judged(&StepVerdict { mismatches }, NONCE, now)
        }
        Some(Task::Conclude { run, .. }) => {
            count.concluded = good;
            if good && matches!(session.state, State::Lost { .. }) {
                count.passed_steps += 1;
            }
            session.concluded(run_verdict(run, mismatches), now)
        }
        Some(Task::Compare) if refused => session.not_compared(now),
        Some(Task::Compare) => {
            count.matched = good;
            let result = if good {
                ComparisonResult::Matched
            } else {
                ComparisonResult::NotMatched
            };
            session.compared(comparison(result), now)
        }
        Some(Task::End(end)) => session.recorded(&on_record(end.ending), now),
    }
}

proptest! {
    #[test]
    fn bnk_8a_8b_nbs_10_no_sequence_of_moves_passes_without_the_whole_way(moves in prop::collection::vec(moves(), 0..160)) {
        let mut session = answer(created(), true, START).unwrap();
        let mut count = Count::default();
        let mut now = START;
        for step in moves {
            now = match step {
                Move::Wait(seconds) => after(now, seconds),
                Move::Back(seconds) => now - SignedDuration::from_secs(seconds.into()),
                _ => now,
            };
            let before = session.seen_at;
            let ended = session.outcome().is_some();
            if let Ok(next) = make(&session, &step, now, &mut count) {
                prop_assert!(!ended || next == Session { seen_at: next.seen_at, ..session.clone() }, "an end is final");
                session = next;
            }
            prop_assert!(session.seen_at >= before, "time goes back");
            prop_assert!(count.begun <= 4, "more than four runs");
            if session.outcome().is_some_and(|(outcome, _)| outcome.ending().passed()) {
                prop_assert!(count.planned >= 3 && count.passed_steps == count.planned);
                prop_assert!(count.concluded && count.matched);
            }
            let stored = serde_json::to_string(&session).unwrap();
            prop_assert!(serde_json::from_str::<Session>(&stored).unwrap() == session, "storing changes the session");
        }
    }
}
