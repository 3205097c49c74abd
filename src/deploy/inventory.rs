//! What data a stack holds, read before anything is deleted.

use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_kinesis::types::ShardIteratorType;
use serde::Serialize;

use crate::aws::{Clients, code, failure};
use crate::error::Result;

/// Most records that one call of GetRecords returns, which is how far a stream's records are counted.
const COUNTED: usize = 10_000;

/// The data in one resource.
#[derive(Debug, Clone, Serialize)]
pub struct Holding {
    pub logical_id: String,
    #[serde(rename = "type")]
    pub resource_type: String,
    pub name: String,
    #[serde(flatten)]
    pub content: Content,
}

/// What a resource holds.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Object versions in a bucket, delete markers included, and their bytes.
    Objects { count: u64, bytes: u64 },
    /// Records in a stream; at least so many when `is_more`.
    Records { count: u64, is_more: bool },
    /// A delivery stream's buffer, into which nobody can look.
    Buffer,
}

impl Holding {
    /// Returns whether something would be lost that can be counted.
    pub fn is_data(&self) -> bool {
        match self.content {
            Content::Objects { count, .. } | Content::Records { count, .. } => count > 0,
            Content::Buffer => false,
        }
    }
}

/// Looks into every resource that can hold data.
pub async fn take(clients: &Clients, resources: &[StackResourceSummary]) -> Result<Vec<Holding>> {
    let mut holdings = Vec::new();
    for resource in resources {
        let resource_type = resource.resource_type().unwrap_or_default();
        let Some(name) = resource.physical_resource_id().filter(|name| !name.is_empty()) else { continue };
        let content = match resource_type {
            "AWS::S3::Bucket" => objects(clients, name).await?,
            "AWS::Kinesis::Stream" => records(clients, name).await?,
            "AWS::KinesisFirehose::DeliveryStream" => Some(Content::Buffer),
            _ => None,
        };
        if let Some(content) = content {
            holdings.push(Holding {
                logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
                resource_type: resource_type.to_owned(),
                name: name.to_owned(),
                content,
            });
        }
    }
    Ok(holdings)
}

async fn objects(clients: &Clients, bucket: &str) -> Result<Option<Content>> {
    let (mut count, mut bytes) = (0, 0);
    let (mut key_marker, mut version_marker) = (None, None);
    loop {
        let request = clients
            .s3
            .list_object_versions()
            .bucket(bucket)
            .set_key_marker(key_marker.take())
            .set_version_id_marker(version_marker.take());
        let page = match request.send().await {
            Ok(page) => page,
            Err(error) if code(&error) == Some("NoSuchBucket") => return Ok(None),
            Err(error) => return Err(failure(format!("count the objects in `{bucket}`"), error)),
        };
        count += (page.versions().len() + page.delete_markers().len()) as u64;
        bytes +=
            page.versions().iter().filter_map(|version| version.size()).map(i64::unsigned_abs).sum::<u64>();
        if page.is_truncated() != Some(true) {
            return Ok(Some(Content::Objects { count, bytes }));
        }
        key_marker = page.next_key_marker;
        version_marker = page.next_version_id_marker;
    }
}

/// Counts a stream's records, shard by shard, as far as one call sees.
async fn records(clients: &Clients, stream: &str) -> Result<Option<Content>> {
    let what = || format!("count the records in `{stream}`");
    let mut shards = Vec::new();
    let mut next_token = None;
    loop {
        // A page's token stands for the stream's name too.
        let name = next_token.is_none().then(|| stream.to_owned());
        let request = clients.kinesis.list_shards().set_stream_name(name).set_next_token(next_token.take());
        let page = match request.send().await {
            Ok(page) => page,
            Err(error) if code(&error) == Some("ResourceNotFoundException") => return Ok(None),
            Err(error) => return Err(failure(what(), error)),
        };
        shards.extend(page.shards().iter().map(|shard| shard.shard_id().to_owned()));
        next_token = page.next_token;
        if next_token.is_none() {
            break;
        }
    }
    let (mut count, mut is_more) = (0, false);
    for shard in shards {
        let iterator = clients
            .kinesis
            .get_shard_iterator()
            .stream_name(stream)
            .shard_id(shard)
            .shard_iterator_type(ShardIteratorType::TrimHorizon)
            .send()
            .await
            .map_err(|error| failure(what(), error))?;
        let Some(iterator) = iterator.shard_iterator else { continue };
        let page = clients.kinesis.get_records().shard_iterator(iterator).limit(COUNTED as i32).send().await;
        let page = page.map_err(|error| failure(what(), error))?;
        count += page.records().len() as u64;
        is_more |= page.millis_behind_latest().unwrap_or_default() > 0;
    }
    Ok(Some(Content::Records { count, is_more }))
}
