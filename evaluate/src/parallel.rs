//! Work spread over the machine's cores.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Items between two lines about how far the work has come.
const LINE_EVERY: usize = 500;

/// Applies `work` to each item on all cores; the results are in the order of the items. The first error, by that order, wins.
/// Says on the standard error stream how many of the items, called `what`, are done, where there are many.
pub(crate) fn map<T: Sync, R: Send, E: Send>(
    what: &str,
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(items.len().max(1));
    let run = || {
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return mine };
            mine.push((index, work(item)));
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            if done.is_multiple_of(LINE_EVERY) {
                eprintln!("{done} of {} {what}", items.len());
            }
        }
    };
    let mut results = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(run)).collect();
        let mut all = Vec::with_capacity(items.len());
        for worker in workers {
            match worker.join() {
                Ok(mine) => all.extend(mine),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let items: Vec<u32> = (0..499).collect();
        let doubled = map("numbers", &items, |n| Ok::<_, ()>(2 * n)).unwrap();
        assert!(doubled.iter().zip(&items).all(|(d, n)| *d == 2 * n) && doubled.len() == 499);
    }

    #[test]
    fn the_first_error_wins() {
        let items: Vec<u32> = (0..499).collect();
        assert_eq!(
            map("numbers", &items, |n| if *n % 7 == 3 { Err(*n) } else { Ok(()) }),
            Err(3)
        );
    }
}
