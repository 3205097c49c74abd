//! Turns a batch of Kinesis records into one log line, and says from which record on to try again.
//!
//! A record into which a producer packed several rows counts as those, but fails or succeeds as one. The function has no
//! settings, and knows nothing of the Lambda runtime; `main.rs` wires it in.

use std::error::Error;

use lambda_events::{BatchItemFailure, BatchResponse, Event, FromPayload, KinesisEvent, KinesisRecord};
use serde::de::IgnoredAny;
use serde_json::Value;

/// What became of a batch.
#[derive(Debug, PartialEq)]
pub struct Consumed {
    /// The line that goes to the function's log, with its newline.
    pub line: Vec<u8>,
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
    let (mut records, mut count) = (Vec::new(), 0);
    let mut response = BatchResponse::default();
    let mut problem = None;
    let mut bytes = Vec::new();
    for record in &event.records {
        let before = (count, records.len());
        let Err(reason) = append(record, &mut bytes, &mut records, &mut count) else { continue };
        // Of a record into which several rows are packed, the good ones come again, too.
        count = before.0;
        records.truncate(before.1);
        let item_identifier = record.sequence_number.to_string();
        problem.get_or_insert_with(|| format!("record {item_identifier}: {reason}"));
        if !item_identifier.is_empty() {
            response.batch_item_failures.push(BatchItemFailure { item_identifier });
            break;
        }
    }
    Consumed { line: line(count, &records), response, problem }
}

impl FromPayload for Consumed {
    fn from_payload(payload: &str) -> Self {
        consume(&KinesisEvent::read(payload))
    }
}

/// Returns `{"count": …, "data": […]}`. The count is a string, as in the notes this system began as.
fn line(count: usize, records: &[u8]) -> Vec<u8> {
    let mut line = Vec::with_capacity(records.len() + 40);
    line.extend_from_slice(format!("{{\"count\":\"{count}\",\"data\":[").as_bytes());
    line.extend_from_slice(records.strip_prefix(b",").unwrap_or(records));
    line.extend_from_slice(b"]}\n");
    line
}

/// Appends the rows of a record, each after a comma, and counts them.
fn append(
    record: &KinesisRecord<'_>,
    bytes: &mut Vec<u8>,
    records: &mut Vec<u8>,
    count: &mut usize,
) -> Result<(), String> {
    for row in record.rows(bytes).map_err(|error| error.to_string())? {
        append_row(row, records).map_err(|error| format!("not JSON: {error}"))?;
        *count += 1;
    }
    Ok(())
}

/// Appends a comma and the row as it came: its numbers keep their digits, and its members their order.
fn append_row(row: &[u8], records: &mut Vec<u8>) -> Result<(), Box<dyn Error>> {
    let text = str::from_utf8(row)?.trim_ascii();
    records.push(b',');
    if text.contains(['\n', '\r']) {
        // A line of the log must stay one line, however the row was laid out.
        let value: Value = serde_json::from_str(text)?;
        serde_json::to_writer(records, &value)?;
    } else {
        serde_json::from_str::<IgnoredAny>(text)?;
        records.extend_from_slice(text.as_bytes());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
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
        let line = String::from_utf8(line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap();
        (line.strip_suffix('\n').unwrap().to_owned(), serde_json::to_string(&response).unwrap(), problem)
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
    fn logs_every_row_that_a_producer_packed_into_one_record() {
        // As the Kinesis Producer Library packs `{"id":"a"}` and `2`, and `{"id":"a"}` and `{`.
        const GOOD: &str = "84mawgoDa2V5Gg4IABoKeyJpZCI6ImEifRoFCAAaATL54u/ETTsOo6T1rQMVGXKH";
        const BAD: &str = "84mawgoDa2V5Gg4IABoKeyJpZCI6ImEifRoFCAAaAXt0sSAXRnYnTklPzflX1XAe";
        let record = |number: &str, data: &str| json!({"kinesis": {"sequenceNumber": number, "data": data}});
        let event = json!({"Records": [record("1", GOOD), record("2", BAD), record("3", GOOD)]});
        let (line, response, problem) = consumed(&event.to_string());
        assert_eq!(line, r#"{"count":"2","data":[{"id":"a"},2]}"#, "all of the second comes again");
        assert_eq!(response, r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#);
        assert!(problem.unwrap().starts_with("record 2: not JSON"));
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
