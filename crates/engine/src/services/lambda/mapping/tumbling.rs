//! Tumbling windows: spans of time by which a function aggregates the records of a shard, with the state that it
//! hands from one invocation to the next.
//!
//! Windows begin at multiples of their length. One without records is not there: nobody is invoked for it, which
//! is not confirmed on AWS.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::Timestamp;

/// Largest state, as JSON text. A window whose state is larger ends early.
const LARGEST_STATE: usize = 1 << 20;

/// A window whose end was not handled yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenWindow {
    start: Timestamp,
    pub end: Timestamp,
    /// What the function returned last.
    pub state: Value,
}

/// Why a function is invoked within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Records,
    End,
    /// The state became too large.
    EarlyEnd,
}

impl OpenWindow {
    /// Returns the window of so many seconds that a moment is in.
    pub fn around(moment: Timestamp, seconds: u32) -> Self {
        let length = Duration::from_secs(u64::from(seconds.max(1)));
        let start = Timestamp(moment.0 - moment.0.rem_euclid(i64::from(seconds.max(1)) * 1000));
        Self { start, end: start + length, state: json!({}) }
    }

    /// Adds to an event what it says of the window.
    pub fn mark(&self, event: &mut Value, shard_id: &str, stream_arn: &str, occasion: Occasion) {
        let moment = |moment: Timestamp| moment.format("%Y-%m-%dT%H:%M:%SZ");
        event["window"] = json!({"start": moment(self.start), "end": moment(self.end)});
        event["state"] = self.state.clone();
        event["shardId"] = json!(shard_id);
        event["eventSourceARN"] = json!(stream_arn);
        // Whether an early end is a final invocation, too, is not confirmed on AWS.
        event["isFinalInvokeForWindow"] = json!(occasion == Occasion::End);
        event["isWindowTerminatedEarly"] = json!(occasion == Occasion::EarlyEnd);
    }

    /// Tells whether the state is more than is handed on.
    pub fn is_too_large(&self) -> bool {
        self.size() > LARGEST_STATE
    }

    /// Returns the bytes that it takes in an event.
    pub fn size(&self) -> usize {
        self.state.to_string().len()
    }

    /// Forgets the state.
    pub fn start_over(&mut self) {
        self.state = json!({});
    }
}

/// Returns the state in a function's answer; without one the invocation failed.
pub fn state(answer: &[u8]) -> Option<Value> {
    let mut answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get_mut("state").map(Value::take).filter(|state| !state.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn begins_at_multiples_of_its_length() {
        let mut event = json!({"Records": []});
        let mut window = OpenWindow::around(Timestamp(1_607_497_475_000), 120);
        window.state = json!({"1": 282, "2": 715});
        let arn = "arn:aws:kinesis:us-east-1:123456789012:stream/lambda-stream";
        window.mark(&mut event, "shardId-000000000006", arn, Occasion::Records);
        let expected = json!({
            "Records": [],
            "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
            "state": {"1": 282, "2": 715}, "shardId": "shardId-000000000006", "eventSourceARN": arn,
            "isFinalInvokeForWindow": false, "isWindowTerminatedEarly": false,
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn needs_a_state_of_no_more_than_a_megabyte() {
        assert_eq!(state(br#"{"state":{"n":1},"batchItemFailures":[]}"#), Some(json!({"n": 1})));
        assert_eq!(state(br#"{"batchItemFailures":[]}"#), None);
        assert_eq!(state(b"null"), None);
        let mut window = OpenWindow::around(Timestamp(0), 1);
        window.state = json!("x".repeat(LARGEST_STATE - 2));
        assert!(!window.is_too_large());
        window.state = json!("x".repeat(LARGEST_STATE - 1));
        assert!(window.is_too_large());
        window.start_over();
        assert_eq!(window.state, json!({}));
    }
}
