//! The event of a delivery stream that has its records transformed, and the answer to it.
//!
//! See <https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html>.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::tolerant::{Event, items, loose, straight, text};

/// Records to be transformed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FirehoseEvent<'a> {
    #[serde(borrow)]
    pub records: Vec<FirehoseRecord<'a>>,
}

/// One record, as far as it could be read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FirehoseRecord<'a> {
    #[serde(borrow)]
    pub record_id: Cow<'a, str>,
    /// The record's bytes in base64.
    #[serde(borrow)]
    pub data: Cow<'a, str>,
}

impl<'a> Event<'a> for FirehoseEvent<'a> {
    fn read(payload: &'a str) -> Self {
        straight(payload).unwrap_or_else(|| Self::piece_by_piece(loose(payload)))
    }
}

impl FirehoseEvent<'_> {
    fn piece_by_piece(mut event: Value) -> Self {
        let records = items(&mut event, "records");
        let record = |record: &Value| FirehoseRecord {
            record_id: Cow::Owned(text(record, &["recordId"])),
            data: Cow::Owned(text(record, &["data"])),
        };
        Self { records: records.iter().map(record).collect() }
    }
}

/// What becomes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Outcome {
    /// It goes to the destination as it is answered.
    Ok,
    /// It is left out on purpose, and counts as delivered.
    Dropped,
    /// It goes to the destination's error prefix as it came.
    ProcessingFailed,
}

/// One record of the answer. Each identifier of the event must come back, and only once.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Transformed<'a> {
    pub record_id: Cow<'a, str>,
    pub result: Outcome,
    /// The new bytes in base64; only for [`Outcome::Ok`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// The answer to a [`FirehoseEvent`].
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct FirehoseAnswer<'a> {
    pub records: Vec<Transformed<'a>>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keeps_identifiers_of_records_that_are_out_of_shape() {
        let event = FirehoseEvent::read(
            r#"{"records":[{"recordId":"1","data":null},{"recordId":"2","data":"e30="}]}"#,
        );
        let ids: Vec<_> = event.records.iter().map(|record| &*record.record_id).collect();
        assert_eq!(ids, ["1", "2"]);
        assert_eq!(&*event.records[1].data, "e30=");
    }

    #[test]
    fn writes_an_answer_as_firehose_reads_it() {
        let record = |result, data| Transformed { record_id: "1".into(), result, data };
        let records = vec![record(Outcome::Ok, Some("e30K".into())), record(Outcome::ProcessingFailed, None)];
        assert_eq!(
            serde_json::to_string(&FirehoseAnswer { records }).unwrap(),
            r#"{"records":[{"recordId":"1","result":"Ok","data":"e30K"},{"recordId":"1","result":"ProcessingFailed"}]}"#
        );
    }

    proptest! {
        #[test]
        fn reads_any_text(payload in ".{0,200}", inner in "[\\[\\]{}\":,a-z0-9]{0,80}") {
            FirehoseEvent::read(&payload);
            FirehoseEvent::read(&format!(r#"{{"records":[{inner}]}}"#));
        }
    }
}
