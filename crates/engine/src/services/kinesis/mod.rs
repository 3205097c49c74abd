//! Kinesis Data Streams: shards, records in order, and iterators over them.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use hyper::body::Incoming;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::http::Body;
use crate::identity::Caller;
use crate::services::Service;
use crate::store::{Store, StoreError};
use crate::wire;

/// The service's handle.
pub struct Kinesis {}

/// A record in a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub sequence_number: String,
    pub partition_key: String,
    pub data: Bytes,
    pub arrived_at: Timestamp,
}

/// A place in a shard from which to read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Position {
    TrimHorizon,
    Latest,
    AtTimestamp(Timestamp),
    AtSequenceNumber(String),
    AfterSequenceNumber(String),
}

/// What one read of a shard gave.
#[derive(Debug, Clone)]
pub struct Batch {
    pub records: Vec<Record>,
    /// Where the next read goes on; `None` at the end of a closed shard.
    pub next: Option<Position>,
    /// How far the last record read is behind the shard's tip.
    pub millis_behind_latest: u64,
}

/// A shard, as pollers need to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShardSummary {
    pub shard_id: String,
    pub parent_shard_ids: Vec<String>,
    pub is_closed: bool,
}

impl Kinesis {
    pub(crate) fn open(_store: &Store) -> Result<Self, StoreError> {
        Ok(Self {})
    }

    /// Returns the shards of a stream, open and closed, oldest first; needs `kinesis:ListShards`.
    pub fn shards(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _stream_arn: &str,
    ) -> Result<Vec<ShardSummary>, AwsError> {
        Err(AwsError::not_supported("kinesis"))
    }

    /// Reads up to `limit` records of a shard; needs `kinesis:GetRecords` and `kinesis:GetShardIterator`.
    ///
    /// [`Position::Latest`] gives no records and, in `next`, the position after the shard's present tip.
    pub fn read(
        &self,
        _aws: &Aws,
        _caller: &Caller,
        _stream_arn: &str,
        _shard_id: &str,
        _from: &Position,
        _limit: usize,
    ) -> Result<Batch, AwsError> {
        Err(AwsError::not_supported("kinesis"))
    }

    /// Waits until something was written to any shard of the stream, or the stream is gone.
    ///
    /// Pollers call it before they read and await it after an empty read, so that no write is missed.
    pub fn changed(&self, _stream_arn: &str) -> impl Future<Output = ()> + Send + 'static {
        std::future::pending()
    }
}

#[async_trait]
impl Service for Kinesis {
    fn signing_name(&self) -> &'static str {
        "kinesis"
    }

    async fn handle(&self, _aws: &Arc<Aws>, _caller: &Caller, _request: Request<Incoming>) -> Response<Body> {
        wire::json::error(&AwsError::not_supported("kinesis"))
    }
}
