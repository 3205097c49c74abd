//! The event that a function gets for a batch of Kinesis records, and what its answer says about them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Mapping;
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
    /// Returns how many of `records`, from the first, fit into one event; at least one.
    pub fn fitting(&self, records: &[Record]) -> usize {
        let mut size = FRAME;
        let mut fits = |record: &Record| {
            size += self.record(record).to_string().len() + 1;
            size <= EVENT_LIMIT
        };
        records.iter().take_while(|record| fits(record)).count().max(1).min(records.len())
    }

    /// Writes an event.
    pub fn write(&self, records: &[Record]) -> Bytes {
        let records: Vec<Value> = records.iter().map(|record| self.record(record)).collect();
        Bytes::from(json!({"Records": records}).to_string())
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
            "eventSourceARN": self.mapping.stream_arn,
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
///
/// An answer that AWS cannot make sense of (an empty id, an id that is not of the batch) fails the whole batch.
pub fn verdict(answer: &[u8], records: &[Record]) -> Verdict {
    let Ok(answer) = serde_json::from_slice::<Value>(answer) else {
        // Not confirmed on AWS: an answer that is not JSON at all.
        return if answer.is_empty() { Verdict::Done } else { Verdict::Failed };
    };
    let failures = match &answer["batchItemFailures"] {
        Value::Null => return Verdict::Done,
        Value::Array(failures) => failures,
        _ => return Verdict::Failed,
    };
    let mut lowest = records.len();
    for failure in failures {
        let id = failure["itemIdentifier"].as_str();
        let index = id.and_then(|id| records.iter().position(|record| record.sequence_number == id));
        let Some(index) = index else { return Verdict::Failed };
        lowest = lowest.min(index);
    }
    if lowest == records.len() { Verdict::Done } else { Verdict::FailedFrom(lowest) }
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
        let event = EventWriter { mapping: &mapping, role, shard_id: "shardId-000000000006" }.write(&records);
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
        let count = writer.fitting(&records);
        assert_eq!(count, 4);
        assert!(writer.write(&records[..count]).len() <= EVENT_LIMIT);
        assert_eq!(writer.fitting(&[record("0", &vec![0; 6 << 20])]), 1);
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
