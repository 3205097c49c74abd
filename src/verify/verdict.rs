//! What was sent, what arrived where, and whether that is everything.

use std::time::Duration;

use serde::{Serialize, Serializer};

/// The answer of a verification.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    pub sent: Vec<Sent>,
    pub arrivals: Vec<Arrival>,
}

impl Verdict {
    /// Returns whether every record arrived at every exit.
    pub fn is_complete(&self) -> bool {
        !self.arrivals.is_empty() && self.arrivals.iter().all(|arrival| arrival.missing.is_empty())
    }
}

/// Records that a producer put into a stream.
#[derive(Debug, Serialize)]
pub struct Sent {
    pub producer: String,
    pub stream: String,
    pub rows: Vec<String>,
    /// When the first of them arrived, by the stream's own clock, in milliseconds since the epoch.
    #[serde(skip)]
    pub since: i64,
}

/// What came out at one end.
#[derive(Debug, Serialize)]
pub struct Arrival {
    /// What it was found in, such as `the log of consume-positions`.
    pub exit: String,
    /// Where, as a person would look for it: a log group or an S3 URL.
    pub place: String,
    pub arrived: usize,
    /// Rows that were found, as they were found, for a look at them.
    pub sample: Vec<String>,
    /// The marks of records that did not come.
    pub missing: Vec<String>,
    /// From the start of sending to the arrival of the last record.
    #[serde(rename = "seconds", serialize_with = "seconds")]
    pub after: Duration,
    /// What the exit itself says about trouble.
    pub trouble: Option<String>,
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}
