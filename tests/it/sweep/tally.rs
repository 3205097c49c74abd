//! Counts what was struck and how it ended.

use std::collections::BTreeMap;
use std::fmt;

use super::site::Verb;

/// How a struck run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It succeeded all the same.
    AtOnce,
    /// It failed, and the command that it named finished the work.
    Resumed,
}

/// The struck runs of a sweep.
#[derive(Debug, Default)]
pub struct Tally {
    ends: BTreeMap<Verb, [usize; 2]>,
    /// What was struck, to see that nothing is left out.
    operations: BTreeMap<Verb, BTreeMap<String, usize>>,
}

impl Tally {
    pub fn count(&mut self, verb: Verb, operation: String, end: End) {
        let [at_once, resumed] = self.ends.entry(verb).or_default();
        match end {
            End::AtOnce => *at_once += 1,
            End::Resumed => *resumed += 1,
        }
        *self.operations.entry(verb).or_default().entry(operation).or_default() += 1;
    }

    pub fn add(&mut self, other: Self) {
        for (verb, [at_once, resumed]) in other.ends {
            let ends = self.ends.entry(verb).or_default();
            ends[0] += at_once;
            ends[1] += resumed;
        }
        for (verb, operations) in other.operations {
            for (operation, count) in operations {
                *self.operations.entry(verb).or_default().entry(operation).or_default() += count;
            }
        }
    }

    /// Returns how many runs of a verb were struck.
    pub fn struck(&self, verb: Verb) -> usize {
        self.ends.get(&verb).map_or(0, |ends| ends.iter().sum())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (verb, [at_once, resumed]) in &self.ends {
            let struck = at_once + resumed;
            write!(
                f,
                "  {verb:?}: {struck} struck, {at_once} succeeded at once, {resumed} by the command named;"
            )?;
            let operations = &self.operations[verb];
            let named = operations.iter().map(|(operation, count)| format!(" {operation} ×{count}"));
            writeln!(f, "{}", named.collect::<Vec<_>>().join(","))?;
        }
        Ok(())
    }
}
