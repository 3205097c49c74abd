//! Every call of every verb fails in turn, in every way, and the program dies at every call: the work is finished all
//! the same, nothing twice, and nothing left.
//!
//! A journey creates a stack, updates it and deletes it; at each of the three, the same call of that run is struck. What
//! ends in failure has to name a command, and that command alone has to finish it. A journey without faults says what
//! must be there after each step.

mod journeys;
mod site;
mod sweeper;
mod tally;

use journeys::Harm;
use sweeper::sweep;

/// With this variable set, each sweep goes through more kinds of faults than the suite has time for.
const WIDE: &str = "HYDRANT_WIDE_SWEEP";

/// Faults that strike one attempt of one call, as most do; the slow one outlasts the program's patience.
#[test]
fn survives_a_fault_at_every_call() {
    let always = ["lose-answer", "slow: { from: 1200ms }"];
    let wide = ["error: {}", "throttle", "drop", "slow: { from: 100ms }", "late: { from: 1200ms }"];
    sweep("one fault at each call", &harms(Harm::Once, &always, &wide));
}

/// The network is gone, or the service down, from one call to the end of the run.
#[test]
fn names_the_command_that_finishes_what_an_outage_stopped() {
    let wide = ["error: { status: 503 }", "lose-answer", "drop", "slow: { from: 1200ms }"];
    sweep("an outage from each call on", &harms(Harm::Outage, &["error: {}"], &wide));
}

/// Somebody else uses up what the account may ask for, for longer than a call is tried.
#[test]
fn outlasts_or_resumes_after_a_spell_of_throttling_at_every_call() {
    sweep("a spell of throttling from each call on", &[Harm::Spell("throttle")]);
}

/// `kill -9` before a call is executed, and after it was, before its answer comes.
#[test]
fn converges_after_kill_9_at_every_call() {
    sweep("kill -9 at each call", &harms(Harm::Kill, &["slow", "late"], &[]));
}

fn harms(harm: fn(&'static str) -> Harm, always: &[&'static str], wide: &[&'static str]) -> Vec<Harm> {
    let wide = if std::env::var_os(WIDE).is_some() { wide } else { &[] };
    always.iter().chain(wide).map(|fault| harm(fault)).collect()
}
