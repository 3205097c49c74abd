//! Puts invented GPS positions into a Kinesis stream, evenly over a given time.
//!
//! It ends by itself: when the time it was asked for is over, or shortly before Lambda would kill it. A
//! function that runs into its timeout counts as failed, and an asynchronous invocation would then be repeated.
//!
//! | variable | meaning | without it |
//! |---|---|---|
//! | `STREAM_NAME` | stream that the positions go to | the function does not start |

mod pace;

use std::time::{Duration, Instant};

use aws_sdk_kinesis::Client;
use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::PutRecordsRequestEntry;
use rand::Rng;
use serde::{Deserialize, Serialize};

pub use pace::Pace;

/// Most records that one PutRecords call takes.
/// <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>
const BATCH: u64 = 500;

/// How often a record that the stream throttled is tried again.
const RETRIES: u32 = 5;

/// The time between two calls.
const TICK: Duration = Duration::from_millis(100);

/// What the function is asked to do; every member has a default.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Request {
    /// Records per second.
    pub rate: f64,
    /// How long to go on, in seconds.
    pub seconds: f64,
    /// One key for all records, which sends them all to one shard; each record's own id when absent.
    pub partition_key: Option<String>,
}

impl Default for Request {
    fn default() -> Self {
        Self { rate: 10.0, seconds: 5.0, partition_key: None }
    }
}

impl Request {
    /// Reads an invocation's payload; no payload asks for the defaults.
    pub fn from_payload(payload: serde_json::Value) -> Result<Self, String> {
        let request: Self = match payload {
            serde_json::Value::Null => Self::default(),
            payload => serde_json::from_value(payload).map_err(|error| error.to_string())?,
        };
        for (name, value) in [("rate", request.rate), ("seconds", request.seconds)] {
            if !(value.is_finite() && (0.0..=1_000_000.0).contains(&value)) {
                return Err(format!("`{name}` is {value}; it must lie between 0 and 1000000"));
            }
        }
        Ok(request)
    }
}

/// A vehicle's position.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Position {
    /// A UUID, new for every position.
    pub id: String,
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
}

impl Position {
    /// Returns a position anywhere on Earth.
    pub fn invent(random: &mut impl Rng) -> Self {
        Self {
            id: uuid::Uuid::new_v4().to_string(),
            latitude: random.random_range(-90.0..=90.0),
            longitude: random.random_range(-180.0..=180.0),
        }
    }
}

/// What the function did.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Records that the stream took.
    pub sent: u64,
    /// Records that the stream refused to the end.
    pub failed: u64,
    /// Whether Lambda's deadline came before the requested time was over.
    pub cut_short: bool,
}

/// Sends what `request` asks for to `stream`, but nothing after `deadline`.
pub async fn produce(
    client: &Client,
    stream: &str,
    request: &Request,
    deadline: Instant,
) -> Result<Summary, aws_sdk_kinesis::Error> {
    let started = Instant::now();
    let mut pace = Pace::new(request.rate, Duration::from_secs_f64(request.seconds));
    let mut summary = Summary::default();
    loop {
        // One call at a time, so that a stream that cannot keep up neither fills the memory nor hides the deadline.
        let due = pace.due(started.elapsed(), BATCH);
        if due > 0 {
            let entries = (0..due).map(|_| entry(request)).collect::<Result<_, _>>()?;
            let failed = put(client, stream, entries, deadline).await? as u64;
            summary.failed += failed;
            summary.sent += due - failed;
        }
        if pace.is_over(started.elapsed()) {
            return Ok(summary);
        }
        if Instant::now() + TICK >= deadline {
            return Ok(Summary { cut_short: true, ..summary });
        }
        if due < BATCH {
            tokio::time::sleep(TICK).await;
        }
    }
}

fn entry(request: &Request) -> Result<PutRecordsRequestEntry, aws_sdk_kinesis::error::BuildError> {
    let position = Position::invent(&mut rand::rng());
    let key = request.partition_key.as_ref().unwrap_or(&position.id);
    // A struct of text and finite numbers always becomes JSON.
    let data = serde_json::to_vec(&position).unwrap_or_default();
    PutRecordsRequestEntry::builder().partition_key(key).data(Blob::new(data)).build()
}

/// Puts a batch, repeats the entries that were refused, and returns how many were refused to the end.
async fn put(
    client: &Client,
    stream: &str,
    mut entries: Vec<PutRecordsRequestEntry>,
    deadline: Instant,
) -> Result<usize, aws_sdk_kinesis::Error> {
    for attempt in 0..=RETRIES {
        let output =
            client.put_records().stream_name(stream).set_records(Some(entries.clone())).send().await?;
        let results = output.records().iter();
        entries = entries
            .into_iter()
            .zip(results)
            .filter(|(_, result)| result.error_code().is_some())
            .map(|(entry, _)| entry)
            .collect();
        let pause = backoff(attempt);
        if entries.is_empty() || Instant::now() + pause >= deadline {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    Ok(entries.len())
}

/// Returns a random pause of up to 50 ms, doubled with every attempt.
fn backoff(attempt: u32) -> Duration {
    let most = 50 * 2_u64.pow(attempt.min(10));
    Duration::from_millis(rand::rng().random_range(0..=most))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn asks_for_the_defaults_when_the_event_is_empty() {
        assert_eq!(Request::from_payload(json!({})), Ok(Request::default()));
        assert_eq!(Request::from_payload(serde_json::Value::Null), Ok(Request::default()));
    }

    #[test]
    fn reads_how_fast_and_how_long() {
        let request = Request::from_payload(json!({"rate": 20, "seconds": 3})).unwrap();
        assert_eq!((request.rate, request.seconds), (20.0, 3.0));
    }

    #[test]
    fn refuses_what_it_cannot_do() {
        assert!(Request::from_payload(json!({"rate": -1})).unwrap_err().contains("`rate` is -1"));
        assert!(Request::from_payload(json!({"speed": 1})).unwrap_err().contains("unknown field `speed`"));
    }

    proptest! {
        #[test]
        fn reads_any_payload(payload in ".{0,80}", rate in any::<f64>(), seconds in any::<f64>()) {
            let payload = serde_json::from_str(&payload).unwrap_or(serde_json::Value::String(payload));
            Request::from_payload(payload).ok();
            if let Ok(request) = Request::from_payload(json!({"rate": rate, "seconds": seconds})) {
                Pace::new(request.rate, Duration::from_secs_f64(request.seconds)).due(Duration::MAX, u64::MAX);
            }
        }
    }

    #[test]
    fn spreads_records_over_keys_unless_one_is_asked_for() {
        let spread = Request::default();
        let keys: std::collections::HashSet<_> =
            (0..100).map(|_| entry(&spread).unwrap().partition_key).collect();
        assert_eq!(keys.len(), 100);
        let constant = Request { partition_key: Some("geolocation".into()), ..Request::default() };
        assert_eq!(entry(&constant).unwrap().partition_key.as_deref(), Some("geolocation"));
    }

    #[test]
    fn invents_positions_on_earth() {
        for _ in 0..1000 {
            let position = Position::invent(&mut rand::rng());
            assert!((-90.0..=90.0).contains(&position.latitude));
            assert!((-180.0..=180.0).contains(&position.longitude));
            assert_eq!(position.id.len(), 36);
        }
    }
}
