//! Kinesis Data Streams: shards, records in order, and iterators over them.
//!
//! The way of a record: `operations::write` checks it, `hash_key` says which shard takes it, `stream` gives
//! it a sequence number within the limits of `throttle`, and `records` stores it before the answer leaves.
//! Streams are ACTIVE as soon as they are created and gone as soon as they are deleted. Not there:
//! enhanced fan-out, channels, queues, resource policies, and the scaling by itself of on-demand streams.

mod address;
mod hash_key;
mod iterator;
mod operations;
mod poll;
mod records;
mod refusal;
mod reshard;
mod resource;
mod sequence;
mod stream;
mod throttle;
mod token;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::json::{Call, Reply};
use crate::wire::{self, Body};

use address::Address;
use records::Records;
use stream::{Description, Stream};
use token::Seal;

pub use poll::{Batch, Position, Record, ShardSummary};

/// How often expired records are removed, in the engine's time.
const TRIM_INTERVAL: Duration = Duration::from_secs(60);

/// The service's handle.
pub struct Kinesis {
    table: Table<Description>,
    records: Records,
    streams: RwLock<BTreeMap<String, Arc<Stream>>>,
    secrets: Table<[u8; 32]>,
    seal: OnceLock<Seal>,
}

impl Kinesis {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table = store.table::<Description>("kinesis-streams");
        let records = Records::open(store)?;
        let mut streams = BTreeMap::new();
        for (key, description) in table.scan("")? {
            streams.insert(key, Arc::new(Stream::open(description, &records)?));
        }
        let secrets = store.table("kinesis-secret");
        Ok(Self { table, records, streams: RwLock::new(streams), secrets, seal: OnceLock::new() })
    }

    /// Returns the engine's secret for iterators, made when one is given for the first time.
    fn seal(&self) -> &Seal {
        let make = || {
            let secret = rand::random();
            self.secrets.put("iterators", &secret).map(|()| secret)
        };
        self.seal.get_or_init(|| {
            let secret = self.secrets.get("iterators").and_then(|secret| secret.map_or_else(make, Ok));
            // With another one, the iterators of a former run are refused, which their holders must expect anyway.
            Seal(secret.unwrap_or_else(|error| {
                tracing::error!(%error, "the secret for iterators could not be kept");
                rand::random()
            }))
        })
    }

    /// Returns the stream at an address.
    fn stream(&self, address: &Address) -> Result<Arc<Stream>, AwsError> {
        self.existing(address).ok_or_else(|| refusal::stream_not_found(&address.name, &address.account))
    }

    fn existing(&self, address: &Address) -> Option<Arc<Stream>> {
        self.streams.read().unwrap_or_else(PoisonError::into_inner).get(&address.key()).cloned()
    }

    /// Returns all streams of the caller's account and region, by name.
    fn streams_of(&self, caller: &Caller) -> Vec<Arc<Stream>> {
        let scope = caller.scope();
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        let from = streams.range(scope.clone()..);
        from.take_while(|(key, _)| key.starts_with(&scope)).map(|(_, stream)| Arc::clone(stream)).collect()
    }

    /// Changes a stream's description and stores it.
    fn change<T>(
        &self,
        stream: &Stream,
        change: impl FnOnce(&mut Description) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        // Held until the change is stored, so that it cannot bring a stream back that is deleted meanwhile.
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        stream.update(&self.records, change, |description| match streams.get(&description.key()) {
            Some(existing) if std::ptr::eq(&**existing, stream) => {
                self.table.put(&description.key(), description)
            }
            _ => Ok(()),
        })
    }

    fn operate(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        match call.operation.as_str() {
            "PutRecords" => self.put_records(aws, caller, &call.input()?),
            "PutRecord" => self.put_record(aws, caller, call.input()?),
            "GetRecords" => self.get_records(aws, caller, &call.input()?),
            "GetShardIterator" => self.get_shard_iterator(aws, caller, &call.input()?),
            "ListShards" => self.list_shards(aws, caller, &call.input()?),
            "CreateStream" => self.create_stream(aws, caller, call.input()?),
            "DeleteStream" => self.delete_stream(aws, caller, &call.input()?),
            "DescribeStream" => self.describe_stream(aws, caller, &call.input()?),
            "DescribeStreamSummary" => self.describe_stream_summary(aws, caller, &call.input()?),
            "ListStreams" => self.list_streams(aws, caller, &call.input()?),
            "DescribeLimits" => self.describe_limits(aws, caller),
            "UpdateShardCount" => self.update_shard_count(aws, caller, &call.input()?),
            "SplitShard" => self.split_shard(aws, caller, &call.input()?),
            "MergeShards" => self.merge_shards(aws, caller, &call.input()?),
            "UpdateStreamMode" => self.update_stream_mode(aws, caller, &call.input()?),
            "IncreaseStreamRetentionPeriod" => self.increase_retention(aws, caller, &call.input()?),
            "DecreaseStreamRetentionPeriod" => self.decrease_retention(aws, caller, &call.input()?),
            "StartStreamEncryption" => self.start_encryption(aws, caller, &call.input()?),
            "StopStreamEncryption" => self.stop_encryption(aws, caller, &call.input()?),
            "AddTagsToStream" => self.add_tags(aws, caller, &call.input()?),
            "RemoveTagsFromStream" => self.remove_tags(aws, caller, &call.input()?),
            "ListTagsForStream" => self.list_tags(aws, caller, &call.input()?),
            "TagResource" => self.tag_resource(aws, caller, &call.input()?),
            "UntagResource" => self.untag_resource(aws, caller, &call.input()?),
            "ListTagsForResource" => self.list_tags_for_resource(aws, caller, &call.input()?),
            _ => Err(call.unknown()),
        }
    }

    /// Removes what is older than its stream's retention period.
    fn trim(&self, now: Timestamp) -> Result<(), AwsError> {
        let streams: Vec<_> =
            self.streams.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        for stream in streams {
            if stream.trim(&self.records, now)? {
                self.change(&stream, |description| {
                    let horizon = description.trim_horizon(now);
                    description.shards.retain(|shard| shard.closed_at.is_none_or(|closed| closed >= horizon));
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Removes the records of streams that no longer exist.
    async fn purge_leftovers(&self) -> Result<(), StoreError> {
        for id in self.records.streams()? {
            let exists = |stream: &Arc<Stream>| stream.state().description.id == id;
            if !self.streams.read().unwrap_or_else(PoisonError::into_inner).values().any(exists) {
                while self.records.purge(id)? {
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(())
    }
}

/// The operations that [`Kinesis::operate`] answers; the table in `docs/engine.md` is written from this.
const OPERATIONS: &[&str] = &[
    "AddTagsToStream",
    "CreateStream",
    "DecreaseStreamRetentionPeriod",
    "DeleteStream",
    "DescribeLimits",
    "DescribeStream",
    "DescribeStreamSummary",
    "GetRecords",
    "GetShardIterator",
    "IncreaseStreamRetentionPeriod",
    "ListShards",
    "ListStreams",
    "ListTagsForResource",
    "ListTagsForStream",
    "MergeShards",
    "PutRecord",
    "PutRecords",
    "RemoveTagsFromStream",
    "SplitShard",
    "StartStreamEncryption",
    "StopStreamEncryption",
    "TagResource",
    "UntagResource",
    "UpdateShardCount",
    "UpdateStreamMode",
];

#[async_trait]
impl Service for Kinesis {
    fn signing_name(&self) -> &'static str {
        "kinesis"
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, |call| async move { self.operate(aws, caller, &call) }).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::StreamResource)]
    }

    fn start(&self, aws: &Arc<Aws>) {
        let task = Arc::clone(aws);
        aws.spawn(async move {
            let kinesis = &task.services.kinesis;
            if let Err(error) = kinesis.purge_leftovers().await {
                tracing::error!(%error, "records of deleted streams could not be removed");
            }
            loop {
                task.clock.sleep(TRIM_INTERVAL).await;
                if let Err(error) = kinesis.trim(task.clock.now()) {
                    tracing::error!(%error, "expired records could not be removed");
                }
            }
        });
    }
}
