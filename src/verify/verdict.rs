//! What was sent, what arrived where, and whether that is everything.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::error::{Error, Kind, Result};

/// The answer of a verification.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    pub sent: Vec<Sent>,
    pub arrivals: Vec<Arrival>,
    /// Objects that held nothing but these records and were deleted.
    pub removed: u64,
}

impl Verdict {
    /// Returns whether every record arrived at every exit.
    pub fn is_complete(&self) -> bool {
        !self.arrivals.is_empty() && self.arrivals.iter().all(|arrival| arrival.missing.is_empty())
    }

    /// Returns the failure that it is when a record is missing.
    pub fn outcome(&self) -> Result<()> {
        match self.is_complete() {
            true => Ok(()),
            false => Err(Error::new(Kind::Unverified, "not every record arrived")),
        }
    }

    /// Notes for every exit that lacks records how far they are known to have come.
    pub fn say_where_last_seen(&mut self) {
        let reached: Vec<String> =
            self.arrivals.iter().filter(|one| one.arrived > 0).map(|one| one.exit.clone()).collect();
        for arrival in self.arrivals.iter_mut().filter(|arrival| !arrival.missing.is_empty()) {
            let before = arrival.before.clone().filter(|before| reached.contains(before));
            arrival.last_seen = Some(before.unwrap_or_else(|| arrival.into.clone()));
        }
    }
}

/// Records that entered.
#[derive(Debug, Serialize)]
pub struct Sent {
    /// Where they entered: a block, or a route such as `GET /tickers`.
    pub entrance: String,
    /// The stream or delivery that they are in then.
    pub into: String,
    pub rows: Vec<Row>,
}

/// A record, and the part of it that no other has.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub text: String,
    pub mark: String,
}

/// What came out at one end.
#[derive(Debug, Serialize)]
pub struct Arrival {
    pub entrance: String,
    /// The stream or delivery in which the records were first.
    pub into: String,
    /// What they were looked for in, such as `the log of consume-positions`.
    pub exit: String,
    /// The exit that they pass on the way to this one.
    #[serde(skip)]
    pub before: Option<String>,
    /// Where, as a person would look for it: a log group, an S3 URL or a topic's ARN.
    pub place: String,
    pub arrived: usize,
    /// Rows that were found, for a look at them.
    pub sample: Vec<String>,
    /// The marks of records that did not come.
    pub missing: Vec<String>,
    /// From the start of sending to the arrival of the last record.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub after: Duration,
    /// How long the pipeline's own buffers and windows may hold a record back.
    #[serde(rename = "allowed_seconds", serialize_with = "seconds")]
    pub allowed: Duration,
    /// How far the missing records are known to have come.
    pub last_seen: Option<String>,
    /// What the exit itself says about trouble.
    pub trouble: Option<String>,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}
