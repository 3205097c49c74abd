//! The event of a bucket's notification.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::tolerant::{Event, items, loose, text};

/// The objects that a notification tells of. A test event (`s3:TestEvent`) tells of none.
#[derive(Debug, Default, PartialEq)]
pub struct S3Event {
    pub created: Vec<ObjectCreated>,
    /// Records that tell of something else, or not enough.
    pub ignored: usize,
}

/// An object that was written.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectCreated {
    pub bucket: String,
    /// The key as it is in S3; in the event it is encoded as in a query.
    pub key: String,
    /// Which version, in a bucket that keeps them.
    pub version: Option<String>,
    /// When it was written, as the event has it.
    pub time: String,
}

impl<'a> Event<'a> for S3Event {
    fn read(payload: &'a str) -> Self {
        let mut event = Self::default();
        for record in items(&mut loose(payload), "Records") {
            match created(&record) {
                Some(object) => event.created.push(object),
                None => event.ignored += 1,
            }
        }
        event
    }
}

fn created(record: &Value) -> Option<ObjectCreated> {
    let name = text(record, &["eventName"]);
    // Notifications write `ObjectCreated:Put`; the name in a bucket's settings has `s3:` before it.
    if !name.strip_prefix("s3:").unwrap_or(&name).starts_with("ObjectCreated:") {
        return None;
    }
    let bucket = Some(text(record, &["s3", "bucket", "name"])).filter(|bucket| !bucket.is_empty())?;
    let key = decode(&text(record, &["s3", "object", "key"])).filter(|key| !key.is_empty())?;
    let version = Some(text(record, &["s3", "object", "versionId"])).filter(|version| !version.is_empty());
    Some(ObjectCreated { bucket, key, version, time: text(record, &["eventTime"]) })
}

/// Decodes a key: a blank comes as `+`, a plus as `%2B`.
fn decode(key: &str) -> Option<String> {
    percent_decode_str(&key.replace('+', " ")).decode_utf8().ok().map(|key| key.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes_keys_and_keeps_versions() {
        let event = S3Event::read(
            r#"{"Records":[{"eventName":"ObjectCreated:Put","eventTime":"2026-11-20T04:26:00.000Z","s3":{
                "bucket":{"name":"b"},"object":{"key":"year%3D2026/a+b%2Bc/%C3%A4","versionId":"v1","size":3}}},
                {"eventName":"ObjectCreated:CompleteMultipartUpload","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}}]}"#,
        );
        assert_eq!(event.created[0].key, "year=2026/a b+c/ä");
        assert_eq!(event.created[0].version.as_deref(), Some("v1"));
        assert_eq!((&*event.created[1].key, &event.created[1].version, event.ignored), ("k", &None, 0));
    }

    #[test]
    fn ignores_test_events_and_removals() {
        let test =
            r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b","RequestId":"1","HostId":"2"}"#;
        assert_eq!(S3Event::read(test), S3Event::default());
        let removed = r#"{"Records":[{"eventName":"ObjectRemoved:Delete","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}},{}]}"#;
        assert_eq!(S3Event::read(removed), S3Event { created: vec![], ignored: 2 });
    }

    proptest! {
        #[test]
        fn reads_any_text(payload in ".{0,200}", key in "[%+a-zA-Z0-9]{0,30}") {
            S3Event::read(&payload);
            S3Event::read(&format!(
                r#"{{"Records":[{{"eventName":"ObjectCreated:Put","s3":{{"bucket":{{"name":"b"}},"object":{{"key":"{key}"}}}}}}]}}"#
            ));
        }
    }
}
