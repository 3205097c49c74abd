//! Turns a batch of Kinesis records into one log line, and says from which record on to try again.
//!
//! It knows nothing of the Lambda runtime; `main.rs` wires it in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The event of a Kinesis event source mapping; members that this function does not need are left out.
#[derive(Debug, Deserialize)]
pub struct KinesisEvent {
    #[serde(rename = "Records", default)]
    pub records: Vec<KinesisEventRecord>,
}

/// One record of a [`KinesisEvent`].
#[derive(Debug, Deserialize)]
pub struct KinesisEventRecord {
    pub kinesis: KinesisData,
}

/// The Kinesis part of a record.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KinesisData {
    pub sequence_number: String,
    /// The record's bytes in base64.
    pub data: String,
}

/// The line that goes to the function's log. The count is a string, as in the notes this system began as.
#[derive(Debug, Serialize, PartialEq)]
pub struct LogLine {
    pub count: String,
    pub data: Vec<Value>,
}

/// The function's answer: where Lambda is to go on.
///
/// For a stream the lowest identifier is the checkpoint; Lambda delivers that record and all later ones again.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
#[derive(Debug, Default, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A record that could not be processed, by its sequence number.
#[derive(Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    pub item_identifier: String,
}

/// What became of a batch.
#[derive(Debug, PartialEq)]
pub struct Consumed {
    pub line: LogLine,
    pub response: BatchResponse,
    /// Why the first unreadable record could not be read, if there is one.
    pub problem: Option<String>,
}

/// Reads records up to the first one that is not base64 or not JSON.
///
/// It stops there because Lambda delivers everything from that record on again: reading further would log
/// those records twice.
pub fn consume(event: &KinesisEvent) -> Consumed {
    let mut data = Vec::with_capacity(event.records.len());
    let mut response = BatchResponse::default();
    let mut problem = None;
    for record in &event.records {
        match decode(&record.kinesis.data) {
            Ok(value) => data.push(value),
            Err(reason) => {
                let item_identifier = record.kinesis.sequence_number.clone();
                problem = Some(format!("record {item_identifier}: {reason}"));
                response.batch_item_failures.push(BatchItemFailure { item_identifier });
                break;
            }
        }
    }
    Consumed { line: LogLine { count: data.len().to_string(), data }, response, problem }
}

fn decode(data: &str) -> Result<Value, String> {
    let bytes = STANDARD.decode(data).map_err(|error| format!("not base64: {error}"))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(records: &[(&str, &[u8])]) -> KinesisEvent {
        let records: Vec<Value> = records
            .iter()
            .map(|(sequence_number, data)| {
                json!({"kinesis": {"sequenceNumber": sequence_number, "data": STANDARD.encode(data)},
                       "eventSource": "aws:kinesis"})
            })
            .collect();
        serde_json::from_value(json!({ "Records": records })).unwrap()
    }

    #[test]
    fn logs_every_record_with_the_count_as_a_string() {
        let consumed = consume(&event(&[("1", br#"{"id":"a"}"#), ("2", b"[2]")]));
        assert_eq!(
            serde_json::to_string(&consumed.line).unwrap(),
            r#"{"count":"2","data":[{"id":"a"},[2]]}"#
        );
        assert_eq!(serde_json::to_string(&consumed.response).unwrap(), r#"{"batchItemFailures":[]}"#);
    }

    #[test]
    fn reports_the_first_bad_record_and_leaves_the_later_ones_for_the_retry() {
        let consumed = consume(&event(&[("1", b"1"), ("2", b"not json"), ("3", b"3"), ("4", b"{")]));
        assert_eq!(consumed.line, LogLine { count: "1".into(), data: vec![json!(1)] });
        let response = serde_json::to_string(&consumed.response).unwrap();
        assert_eq!(response, r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#);
        assert!(consumed.problem.unwrap().starts_with("record 2: not JSON"));
    }

    #[test]
    fn reports_data_that_is_not_base64() {
        let event = json!({"Records": [{"kinesis": {"sequenceNumber": "9", "data": "%%"}}]});
        let consumed = consume(&serde_json::from_value(event).unwrap());
        assert_eq!(consumed.response.batch_item_failures[0].item_identifier, "9");
    }

    #[test]
    fn accepts_an_event_without_records() {
        let consumed = consume(&serde_json::from_value(json!({})).unwrap());
        assert_eq!(consumed.line.count, "0");
    }
}
