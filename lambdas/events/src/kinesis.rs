//! The event of a Kinesis event source mapping, with or without a tumbling window, and the answer to it.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::aggregate::Rows;
use crate::tolerant::{Event, items, loose, straight, text};

/// Records of one shard.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KinesisEvent<'a> {
    #[serde(rename = "Records", borrow)]
    pub records: Vec<KinesisRecord<'a>>,
    /// The window's start and end as AWS writes them, if the mapping has tumbling windows.
    pub window: Option<Value>,
    /// What the invocation before in the same window answered.
    pub state: Option<Value>,
    #[serde(borrow)]
    pub shard_id: Option<Cow<'a, str>>,
    /// Whether the window ends with this invocation, which brings no records of its own.
    pub is_final_invoke_for_window: bool,
    /// Whether the state grew beyond what Lambda carries, so that the window ends before its time.
    pub is_window_terminated_early: bool,
}

/// One record, as far as it could be read.
#[derive(Debug, Default)]
pub struct KinesisRecord<'a> {
    /// Empty where the record has none.
    pub sequence_number: Cow<'a, str>,
    /// The record's bytes in base64.
    pub data: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Envelope<'a> {
    #[serde(borrow)]
    kinesis: Inner<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Inner<'a> {
    #[serde(borrow)]
    sequence_number: Cow<'a, str>,
    #[serde(borrow)]
    data: Cow<'a, str>,
}

impl<'de: 'a, 'a> Deserialize<'de> for KinesisRecord<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Envelope { kinesis: Inner { sequence_number, data } } = Envelope::deserialize(deserializer)?;
        Ok(Self { sequence_number, data })
    }
}

impl<'a> Event<'a> for KinesisEvent<'a> {
    fn read(payload: &'a str) -> Self {
        straight(payload).unwrap_or_else(|| Self::piece_by_piece(loose(payload)))
    }
}

impl KinesisEvent<'_> {
    fn piece_by_piece(mut event: Value) -> Self {
        let records = items(&mut event, "Records");
        let flag = |name: &str| event.get(name).and_then(Value::as_bool).unwrap_or_default();
        Self {
            records: records.iter().map(KinesisRecord::piece_by_piece).collect(),
            window: event.get("window").filter(|window| !window.is_null()).cloned(),
            state: event.get("state").cloned(),
            shard_id: Some(text(&event, &["shardId"])).filter(|id| !id.is_empty()).map(Cow::Owned),
            is_final_invoke_for_window: flag("isFinalInvokeForWindow"),
            is_window_terminated_early: flag("isWindowTerminatedEarly"),
        }
    }
}

impl KinesisRecord<'_> {
    fn piece_by_piece(record: &Value) -> Self {
        Self {
            sequence_number: Cow::Owned(text(record, &["kinesis", "sequenceNumber"])),
            data: Cow::Owned(text(record, &["kinesis", "data"])),
        }
    }

    /// Returns the record's rows: what a producer packed into it, or else its data. They lie in `bytes`, whose room is
    /// used again.
    pub fn rows<'b>(&self, bytes: &'b mut Vec<u8>) -> Result<Rows<'b>, Undecodable> {
        bytes.clear();
        STANDARD.decode_vec(&*self.data, bytes).map_err(Undecodable)?;
        Ok(Rows::of(bytes))
    }
}

/// Data that is not base64.
#[derive(Debug, PartialEq)]
pub struct Undecodable(base64::DecodeError);

impl fmt::Display for Undecodable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "not base64: {}", self.0)
    }
}

impl std::error::Error for Undecodable {}

/// A function's answer: where Lambda is to go on, and what the next invocation of the window is given.
///
/// For a stream the lowest identifier is the checkpoint; Lambda delivers that record and all later ones again.
/// See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html>.
#[derive(Debug, Default, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse<S = ()> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<S>,
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A record that could not be processed, by its sequence number.
#[derive(Debug, Serialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    pub item_identifier: String,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_record_of_aws_own_sample_with_an_empty_subsequence_number() {
        let event = KinesisEvent::read(
            r#"{"Records":[{"kinesis":{"kinesisSchemaVersion":"1.0","partitionKey":"1","sequenceNumber":"49",
                "subsequenceNumber":"","data":"aGk=","approximateArrivalTimestamp":1545084650.987},
                "eventSource":"aws:kinesis","eventID":"shardId-000000000006:49"}]}"#,
        );
        let mut bytes = Vec::new();
        let rows: Vec<_> = event.records[0].rows(&mut bytes).unwrap().collect();
        assert_eq!((&*event.records[0].sequence_number, &*rows), ("49", &[&b"hi"[..]][..]));
        assert!(matches!(event.records[0].data, Cow::Borrowed(_)), "it is read where it lies");
        assert!(event.window.is_none());
    }

    #[test]
    fn keeps_the_other_records_when_one_is_out_of_shape() {
        let event = KinesisEvent::read(
            r#"{"Records":[{"kinesis":null},7,{"kinesis":{"sequenceNumber":5,"data":"e30="}}],"state":null}"#,
        );
        assert_eq!(event.records.len(), 3);
        assert_eq!((&*event.records[2].sequence_number, &*event.records[2].data), ("5", "e30="));
        assert_eq!(&*event.records[0].data, "");
    }

    #[test]
    fn reads_a_window_and_its_state() {
        let event = KinesisEvent::read(
            r#"{"Records":[],"window":{"start":"2026-11-20T10:00:00Z","end":"2026-11-20T10:01:00Z"},
                "state":{"1":2},"shardId":"shardId-000000000000","isFinalInvokeForWindow":true}"#,
        );
        assert!(event.is_final_invoke_for_window);
        assert_eq!(event.state.unwrap()["1"], 2);
        assert_eq!(event.shard_id.as_deref(), Some("shardId-000000000000"));
    }

    proptest! {
        #[test]
        fn reads_any_text(payload in ".{0,200}", inner in "[\\[\\]{}\":,a-z0-9]{0,80}") {
            KinesisEvent::read(&payload);
            KinesisEvent::read(&format!(r#"{{"Records":[{{"kinesis":{inner}}}]}}"#));
            KinesisEvent::read(&format!(r#"{{"Records":{inner}}}"#));
        }
    }
}
