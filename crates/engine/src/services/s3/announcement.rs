//! From something that happened to an object to the events that say so.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>

use std::sync::atomic::{AtomicU64, Ordering};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::S3;
use super::bucket::{Bucket, Versioning};
use super::notification::Rule;
use super::object::Version;
use crate::aws::Aws;
use crate::delivery::Delivery;
use crate::error::AwsError;
use crate::identity::{Caller, Principal};
use crate::wire::request_id;

/// What forms do not encode, and the slash. Not confirmed on AWS for `*`.
const KEY: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*').remove(b' ');

/// Something that happened to an object.
pub struct Occurrence<'a> {
    /// Event name without `s3:`, such as `ObjectCreated:Put`.
    pub event: &'static str,
    /// Operation that did it, as EventBridge names it.
    pub reason: &'static str,
    pub key: &'a str,
    pub version_id: Option<&'a str>,
    /// Size and entity tag of an object that was created.
    pub content: Option<(u64, &'a str)>,
}

impl<'a> Occurrence<'a> {
    /// Returns the creation of a version, by `Put`, `Copy` or `CompleteMultipartUpload`.
    pub fn created(by: &str, key: &'a str, bucket: &Bucket, version: &'a Version) -> Self {
        let (event, reason) = match by {
            "Copy" => ("ObjectCreated:Copy", "CopyObject"),
            "CompleteMultipartUpload" => ("ObjectCreated:CompleteMultipartUpload", "CompleteMultipartUpload"),
            _ => ("ObjectCreated:Put", "PutObject"),
        };
        let is_shown = bucket.versioning != Versioning::Never;
        Self {
            event,
            reason,
            key,
            version_id: is_shown.then_some(version.version_id.as_str()),
            content: version.content.as_ref().map(|content| (content.size, content.etag.as_str())),
        }
    }

    /// Returns a deletion: of one version for good, or behind a delete marker.
    pub fn removed(key: &'a str, version_id: Option<&'a str>, is_new_marker: bool) -> Self {
        let event = if is_new_marker { "ObjectRemoved:DeleteMarkerCreated" } else { "ObjectRemoved:Delete" };
        Self { event, reason: "DeleteObject", key, version_id, content: None }
    }
}

impl S3 {
    /// Tells those whom the bucket's notifications name; they are owed it when this returns.
    pub(super) fn announce(
        &self,
        aws: &Aws,
        caller: &Caller,
        bucket: &Bucket,
        occurrence: &Occurrence<'_>,
    ) -> Result<(), AwsError> {
        let notifications = &bucket.configuration.notifications;
        if notifications.rules.is_empty() && !notifications.event_bridge {
            return Ok(());
        }
        let now = aws.clock.now();
        let sequencer = sequencer(u64::try_from(now.0).unwrap_or(0));
        for rule in &notifications.rules {
            if !rule.is_about(occurrence.event, occurrence.key) {
                continue;
            }
            let who = format!("AWS:{}", aws.services.iam.user_id(caller));
            let body = record(bucket, rule, occurrence, &sequencer, &now.iso8601(), &who).to_string();
            let id = format!("{}/{}/{sequencer}/{}", bucket.account, bucket.name, rule.id);
            let delivery = Delivery {
                subject: Some("Amazon S3 Notification".to_owned()),
                ..Delivery::new(service(bucket), &rule.destination, body, &bucket.arn(), now)
            };
            self.deliveries.send(&id, delivery)?;
        }
        if notifications.event_bridge {
            let (kind, detail) = detail(bucket, occurrence, &sequencer, &caller.account);
            aws.services.eventbridge.accept(
                aws,
                &service(bucket),
                "aws.s3",
                kind,
                &[bucket.arn()],
                detail,
            )?;
        }
        Ok(())
    }
}

/// Returns S3 itself, acting for a bucket.
pub fn service(bucket: &Bucket) -> Caller {
    Caller {
        account: bucket.account.clone(),
        region: bucket.region.clone(),
        principal: Principal::Service("s3.amazonaws.com".to_owned()),
    }
}

/// Returns the next of numbers that order the events of a key, also across restarts of the engine.
fn sequencer(now: u64) -> String {
    static LATEST: AtomicU64 = AtomicU64::new(0);
    LATEST.fetch_max(now << 16, Ordering::Relaxed);
    let number = LATEST.fetch_add(1, Ordering::Relaxed);
    format!("{number:018X}")
}

fn record(
    bucket: &Bucket,
    rule: &Rule,
    occurrence: &Occurrence<'_>,
    sequencer: &str,
    time: &str,
    who: &str,
) -> Value {
    let mut object = json!({"key": url_encoded(occurrence.key)});
    if let Some((size, etag)) = occurrence.content {
        object["size"] = size.into();
        object["eTag"] = etag.into();
    }
    if let Some(version_id) = occurrence.version_id {
        object["versionId"] = version_id.into();
    }
    object["sequencer"] = sequencer.into();
    let owner = super::buckets::owner(&bucket.account).id;
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region,
        "eventTime": time,
        "eventName": occurrence.event,
        "userIdentity": {"principalId": who},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": request_id(), "x-amz-id-2": request_id()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": rule.id,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": owner}, "arn": bucket.arn()},
            "object": object,
        },
    }]})
}

/// Returns the detail type and the detail of an event for EventBridge, where keys are not encoded.
fn detail(
    bucket: &Bucket,
    occurrence: &Occurrence<'_>,
    sequencer: &str,
    requester: &str,
) -> (&'static str, Value) {
    let mut object = json!({"key": occurrence.key});
    if let Some((size, etag)) = occurrence.content {
        object["size"] = size.into();
        object["etag"] = etag.into();
    }
    if let Some(version_id) = occurrence.version_id {
        object["version-id"] = version_id.into();
    }
    object["sequencer"] = sequencer.into();
    let mut detail = json!({
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": object,
        "request-id": request_id(),
        "requester": requester,
        "source-ip-address": "127.0.0.1",
        "reason": occurrence.reason,
    });
    if occurrence.event.starts_with("ObjectCreated:") {
        return ("Object Created", detail);
    }
    let is_marker = occurrence.event == "ObjectRemoved:DeleteMarkerCreated";
    detail["deletion-type"] = if is_marker { "Delete Marker Created" } else { "Permanently Deleted" }.into();
    ("Object Deleted", detail)
}

/// Encodes a key as forms are encoded.
fn url_encoded(key: &str) -> String {
    utf8_percent_encode(key, KEY).to_string().replace(' ', "+")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::services::s3::notification::Kind;

    #[test]
    fn writes_keys_as_forms_do() {
        assert_eq!(url_encoded("a b/year=2026/ü+.json"), "a+b/year%3D2026/%C3%BC%2B.json");
    }

    #[test]
    fn numbers_events_upwards() {
        let first = sequencer(1_768_473_000_000);
        let second = sequencer(1_768_473_000_000);
        assert!(second > first, "{first} {second}");
        assert_eq!(first.len(), 18);
    }

    #[test]
    fn writes_a_record_as_aws_does() {
        let bucket = Bucket::new("data", "111122223333", "us-east-1", Timestamp(0));
        let rule = Rule {
            id: "all".into(),
            kind: Kind::Queue,
            destination: "arn".into(),
            events: Vec::new(),
            prefix: String::new(),
            suffix: String::new(),
        };
        let occurrence = Occurrence {
            event: "ObjectCreated:Put",
            reason: "PutObject",
            key: "a b",
            version_id: None,
            content: Some((3, "abc")),
        };
        let written = record(&bucket, &rule, &occurrence, "00A", "1970-01-01T00:00:00.000Z", "AWS:1");
        let record = &written["Records"][0];
        assert_eq!(
            record["s3"]["object"].to_string(),
            r#"{"key":"a+b","size":3,"eTag":"abc","sequencer":"00A"}"#
        );
        assert_eq!(record["s3"]["bucket"]["arn"], "arn:aws:s3:::data");
        assert_eq!(record["s3"]["configurationId"], "all");
        let members: Vec<_> = record.as_object().unwrap().keys().collect();
        let expected = [
            "eventVersion",
            "eventSource",
            "awsRegion",
            "eventTime",
            "eventName",
            "userIdentity",
            "requestParameters",
            "responseElements",
            "s3",
        ];
        assert_eq!(members, expected);
        let (kind, detail) = detail(&bucket, &occurrence, "00A", "1");
        assert_eq!((kind, &detail["object"]["key"]), ("Object Created", &json!("a b")));
    }
}
