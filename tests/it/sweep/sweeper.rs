//! Hands the journeys of a sweep to a few sites, each with an engine of its own.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::journeys::{Harm, clean, harmed};
use super::site::{Site, Verb};
use super::tally::Tally;

/// How many journeys go on at a time: much of a run is waiting.
const SITES: usize = 4;

/// A run may take a call or two more than the one without harm, to look once more.
const SPARE: usize = 2;

/// Does each harm at each call of each verb, and prints the counts.
pub fn sweep(title: &str, harms: &[Harm]) {
    let mut total = Tally::default();
    let mut calls = Vec::new();
    for verbs in [&Verb::OF_A_STACK[..], &[Verb::Purge]] {
        let (tally, least) = sweep_verbs(verbs, harms);
        total.add(tally);
        calls.extend(verbs.iter().copied().zip(least));
    }
    #[expect(clippy::print_stdout, reason = "the counts are for who runs the sweep by itself")]
    {
        println!("{title}:\n{total}");
    }
    for (verb, calls) in calls {
        assert!(total.struck(verb) >= calls * harms.len(), "{verb:?}: not every call of {calls} was struck");
    }
}

/// Returns what came of it, and how many calls each verb makes at least.
fn sweep_verbs(verbs: &[Verb], harms: &[Harm]) -> (Tally, Vec<usize>) {
    let next = AtomicUsize::new(0);
    let total = Mutex::new(Tally::default());
    let least = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..SITES {
            scope.spawn(|| {
                let site = Site::new();
                if verbs.contains(&Verb::Purge) {
                    site.make_rest();
                }
                let expected = clean(&site, verbs);
                let most = expected.iter().map(|verb| verb.calls).max().unwrap_or_default() + SPARE;
                let calls = expected.iter().map(|verb| verb.calls.saturating_sub(SPARE)).collect();
                *least.lock().expect("no site has panicked") = calls;
                loop {
                    let job = next.fetch_add(1, Ordering::Relaxed);
                    let (place, harm) = (job / harms.len(), harms[job % harms.len()]);
                    if place >= most {
                        break;
                    }
                    let tally = harmed(&site, &expected, harm, place);
                    total.lock().expect("no site has panicked").add(tally);
                }
            });
        }
    });
    let total = total.into_inner().expect("no site has panicked");
    (total, least.into_inner().expect("no site has panicked"))
}
