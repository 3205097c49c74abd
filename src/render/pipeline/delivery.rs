//! Delivery streams.

use serde::Serialize;

use super::{bucket_id, value};
use crate::stack::{Compression, Delimiter, Delivery, Stack, TRANSFORM_SECONDS, logical_id};

#[derive(Debug, Serialize)]
pub struct DeliveryBlock {
    pub id: String,
    /// Absent when CloudFormation is to make one up.
    pub name: Option<String>,
    pub role_name: Option<String>,
    pub stream: Option<String>,
    /// The ARN of the stream as YAML.
    pub stream_arn: Option<String>,
    pub bucket: String,
    /// For `Fn::Sub`: the ARN of all objects in the bucket.
    pub objects_pattern: String,
    pub prefix: Option<String>,
    pub error_prefix: Option<String>,
    pub buffer_mebibytes: u64,
    pub buffer_seconds: u64,
    pub compression: &'static str,
    /// Logical id of the function through which records go.
    pub transform: Option<String>,
    /// For `Fn::Sub`: the ARN of all its versions.
    pub transform_versions: Option<String>,
    /// How long records are gathered for it.
    pub transform_seconds: u64,
    pub ends_records: bool,
    /// Whether there is a processor at all.
    pub processes: bool,
    /// Whether topics put their messages into it.
    pub hears_topics: bool,
    pub log_group: String,
}

pub fn block(stack: &Stack, name: &str, delivery: &Delivery) -> DeliveryBlock {
    let file = &stack.file;
    // Producers know a delivery stream by its name. One that reads a stream is nobody's address, and when its
    // source changes it is replaced, which CloudFormation refuses for a resource with a name of its own.
    let given = delivery.name.as_ref().map(|name| name.value.clone());
    let is_addressed = delivery.from.is_none();
    let log_group = format!("/aws/kinesisfirehose/{}", given.as_deref().unwrap_or(name));
    let ends_records = delivery.delimiter == Some(Delimiter::Newline);
    DeliveryBlock {
        id: logical_id(name),
        name: given.or_else(|| is_addressed.then(|| name.to_owned())),
        role_name: delivery.role.as_ref().map(|role| role.value.clone()),
        log_group,
        stream: delivery.from.as_ref().map(|stream| logical_id(stream)),
        stream_arn: delivery.from.as_ref().map(|name| value::stream_arn(stack, name)),
        objects_pattern: format!("${{{}.Arn}}/*", bucket_id(&delivery.to.bucket)),
        bucket: bucket_id(&delivery.to.bucket),
        prefix: delivery.to.prefix.as_ref().map(|prefix| prefix.value.clone()),
        error_prefix: delivery.to.error_prefix.as_ref().map(|prefix| prefix.value.clone()),
        buffer_mebibytes: delivery.buffer.mebibytes(),
        buffer_seconds: delivery.buffer.seconds(),
        transform_seconds: TRANSFORM_SECONDS,
        compression: match delivery.compression {
            Compression::None => "UNCOMPRESSED",
            Compression::Gzip => "GZIP",
            Compression::Zip => "ZIP",
        },
        transform: delivery.transform.as_ref().map(|function| logical_id(function)),
        transform_versions: delivery
            .transform
            .as_ref()
            .map(|function| format!("${{{}.Arn}}:*", logical_id(function))),
        ends_records,
        processes: ends_records || delivery.transform.is_some(),
        hears_topics: file.filled_by_topics().any(|filled| filled == name),
    }
}
