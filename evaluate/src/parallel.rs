//! Work spread over the machine's cores.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Applies `work` to each item on all cores; the results are in the order of the items. The first error, by that order, wins.
pub(crate) fn map<T: Sync, R: Send, E: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let threads = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(items.len().max(1));
    let run = || {
        let mut mine = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { return mine };
            mine.push((index, work(item)));
        }
    };
    let mut done = thread::scope(|scope| {
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
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order() {
        let items: Vec<u32> = (0..500).collect();
        let doubled = map(&items, |n| Ok::<_, ()>(2 * n)).unwrap();
        assert!(doubled.iter().zip(&items).all(|(d, n)| *d == 2 * n) && doubled.len() == 500);
    }

    #[test]
    fn the_first_error_wins() {
        let items: Vec<u32> = (0..500).collect();
        assert_eq!(map(&items, |n| if *n % 7 == 3 { Err(*n) } else { Ok(()) }), Err(3));
    }
}
