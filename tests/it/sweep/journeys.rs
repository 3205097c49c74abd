//! One journey: a stack is created, updated and deleted, or delivery streams are purged, and harm is done on the way.

use super::site::{Site, Verb};
use super::tally::{End, Tally};

/// What is done to a run at one of its calls; the text is a fault as a faults file has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    /// One attempt of the call fails.
    Once(&'static str),
    /// This call fails, and then as many as outlast the SDK's own attempts.
    Spell(&'static str),
    /// This call and all after it fail, to the end of the run.
    Outage(&'static str),
    /// The call is held up before it is executed (`slow`) or after (`late`), and the program killed meanwhile.
    Kill(&'static str),
}

impl Harm {
    /// Returns for how many seconds the program waits for an answer, where it is to wait in vain.
    fn patience(self) -> Option<&'static str> {
        match self {
            Self::Once(fault) | Self::Outage(fault) if fault.contains(OUTLASTING) => Some("1"),
            _ => None,
        }
    }

    /// Returns the rule that strikes at the `place`th call, counted from 0.
    fn rule(self, place: usize) -> String {
        let (fault, first) = match self {
            Self::Once(fault) => (braced(fault), ", first: 1"),
            Self::Spell(fault) => (braced(fault), ", first: 4"),
            Self::Outage(fault) => (braced(fault), ""),
            Self::Kill(fault) => (format!("{{ {fault}: {{ from: 10m }} }}"), ", first: 1"),
        };
        format!("service: '*', after: {place}{first}, fault: {fault}")
    }
}

/// How long a fault is slow that outlasts the program's patience.
const OUTLASTING: &str = "1200ms";

fn braced(fault: &str) -> String {
    if fault.contains(':') { format!("{{ {fault} }}") } else { fault.to_owned() }
}

/// What an account has after each verb when nothing goes wrong, and how many calls that took.
pub struct Clean {
    verb: Verb,
    holdings: Vec<String>,
    pub calls: usize,
}

/// Goes through a journey without harm.
pub fn clean(site: &Site, verbs: &[Verb]) -> Vec<Clean> {
    let one = |verb: &Verb| {
        site.prepare(*verb);
        site.faults("service: '*', fault: { late: { from: 0ms } }");
        let output = site.finish(site.start(*verb, None));
        assert_eq!(output.code, 0, "{verb:?} without harm: {output}");
        let calls = site.struck().len();
        site.faults("");
        Clean { verb: *verb, holdings: site.holdings(), calls }
    };
    verbs.iter().map(one).collect()
}

/// Goes through a journey, each of whose runs is harmed at its `place`th call.
pub fn harmed(site: &Site, expected: &[Clean], harm: Harm, place: usize) -> Tally {
    let mut tally = Tally::default();
    for Clean { verb, holdings, .. } in expected {
        let verb = *verb;
        let story = format!("{verb:?}, {harm:?} at call {place}");
        site.prepare(verb);
        site.faults(&harm.rule(place));
        let child = site.start(verb, harm.patience());
        let (struck, end) = match harm {
            Harm::Kill(_) => {
                site.kill_at_strike(child);
                let struck = site.struck();
                site.faults("");
                // Whoever was killed says nothing; the same again is what anybody would type.
                let again = site.finish(site.start(verb, None));
                assert_eq!(again.code, 0, "{story}, which is {struck:?}; again: {again}");
                (struck, End::Resumed)
            }
            Harm::Once(_) | Harm::Spell(_) | Harm::Outage(_) => {
                let output = site.finish(child);
                let struck = site.struck();
                site.faults("");
                match output.code {
                    0 => (struck, End::AtOnce),
                    1 | 4 | 5 | 6 | 8 => {
                        let again = site.resume(&output);
                        assert_eq!(
                            again.code, 0,
                            "{story}, which is {struck:?}; first: {output}\nthen: {again}"
                        );
                        (struck, End::Resumed)
                    }
                    _ => panic!("{story}, which is {struck:?}: {output}"),
                }
            }
        };
        let found = site.holdings();
        assert_eq!(found, *holdings, "{story}, which is {struck:?}");
        if let Some(operation) = struck.into_iter().next() {
            tally.count(verb, operation, end);
        }
    }
    tally
}
