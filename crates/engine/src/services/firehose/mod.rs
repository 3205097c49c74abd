//! Firehose: buffers records by size and time and delivers them to S3.
//!
//! The way of a record: `operations::put` stores it in the `backlog`, or `source` reads it from a Kinesis
//! stream; `delivery` gathers records in its buffers, has them transformed, and stores objects with the
//! rights of the role. Delivery streams are ACTIVE as soon as they are created and gone as soon as they are
//! deleted. S3 is the only destination; dynamic partitioning, format conversion, Snappy and encryption by
//! KMS are refused by name.

mod aggregation;
mod backlog;
mod buffer;
mod date_pattern;
mod delivery;
mod destination;
mod disturbance;
mod error_log;
mod object;
mod operations;
mod prefix;
mod processing;
mod refusal;
mod resource;
mod session;
mod source;
mod stream;
mod throttle;
mod transform;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::ResourceType;
use crate::services::Service;
use crate::store::{Store, StoreError, Table};
use crate::wire::json::{Call, Reply};
use crate::wire::{self, Body};

use backlog::Backlog;
use source::Checkpoints;
use stream::{DeliveryStream, Description};
use throttle::Throttle;

/// The service's handle.
pub struct Firehose {
    table: Table<Description>,
    checkpoints: Checkpoints,
    backlog: Backlog,
    streams: RwLock<BTreeMap<String, Arc<DeliveryStream>>>,
    throttle: Throttle,
}

impl Firehose {
    pub(crate) fn open(store: &Store) -> Result<Self, StoreError> {
        let table = store.table::<Description>("firehose-streams");
        let backlog = Backlog::open(store)?;
        let mut streams = BTreeMap::new();
        for (key, description) in table.scan("")? {
            streams.insert(key, Arc::new(DeliveryStream::open(description, &backlog)?));
        }
        let checkpoints = store.table("firehose-checkpoints");
        let throttle = Throttle::default();
        Ok(Self { table, checkpoints, backlog, streams: RwLock::new(streams), throttle })
    }

    /// Returns roughly how many bytes were put to a delivery stream and wait for delivery; zero for one that
    /// reads a Kinesis stream, whose records wait there.
    pub fn buffered_bytes(&self, caller: &Caller, name: &str) -> Result<u64, AwsError> {
        Ok(self.backlog.bytes(self.stream(caller, name)?.description().id)?)
    }

    fn existing(&self, caller: &Caller, name: &str) -> Option<Arc<DeliveryStream>> {
        let key = format!("{}{name}", caller.scope());
        self.streams.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned()
    }

    fn stream(&self, caller: &Caller, name: &str) -> Result<Arc<DeliveryStream>, AwsError> {
        self.existing(caller, name).ok_or_else(|| refusal::not_found(name, &caller.account))
    }

    /// Changes a delivery stream's description and stores it.
    fn change<T>(
        &self,
        stream: &DeliveryStream,
        change: impl FnOnce(&mut Description) -> Result<T, AwsError>,
    ) -> Result<T, AwsError> {
        // Held until the change is stored, so that it cannot bring a stream back that is deleted meanwhile.
        let streams = self.streams.read().unwrap_or_else(PoisonError::into_inner);
        stream.update(change, |description| match streams.get(&description.key()) {
            Some(existing) if std::ptr::eq(&**existing, stream) => {
                self.table.put(&description.key(), description)
            }
            _ => Ok(()),
        })
    }

    fn operate(&self, aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
        let operation = call.operation.as_str();
        let is_control = OPERATIONS.contains(&operation) && !operation.starts_with("PutRecord");
        if aws.limits.firehose && is_control {
            self.throttle.admit(&caller.scope(), operation, aws.clock.now())?;
        }
        match operation {
            "PutRecordBatch" => self.put_record_batch(aws, caller, &call.input()?),
            "PutRecord" => self.put_record(aws, caller, &call.input()?),
            "CreateDeliveryStream" => self.create_delivery_stream(aws, caller, call.input()?),
            "DeleteDeliveryStream" => self.delete_delivery_stream(aws, caller, &call.input()?),
            "DescribeDeliveryStream" => self.describe_delivery_stream(aws, caller, &call.input()?),
            "ListDeliveryStreams" => self.list_delivery_streams(aws, caller, &call.input()?),
            "UpdateDestination" => self.update_destination(aws, caller, call.input()?),
            "StartDeliveryStreamEncryption" => self.start_encryption(aws, caller, &call.input()?),
            "StopDeliveryStreamEncryption" => self.stop_encryption(aws, caller, &call.input()?),
            "TagDeliveryStream" => self.tag_delivery_stream(aws, caller, &call.input()?),
            "UntagDeliveryStream" => self.untag_delivery_stream(aws, caller, &call.input()?),
            "ListTagsForDeliveryStream" => self.list_tags(aws, caller, &call.input()?),
            _ => Err(call.unknown()),
        }
    }
}

/// The operations that [`Firehose::operate`] answers; the table in `docs/engine.md` is written from this.
const OPERATIONS: &[&str] = &[
    "CreateDeliveryStream",
    "DeleteDeliveryStream",
    "DescribeDeliveryStream",
    "ListDeliveryStreams",
    "ListTagsForDeliveryStream",
    "PutRecord",
    "PutRecordBatch",
    "StartDeliveryStreamEncryption",
    "StopDeliveryStreamEncryption",
    "TagDeliveryStream",
    "UntagDeliveryStream",
    "UpdateDestination",
];

#[async_trait]
impl Service for Firehose {
    fn signing_name(&self) -> &'static str {
        "firehose"
    }

    fn operations(&self) -> &'static [&'static str] {
        OPERATIONS
    }

    async fn handle(&self, aws: &Arc<Aws>, caller: &Caller, request: Request<Incoming>) -> Response<Body> {
        wire::json::serve(request, |call| async move { self.operate(aws, caller, &call) }).await
    }

    fn resource_types(&self) -> Vec<Box<dyn ResourceType>> {
        vec![Box::new(resource::DeliveryStreamResource)]
    }

    fn start(&self, aws: &Arc<Aws>) {
        for stream in self.streams.read().unwrap_or_else(PoisonError::into_inner).values() {
            aws.spawn(delivery::run(Arc::clone(aws), Arc::clone(stream)));
        }
    }
}
