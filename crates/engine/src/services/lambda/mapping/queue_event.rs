//! The event that a function gets for messages of a queue.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::Mapping;
use crate::services::lambda::invoke::EVENT_LIMIT;
use crate::services::sqs::{MessageAttribute, Received, md5_of_attributes, md5_of_body};

/// What surrounds the records of an event.
const FRAME: usize = r#"{"Records":[]}"#.len();

/// Writes an event.
pub fn event(records: &[&Value]) -> Bytes {
    Bytes::from(json!({"Records": records}).to_string())
}

/// Returns how many records of so many bytes, from the first, fit into one event; at least one.
pub fn fitting(sizes: impl ExactSizeIterator<Item = usize>) -> usize {
    let (mut total, all) = (FRAME, sizes.len());
    let fits = |size: &usize| {
        total += size + 1;
        total <= EVENT_LIMIT
    };
    sizes.take_while(fits).count().max(1).min(all)
}

/// Returns a message as a function sees it.
pub fn record(message: &Received, mapping: &Mapping) -> Value {
    let attribute = |(name, attribute): (&String, &MessageAttribute)| {
        let mut described = json!({
            "stringListValues": [], "binaryListValues": [], "dataType": attribute.data_type,
        });
        if let Some(text) = &attribute.string_value {
            described["stringValue"] = json!(text);
        }
        if let Some(bytes) = &attribute.binary_value {
            described["binaryValue"] = json!(bytes);
        }
        (name.clone(), described)
    };
    let attributes: Map<String, Value> = message.attributes.iter().map(attribute).collect();
    let mut record = json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.system_attributes,
        "messageAttributes": attributes,
        "md5OfBody": md5_of_body(&message.body),
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source_arn,
        "awsRegion": mapping.function.region,
    });
    if let Some(digest) = md5_of_attributes(&message.attributes) {
        record["md5OfMessageAttributes"] = json!(digest);
    }
    record
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::mapping;
    use super::*;

    #[test]
    fn writes_a_message_as_aws_does() {
        let attribute = MessageAttribute {
            data_type: "String".into(),
            string_value: Some("value".into()),
            binary_value: None,
        };
        let received = Received {
            message_id: "059f36b4-87a3-44ab-83d2-661975830a7d".into(),
            receipt_handle: "AQEB".into(),
            body: "Test message.".into(),
            attributes: BTreeMap::from([("name".into(), attribute)]),
            system_attributes: Map::from_iter([("ApproximateReceiveCount".to_owned(), json!("1"))]),
        };
        let mapping = Mapping { source_arn: "arn:aws:sqs:us-east-1:111122223333:q".into(), ..mapping() };
        let mut record = record(&received, &mapping);
        assert!(record["md5OfMessageAttributes"].take().is_string());
        let expected = json!({
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "AQEB",
            "body": "Test message.", "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {"name": {
                "stringValue": "value", "stringListValues": [], "binaryListValues": [], "dataType": "String",
            }},
            "md5OfMessageAttributes": null,
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3", "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:q", "awsRegion": "us-east-1",
        });
        assert_eq!(record, expected);
    }

    #[test]
    fn cuts_a_batch_at_six_megabytes() {
        assert_eq!(fitting([1 << 20; 8].into_iter()), 5);
        assert_eq!(fitting([7 << 20].into_iter()), 1);
        assert_eq!(fitting([].into_iter()), 0);
    }
}
