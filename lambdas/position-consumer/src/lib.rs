//! Turns a batch of Kinesis records into one log line, and says from which record on to try again.
//!
//! It knows nothing of the Lambda runtime; `main.rs` wires it in.

use lambda_events::{BatchItemFailure, BatchResponse, KinesisEvent, KinesisRecord};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

/// The line that goes to the function's log. The count is a string, as in the notes this system began as.
#[derive(Debug, Serialize)]
pub struct LogLine {
    pub count: String,
    /// The records as they came: their numbers keep their digits, and their members their order.
    pub data: Vec<Box<RawValue>>,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Consumed {
    pub line: LogLine,
    pub response: BatchResponse,
    /// Why the first unreadable record could not be read, if there is one.
    pub problem: Option<String>,
}

/// Reads records up to the first one that is not base64 or not JSON.
///
/// It stops there because Lambda delivers everything from that record on again: reading further would log
/// those records twice. A bad record without a sequence number is passed over, since Lambda could not find it, and
/// would fail the whole batch instead.
pub fn consume(event: &KinesisEvent<'_>) -> Consumed {
    let mut data = Vec::with_capacity(event.records.len());
    let mut response = BatchResponse::default();
    let mut problem = None;
    let mut bytes = Vec::new();
    for record in &event.records {
        let reason = match decode(record, &mut bytes) {
            Ok(value) => {
                data.push(value);
                continue;
            }
            Err(reason) => reason,
        };
        let item_identifier = record.sequence_number.to_string();
        problem.get_or_insert_with(|| format!("record {item_identifier}: {reason}"));
        if !item_identifier.is_empty() {
            response.batch_item_failures.push(BatchItemFailure { item_identifier });
            break;
        }
    }
    Consumed { line: LogLine { count: data.len().to_string(), data }, response, problem }
}

fn decode(record: &KinesisRecord<'_>, bytes: &mut Vec<u8>) -> Result<Box<RawValue>, String> {
    record.decode(bytes).map_err(|error| error.to_string())?;
    // A line of the log must stay one line, however the record was laid out.
    let is_one_line = !bytes.trim_ascii().contains(&b'\n') && !bytes.contains(&b'\r');
    let value = match is_one_line {
        true => serde_json::from_slice(bytes),
        false => serde_json::from_slice::<Value>(bytes).and_then(|value| to_raw_value(&value)),
    };
    value.map_err(|error| format!("not JSON: {error}"))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use lambda_events::Event;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(records: &[(&str, &[u8])]) -> String {
        let records: Vec<Value> = records
            .iter()
            .map(|(sequence_number, data)| {
                json!({"kinesis": {"sequenceNumber": sequence_number, "data": STANDARD.encode(data)},
                       "eventSource": "aws:kinesis"})
            })
            .collect();
        json!({ "Records": records }).to_string()
    }

    fn consumed(payload: &str) -> (String, String, Option<String>) {
        let Consumed { line, response, problem } = consume(&KinesisEvent::read(payload));
        (serde_json::to_string(&line).unwrap(), serde_json::to_string(&response).unwrap(), problem)
    }

    #[test]
    fn logs_every_record_with_the_count_as_a_string() {
        let (line, response, problem) =
            consumed(&event(&[("1", b"{\"id\":\"a\",\"n\":1.10}\n"), ("2", b"[\n2]")]));
        assert_eq!(line, r#"{"count":"2","data":[{"id":"a","n":1.10},[2]]}"#);
        assert_eq!((&*response, problem), (r#"{"batchItemFailures":[]}"#, None));
    }

    #[test]
    fn reports_the_first_bad_record_and_leaves_the_later_ones_for_the_retry() {
        let (line, response, problem) =
            consumed(&event(&[("1", b"1"), ("2", b"not json"), ("3", b"3"), ("4", b"{")]));
        assert_eq!(line, r#"{"count":"1","data":[1]}"#);
        assert_eq!(response, r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#);
        assert!(problem.unwrap().starts_with("record 2: not JSON"));
    }

    #[test]
    fn reports_data_that_is_not_base64() {
        let (_, response, problem) =
            consumed(r#"{"Records":[{"kinesis":{"sequenceNumber":"9","data":"%%"}}]}"#);
        assert_eq!(response, r#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#);
        assert!(problem.unwrap().starts_with("record 9: not base64"));
    }

    #[test]
    fn passes_over_a_bad_record_that_lambda_could_not_find() {
        let (line, response, problem) = consumed(&event(&[("", b"bad"), ("2", b"2")]));
        assert_eq!((&*line, &*response), (r#"{"count":"1","data":[2]}"#, r#"{"batchItemFailures":[]}"#));
        assert!(problem.is_some());
    }

    #[test]
    fn accepts_an_event_without_records() {
        assert_eq!(consumed("{}").0, r#"{"count":"0","data":[]}"#);
    }

    proptest! {
        #[test]
        fn takes_any_payload_and_logs_one_line(payload in ".{0,200}", data in "[\\[\\]{}\":,a-z0-9.\r\n ]{0,60}") {
            consumed(&payload);
            let (line, ..) = consumed(&event(&[("1", data.as_bytes()), ("2", b"2")]));
            prop_assert!(!line.contains(['\n', '\r']));
        }
    }
}
