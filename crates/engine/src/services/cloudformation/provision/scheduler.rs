//! Does pieces of work in the order of their prerequisites, independent ones at the same time.
//!
//! It knows names and sets only: whether the work creates or deletes is its caller's business.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;

/// What became of the work.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub done: BTreeSet<String>,
    /// In the order in which they failed.
    pub failed: Vec<String>,
    /// Never begun: a prerequisite failed, or the work was stopped.
    pub left: BTreeSet<String>,
}

/// Runs `work` for every name once all of its prerequisites are done.
///
/// A prerequisite that is not among the names counts as done. What failed holds back only what needs it, unless
/// `may_begin` says that nothing new is to be begun; what has begun is always awaited.
pub async fn run<F>(
    prerequisites: &BTreeMap<String, BTreeSet<String>>,
    may_begin: impl Fn() -> bool,
    work: impl Fn(String) -> F,
) -> Report
where
    F: Future<Output = bool>,
{
    let mut report = Report { left: prerequisites.keys().cloned().collect(), ..Report::default() };
    let mut running = FuturesUnordered::new();
    loop {
        let ready: Vec<String> = match may_begin() {
            true => {
                report.left.iter().filter(|name| is_ready(name, prerequisites, &report)).cloned().collect()
            }
            false => Vec::new(),
        };
        for name in ready {
            report.left.remove(&name);
            let doing = work(name.clone());
            running.push(async move {
                // Work that never waits must not keep others from their turn, nor the engine from stopping.
                tokio::task::yield_now().await;
                (name, doing.await)
            });
        }
        match running.next().await {
            Some((name, true)) => {
                report.done.insert(name);
            }
            Some((name, false)) => report.failed.push(name),
            None => return report,
        }
    }
}

fn is_ready(name: &str, prerequisites: &BTreeMap<String, BTreeSet<String>>, report: &Report) -> bool {
    prerequisites[name]
        .iter()
        .all(|needed| !prerequisites.contains_key(needed) || report.done.contains(needed))
}

/// Turns "needs" around, which is the order in which things can be deleted.
pub fn reversed(prerequisites: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let mut reversed: BTreeMap<String, BTreeSet<String>> =
        prerequisites.keys().map(|name| (name.clone(), BTreeSet::new())).collect();
    for (name, needed) in prerequisites {
        for needed in needed {
            if let Some(dependents) = reversed.get_mut(needed) {
                dependents.insert(name.clone());
            }
        }
    }
    reversed
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    fn graph(edges: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        edges.iter().map(|(name, needed)| ((*name).to_owned(), set(needed))).collect()
    }

    #[tokio::test]
    async fn begins_a_piece_only_after_what_it_needs() {
        let graph = graph(&[("a", &["b", "c"]), ("b", &["c"]), ("c", &["elsewhere"])]);
        let order = RefCell::new(Vec::new());
        let work = |name: String| {
            order.borrow_mut().push(name);
            async { true }
        };
        let report = run(&graph, || true, work).await;
        assert_eq!(*order.borrow(), ["c", "b", "a"]);
        assert!(report.left.is_empty() && report.failed.is_empty());
    }

    #[tokio::test]
    async fn holds_back_only_what_needs_a_failure() {
        let graph = graph(&[("a", &["b"]), ("b", &[]), ("c", &[])]);
        let report = run(&graph, || true, |name| async move { name != "b" }).await;
        assert_eq!(report.failed, ["b"]);
        assert_eq!(report.done, BTreeSet::from(["c".to_owned()]));
        assert_eq!(report.left, BTreeSet::from(["a".to_owned()]));
    }

    #[test]
    fn turns_needs_around() {
        let turned = reversed(&graph(&[("a", &["b"]), ("b", &[])]));
        assert_eq!(turned, graph(&[("a", &[]), ("b", &["a"])]));
    }
}
