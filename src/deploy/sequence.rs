//! Jobs that wait for each other, several at a time.

use std::future::Future;

use futures::StreamExt;
use futures::stream::FuturesUnordered;

/// Runs a job for each place when those in its `prerequisites` have succeeded, at most `most` at a time.
///
/// Returns what came of each; nothing where a prerequisite failed, so that the job was not begun.
pub async fn run<T, E, F: Future<Output = Result<T, E>>>(
    prerequisites: &[Vec<usize>],
    most: usize,
    job: impl Fn(usize) -> F,
) -> Vec<Option<Result<T, E>>> {
    let mut outcomes: Vec<Option<Result<T, E>>> = prerequisites.iter().map(|_| None).collect();
    let mut waiting: Vec<usize> = (0..prerequisites.len()).collect();
    let mut running = FuturesUnordered::new();
    loop {
        waiting.retain(|&place| {
            let is_ready = prerequisites[place].iter().all(|&other| matches!(outcomes[other], Some(Ok(_))));
            let begins = is_ready && running.len() < most.max(1);
            if begins {
                let job = job(place);
                running.push(async move { (place, job.await) });
            }
            !begins
        });
        let Some((place, outcome)) = running.next().await else { return outcomes };
        outcomes[place] = Some(outcome);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};

    #[tokio::test]
    async fn keeps_the_order_and_the_limit_and_leaves_out_what_cannot_succeed() {
        let (begun, running, most) = (RefCell::new(Vec::new()), Cell::new(0), Cell::new(0));
        // 0 and 1 are free, 2 needs both, 3 needs 2, 4 needs 1.
        let prerequisites = [vec![], vec![], vec![0, 1], vec![2], vec![1]];
        let outcomes = run(&prerequisites, 2, |place| {
            let (begun, running, most) = (&begun, &running, &most);
            async move {
                begun.borrow_mut().push(place);
                running.set(running.get() + 1);
                most.set(most.get().max(running.get()));
                tokio::task::yield_now().await;
                running.set(running.get() - 1);
                if place == 0 { Err("no") } else { Ok(place) }
            }
        })
        .await;
        assert_eq!(outcomes, [Some(Err("no")), Some(Ok(1)), None, None, Some(Ok(4))]);
        assert_eq!((begun.into_inner(), most.get()), (vec![0, 1, 4], 2));
    }
}
