//! Which hours of a vehicle a topic was told of, and who is about to tell it.
//!
//! An hour is claimed before its message is published, and noted as published afterwards; both are part of the
//! shard, and so are written under its condition. Of several invocations one gets the claim. A claim ends with
//! its invocation: past that invocation's deadline, whoever next changes the shard takes it over. If an
//! invocation dies between publishing and noting so, the message is published a second time.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::Maximum;

/// Published hours kept per vehicle: a month. All hours before the oldest one kept count as published.
const KEPT: usize = 31 * 24;

/// The hours of one vehicle, counted from 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alerts {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pending: BTreeMap<i64, Claim>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    published: BTreeSet<i64>,
    /// Hours before this one count as published.
    #[serde(skip_serializing_if = "Option::is_none")]
    settled_before: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Claim {
    invocation: String,
    /// When that invocation is surely over, in milliseconds since 1970.
    until: i64,
    row: Maximum,
}

/// An invocation that publishes.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimant {
    /// The request's identifier, which Lambda's own retries keep.
    pub invocation: String,
    /// Now, in milliseconds since 1970.
    pub now: i64,
    /// When the invocation is surely over.
    pub until: i64,
}

/// A vehicle that was too fast in an hour.
#[derive(Debug, Clone, PartialEq)]
pub struct Alert {
    pub vin: String,
    /// Hours since 1970.
    pub hour: i64,
    pub row: Maximum,
}

impl Alerts {
    /// Returns whether there is nothing to remember.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Claims `hour` unless it is claimed or published; says whether something changed.
    pub(crate) fn claim(&mut self, hour: i64, row: &Maximum, claimant: &Claimant) -> bool {
        if self.is_published(hour) || self.pending.contains_key(&hour) {
            return false;
        }
        let Claimant { invocation, until, .. } = claimant.clone();
        self.pending.insert(hour, Claim { invocation, until, row: row.clone() });
        true
    }

    /// Takes over claims whose invocation is over; says whether something changed.
    pub(crate) fn take_over(&mut self, claimant: &Claimant) -> bool {
        let mut changed = false;
        for claim in self.pending.values_mut() {
            if claim.until < claimant.now && claim.invocation != claimant.invocation {
                claim.invocation.clone_from(&claimant.invocation);
                claim.until = claimant.until;
                changed = true;
            }
        }
        changed
    }

    /// Returns the hours that `invocation` is to publish.
    pub(crate) fn due<'a>(&'a self, invocation: &'a str) -> impl Iterator<Item = (i64, &'a Maximum)> + 'a {
        let own = self.pending.iter().filter(move |(_, claim)| claim.invocation == invocation);
        own.map(|(hour, claim)| (*hour, &claim.row))
    }

    /// Notes that `hour` was published; says whether something changed.
    pub(crate) fn publish(&mut self, hour: i64) -> bool {
        let was_pending = self.pending.remove(&hour).is_some();
        if self.is_published(hour) {
            return was_pending;
        }
        self.published.insert(hour);
        while self.published.len() > KEPT {
            if let Some(oldest) = self.published.pop_first() {
                self.settled_before = Some(oldest + 1);
            }
        }
        true
    }

    /// Gives `invocation`'s claim on `hour` up, so that anyone may take it over at once.
    pub(crate) fn release(&mut self, hour: i64, invocation: &str) -> bool {
        match self.pending.get_mut(&hour) {
            Some(claim) if claim.invocation == invocation => {
                claim.invocation.clear();
                claim.until = 0;
                true
            }
            _ => false,
        }
    }

    fn is_published(&self, hour: i64) -> bool {
        self.settled_before.is_some_and(|before| hour < before) || self.published.contains(&hour)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Maximum {
        Maximum { speed: 140.0, timestamp: "t".into(), record_id: "r".into(), lon: None, lat: None }
    }

    fn claimant(invocation: &str, now: i64) -> Claimant {
        Claimant { invocation: invocation.into(), now, until: now + 60_000 }
    }

    #[test]
    fn is_claimed_by_one_invocation_only() {
        let mut alerts = Alerts::default();
        assert!(alerts.claim(7, &row(), &claimant("a", 0)));
        assert!(!alerts.claim(7, &row(), &claimant("b", 1)));
        assert!(!alerts.take_over(&claimant("b", 60_000)), "the deadline itself is not over");
        assert_eq!((alerts.due("a").count(), alerts.due("b").count()), (1, 0));
    }

    #[test]
    fn is_taken_over_from_a_dead_invocation() {
        let mut alerts = Alerts::default();
        alerts.claim(7, &row(), &claimant("a", 0));
        assert!(alerts.take_over(&claimant("b", 60_001)));
        assert_eq!((alerts.due("a").count(), alerts.due("b").count()), (0, 1));
        assert!(!alerts.take_over(&claimant("b", 60_001)), "it is b's already");
    }

    #[test]
    fn is_free_at_once_when_it_was_given_up() {
        let mut alerts = Alerts::default();
        alerts.claim(7, &row(), &claimant("a", 0));
        assert!(!alerts.release(7, "b"), "it is not b's to give up");
        assert!(alerts.release(7, "a"));
        assert!(alerts.take_over(&claimant("b", 1)));
    }

    #[test]
    fn stays_published_for_ever_in_bounded_room() {
        let mut alerts = Alerts::default();
        for hour in 0..2_000 {
            assert!(alerts.publish(hour));
        }
        assert_eq!(alerts.published.len(), KEPT);
        for hour in [0, 1_000, 1_999] {
            assert!(!alerts.claim(hour, &row(), &claimant("a", 0)));
            assert!(!alerts.publish(hour));
        }
    }
}
