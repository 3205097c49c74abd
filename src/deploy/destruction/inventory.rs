//! What data a stack holds, read before anything is deleted.

use aws_sdk_cloudformation::types::StackResourceSummary;
use aws_sdk_kinesis::types::ShardIteratorType;
use futures::{StreamExt, TryStreamExt, stream};
use serde::{Deserialize, Serialize};

use crate::aws::{Clients, code, failure};
use crate::error::{Error, Result};

/// Resources that are looked into at a time.
const AT_A_TIME: usize = 8;

/// How far it is counted.
#[derive(Debug, Clone, Copy)]
struct Depth {
    /// Records of each shard, in one call of GetRecords; 10,000 are the most that one returns.
    records: i32,
    /// Pages of a bucket's objects, of 1,000 each.
    pages: usize,
}

/// To the end of what goes for good.
const TO_THE_END: Depth = Depth { records: 10_000, pages: usize::MAX };

/// Only so far that nobody who works with it notices: what a shard reads out, its consumers have to wait for.
const AT_A_GLANCE: Depth = Depth { records: 1_000, pages: 10 };

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
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// Object versions in a bucket, delete markers included, and their bytes; at least so many when `is_more`.
    Objects { count: u64, bytes: u64, is_more: bool },
    /// Records in a stream, and the bytes of their data; at least so many when `is_more`.
    Records { count: u64, bytes: u64, is_more: bool },
    /// Messages in a queue, about so many.
    Messages { count: u64 },
    /// A delivery stream's buffer, into which nobody can look.
    Buffer,
}

impl Holding {
    /// Returns whether something would be lost that can be counted.
    pub fn is_data(&self) -> bool {
        match self.content {
            Content::Objects { count, .. } | Content::Records { count, .. } | Content::Messages { count } => {
                count > 0
            }
            Content::Buffer => false,
        }
    }
}

/// Looks into every resource that can hold data.
pub async fn take(clients: &Clients, resources: &[StackResourceSummary]) -> Result<Vec<Holding>> {
    let looks = resources.iter().enumerate().map(|(place, resource)| async move {
        let resource_type = resource.resource_type().unwrap_or_default();
        let Some(name) = resource.physical_resource_id().filter(|name| !name.is_empty()) else {
            return Ok(None);
        };
        let content = content(clients, resource_type, name, TO_THE_END).await?;
        let holding = content.map(|content| Holding {
            logical_id: resource.logical_resource_id().unwrap_or_default().to_owned(),
            resource_type: resource_type.to_owned(),
            name: name.to_owned(),
            content,
        });
        Ok::<_, Error>(holding.map(|holding| (place, holding)))
    });
    // In whichever order they end: what is soon looked into must not wait behind what is large.
    let found: Vec<_> = stream::iter(looks).buffer_unordered(AT_A_TIME).try_collect().await?;
    let mut holdings: Vec<(usize, Holding)> = found.into_iter().flatten().collect();
    holdings.sort_by_key(|(place, _)| *place);
    Ok(holdings.into_iter().map(|(_, holding)| holding).collect())
}

/// Returns what one resource holds, without reading much of it; nothing when it cannot be counted, or not by these credentials.
pub async fn glance(clients: &Clients, resource_type: &str, name: &str) -> Option<Content> {
    match resource_type {
        "AWS::SQS::Queue" => messages(clients, name).await,
        _ => content(clients, resource_type, name, AT_A_GLANCE).await.ok().flatten(),
    }
}

async fn content(
    clients: &Clients,
    resource_type: &str,
    name: &str,
    depth: Depth,
) -> Result<Option<Content>> {
    match resource_type {
        "AWS::S3::Bucket" => objects(clients, name, depth).await,
        "AWS::Kinesis::Stream" => records(clients, name, depth).await,
        "AWS::KinesisFirehose::DeliveryStream" => Ok(Some(Content::Buffer)),
        _ => Ok(None),
    }
}

/// Returns about how many messages a queue has: those that wait, those that are being worked on and those that are delayed.
async fn messages(clients: &Clients, url: &str) -> Option<Content> {
    use aws_sdk_sqs::types::QueueAttributeName::{
        ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
        ApproximateNumberOfMessagesNotVisible,
    };
    let names = [
        ApproximateNumberOfMessages,
        ApproximateNumberOfMessagesNotVisible,
        ApproximateNumberOfMessagesDelayed,
    ];
    let request = clients.sqs.get_queue_attributes().queue_url(url).set_attribute_names(Some(names.to_vec()));
    let attributes = request.send().await.ok()?.attributes.unwrap_or_default();
    let count = |name| attributes.get(name).and_then(|text: &String| text.parse::<u64>().ok());
    Some(Content::Messages { count: names.iter().filter_map(count).sum() })
}

async fn objects(clients: &Clients, bucket: &str, depth: Depth) -> Result<Option<Content>> {
    let (mut count, mut bytes) = (0, 0);
    let (mut key_marker, mut version_marker) = (None, None);
    let mut pages = 0;
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
        pages += 1;
        let is_more = page.is_truncated() == Some(true);
        if !is_more || pages == depth.pages {
            return Ok(Some(Content::Objects { count, bytes, is_more }));
        }
        key_marker = page.next_key_marker;
        version_marker = page.next_version_id_marker;
    }
}

/// Counts a stream's records, shard by shard, as far as one call sees.
async fn records(clients: &Clients, stream: &str, depth: Depth) -> Result<Option<Content>> {
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
    let looks = shards.into_iter().map(|shard| async move {
        let iterator = clients
            .kinesis
            .get_shard_iterator()
            .stream_name(stream)
            .shard_id(shard)
            .shard_iterator_type(ShardIteratorType::TrimHorizon)
            .send()
            .await
            .map_err(|error| failure(what(), error))?;
        let Some(iterator) = iterator.shard_iterator else { return Ok((0, 0, false)) };
        let page = clients.kinesis.get_records().shard_iterator(iterator).limit(depth.records).send().await;
        let page = page.map_err(|error| failure(what(), error))?;
        let bytes = page.records().iter().map(|record| record.data().as_ref().len() as u64).sum::<u64>();
        let is_more = page.millis_behind_latest().unwrap_or_default() > 0;
        Ok((page.records().len() as u64, bytes, is_more))
    });
    let add = |one: (u64, u64, bool), other: (u64, u64, bool)| async move {
        Ok::<_, Error>((one.0 + other.0, one.1 + other.1, one.2 | other.2))
    };
    let (count, bytes, is_more) =
        stream::iter(looks).buffer_unordered(AT_A_TIME).try_fold((0, 0, false), add).await?;
    Ok(Some(Content::Records { count, bytes, is_more }))
}
