//! The event that a function gets for a batch of Kinesis records, and what its answer says about them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Mapping;
use super::tumbling::{Occasion, OpenWindow};
use crate::services::kinesis::Record;
use crate::services::lambda::invoke::EVENT_LIMIT;

/// What surrounds the records of an event.
const FRAME: usize = r#"{"Records":[]}"#.len();

/// Writes events for the records of one shard.
pub struct EventWriter<'a> {
    pub mapping: &'a Mapping,
    pub role: &'a str,
    pub shard_id: &'a str,
}

impl EventWriter<'_> {
    /// Returns how many of `records`, from the first, fit into one event beside `taken` bytes; at least one.
    pub fn fitting(&self, records: &[Record], taken: usize) -> usize {
        let mut size = FRAME + taken;
        let mut fits = |record: &Record| {
            size += self.record(record).to_string().len() + 1;
            size <= EVENT_LIMIT
        };
        records.iter().take_while(|record| fits(record)).count().max(1).min(records.len())
    }

    /// Writes an event, within a window if there is one.
    pub fn write(&self, records: &[Record], window: Option<(&OpenWindow, Occasion)>) -> Bytes {
        let records: Vec<Value> = records.iter().map(|record| self.record(record)).collect();
        let mut event = json!({"Records": records});
        if let Some((window, occasion)) = window {
            window.mark(&mut event, self.shard_id, &self.mapping.source_arn, occasion);
        }
        Bytes::from(event.to_string())
    }

    fn record(&self, record: &Record) -> Value {
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": record.partition_key,
                "sequenceNumber": record.sequence_number,
                "data": STANDARD.encode(&record.data),
                "approximateArrivalTimestamp": record.arrived_at.seconds(),
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": format!("{}:{}", self.shard_id, record.sequence_number),
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self.role,
            "awsRegion": self.mapping.function.region,
            "eventSourceARN": self.mapping.source_arn,
        })
    }
}

/// What the answer of a function says about its batch.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Done,
    /// The first record that failed; those before it are done.
    FailedFrom(usize),
    Failed,
}

/// Reads the answer of a function that reports the records that failed.
pub fn verdict(answer: &[u8], records: &[Record]) -> Verdict {
    let Some(failed) = failed_ids(answer) else { return Verdict::Failed };
    let mut lowest = records.len();
    for id in failed {
        let index = records.iter().position(|record| record.sequence_number == id);
        let Some(index) = index else { return Verdict::Failed };
        lowest = lowest.min(index);
    }
    if lowest == records.len() { Verdict::Done } else { Verdict::FailedFrom(lowest) }
}

/// Returns what an answer reports as failed; `None` when AWS cannot make sense of it and so fails the whole batch.
pub fn failed_ids(answer: &[u8]) -> Option<Vec<String>> {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        // Not confirmed on AWS: an answer that is not JSON at all.
        return answer.is_empty().then(Vec::new);
    };
    let failures = match &answer["batchItemFailures"] {
        Value::Null => return Some(Vec::new()),
        Value::Array(failures) => failures,
        _ => return None,
    };
    let id = |failure: &Value| failure["itemIdentifier"].as_str().map(str::to_owned);
    failures.iter().map(id).collect()
}

#[cfg(test)]
mod tests {
    use crate::clock::Timestamp;

    use super::super::tests::mapping;
    use super::*;

    fn record(sequence_number: &str, data: &[u8]) -> Record {
        Record {
            sequence_number: sequence_number.into(),
            partition_key: "key".into(),
            data: Bytes::copy_from_slice(data),
            arrived_at: Timestamp(1_545_084_650_987),
        }
    }

    #[test]
    fn writes_the_event_as_aws_does() {
        let records =
            [record("49590338271490256608559692538361571095921575989136588898", b"Hello, this is a test.")];
        let mapping = mapping();
        let role = "arn:aws:iam::111122223333:role/r";
        let event =
            EventWriter { mapping: &mapping, role, shard_id: "shardId-000000000006" }.write(&records, None);
        let expected = concat!(
            r#"{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"key","#,
            r#""sequenceNumber":"49590338271490256608559692538361571095921575989136588898","#,
            r#""data":"SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==","approximateArrivalTimestamp":1545084650.987},"#,
            r#""eventSource":"aws:kinesis","eventVersion":"1.0","#,
            r#""eventID":"shardId-000000000006:49590338271490256608559692538361571095921575989136588898","#,
            r#""eventName":"aws:kinesis:record","invokeIdentityArn":"arn:aws:iam::111122223333:role/r","#,
            r#""awsRegion":"us-east-1","eventSourceARN":"arn:aws:kinesis:us-east-1:111122223333:stream/s"}]}"#,
        );
        assert_eq!(event, expected);
    }

    #[test]
    fn cuts_a_batch_at_six_megabytes() {
        let large = vec![b'x'; 1 << 20];
        let records: Vec<Record> = (0..8).map(|n| record(&n.to_string(), &large)).collect();
        let mapping = mapping();
        let writer = EventWriter { mapping: &mapping, role: "role", shard_id: "shard" };
        let count = writer.fitting(&records, 0);
        assert_eq!(count, 4);
        assert!(writer.write(&records[..count], None).len() <= EVENT_LIMIT);
        assert_eq!(writer.fitting(&[record("0", &vec![0; 6 << 20])], 0), 1);
    }

    #[test]
    fn reads_which_records_failed() {
        let records = [record("1", b""), record("2", b""), record("3", b"")];
        let cases: [(&[u8], Verdict); 9] = [
            (b"", Verdict::Done),
            (b"null", Verdict::Done),
            (b"{}", Verdict::Done),
            (br#"{"batchItemFailures":[]}"#, Verdict::Done),
            (
                br#"{"batchItemFailures":[{"itemIdentifier":"3"},{"itemIdentifier":"2"}]}"#,
                Verdict::FailedFrom(1),
            ),
            (br#"{"batchItemFailures":[{"itemIdentifier":""}]}"#, Verdict::Failed),
            (br#"{"batchItemFailures":[{"itemIdentifier":"9"}]}"#, Verdict::Failed),
            (br#"{"batchItemFailures":[{"key":"1"}]}"#, Verdict::Failed),
            (br#"{"batchItemFailures":"1"}"#, Verdict::Failed),
        ];
        for (answer, expected) in cases {
            assert_eq!(verdict(answer, &records), expected, "{}", String::from_utf8_lossy(answer));
        }
    }
}
