//! What became of each delivery stream; its JSON form is a contract, version 1.

use serde::Serialize;

/// What became, or would become, of a delivery stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    WouldDelete,
    Deleted,
    /// Somebody else was quicker.
    Gone,
    /// A stack owns it.
    Kept,
    /// It should have gone and is still there.
    Left,
}

/// A delivery stream that was chosen by name.
#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub name: String,
    pub outcome: Outcome,
    /// Its state when it was last looked at.
    pub status: Option<String>,
    /// The stack that owns it.
    pub stack: Option<String>,
    /// The buckets in which its objects stay.
    pub buckets: Vec<String>,
    /// Why it is left.
    pub reason: Option<String>,
}

/// What became of all.
#[derive(Debug, Serialize)]
pub struct Report {
    pub version: u32,
    pub dry_run: bool,
    pub account: String,
    pub region: String,
    pub seconds: f64,
    pub streams: Vec<Entry>,
    /// Delivery streams that the patterns do not choose.
    pub not_chosen: usize,
    /// How many there are now, as far as is known.
    pub remaining: usize,
}

impl Entry {
    /// Tells whether the delivery stream is still there, as far as is known.
    pub fn is_there(&self) -> bool {
        !matches!(self.outcome, Outcome::Deleted | Outcome::Gone)
    }
}

impl Report {
    pub fn count(&self, outcome: Outcome) -> usize {
        self.streams.iter().filter(|entry| entry.outcome == outcome).count()
    }

    /// Returns the buckets that keep the objects of those with that outcome, each once and in order.
    pub fn buckets(&self, outcome: Outcome) -> Vec<&str> {
        let entries = self.streams.iter().filter(|entry| entry.outcome == outcome);
        let mut buckets: Vec<&str> =
            entries.flat_map(|entry| entry.buckets.iter().map(String::as_str)).collect();
        buckets.sort_unstable();
        buckets.dedup();
        buckets
    }
}
