//! What other services of the engine see of streams: shards, records from a position on, and a wake-up.

use bytes::Bytes;

use super::Kinesis;
use super::address::Address;
use super::records::{ReadSize, ShardKey};
use super::refusal;
use super::stream::{State, shard_index};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// Most bytes that one read gives.
pub const READ_BYTES: usize = 10 << 20;

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

/// Records from an index on, and where that leaves the reader.
pub struct Slice {
    pub records: Vec<Record>,
    /// Index from which to go on; `None` at the end of a closed shard.
    pub next_index: Option<u64>,
    pub millis_behind_latest: u64,
    pub bytes: usize,
}

impl Kinesis {
    /// Returns the shards of a stream, open and closed, oldest first; needs `kinesis:ListShards`.
    pub fn shards(
        &self,
        aws: &Aws,
        caller: &Caller,
        stream_arn: &str,
    ) -> Result<Vec<ShardSummary>, AwsError> {
        let address = Address::of_arn(stream_arn)?;
        aws.services.iam.authorize(caller, "kinesis:ListShards", stream_arn, None, &[])?;
        let stream = self.stream(&address)?;
        let state = stream.state();
        let summary = |shard: &super::stream::ShardDescription| ShardSummary {
            shard_id: shard.id(),
            parent_shard_ids: shard.parents.iter().map(|parent| super::stream::shard_id(*parent)).collect(),
            is_closed: !shard.is_open(),
        };
        Ok(state.description.shards.iter().map(summary).collect())
    }

    /// Reads up to `limit` records of a shard; needs `kinesis:GetRecords` and `kinesis:GetShardIterator`.
    ///
    /// [`Position::Latest`] gives no records and, in `next`, the position after the shard's present tip.
    pub fn read(
        &self,
        aws: &Aws,
        caller: &Caller,
        stream_arn: &str,
        shard_id: &str,
        from: &Position,
        limit: usize,
    ) -> Result<Batch, AwsError> {
        let address = Address::of_arn(stream_arn)?;
        for action in ["kinesis:GetShardIterator", "kinesis:GetRecords"] {
            aws.services.iam.authorize(caller, action, stream_arn, None, &[])?;
        }
        let stream = self.stream(&address)?;
        let state = stream.state();
        let unknown = || refusal::no_such_shard_id(shard_id, &address.name, &address.account);
        let index = shard_index(shard_id).ok_or_else(unknown)?;
        let now = aws.clock.now();
        let start = self.resolve(&state, index, from, now)?;
        let limit = if *from == Position::Latest { 0 } else { limit };
        let slice = self.slice(&state, index, start, limit, now)?;
        let shard = state.description.shard(index).ok_or_else(unknown)?;
        let position = |next| Position::AtSequenceNumber(shard.sequence_number(next, now));
        let next = match slice.records.last() {
            Some(last) if slice.next_index.is_some() => {
                Some(Position::AfterSequenceNumber(last.sequence_number.clone()))
            }
            _ => slice.next_index.map(position),
        };
        Ok(Batch { records: slice.records, next, millis_behind_latest: slice.millis_behind_latest })
    }

    /// Waits until something was written to any shard of the stream, or the stream is gone.
    ///
    /// Pollers call it before they read and await it after an empty read, so that no write is missed.
    pub fn changed(&self, stream_arn: &str) -> impl Future<Output = ()> + Send + 'static + use<> {
        let stream = Address::parse(stream_arn).and_then(|address| self.existing(&address));
        let changed = stream.map(|stream| stream.changed());
        async move {
            if let Some(changed) = changed {
                changed.await;
            }
        }
    }

    /// Reads records of a shard from `start` on.
    pub fn slice(
        &self,
        state: &State,
        shard_index: u32,
        start: u64,
        limit: usize,
        now: Timestamp,
    ) -> Result<Slice, AwsError> {
        let description = &state.description;
        let gone = || refusal::shard_not_found(shard_index, &description.name, &description.account);
        let shard = description.shard(shard_index).ok_or_else(gone)?;
        // What is written after this moment is for the next read.
        let tail = state.tail(shard_index).map(|tail| (tail.first_index, tail.next_index));
        let (first, end) = tail.ok_or_else(gone)?;
        let start = start.max(first);
        let key = ShardKey { stream: description.id, shard: shard_index };
        let size = ReadSize { records: limit, bytes: READ_BYTES };
        let mut stored = Vec::new();
        if limit > 0 && start < end {
            stored = self.records.read(key, start, description.trim_horizon(now), size)?;
            stored.retain(|record| record.index < end);
        }
        let last = stored.last().map(|record| (record.index, record.arrived_at));
        let next = match last {
            Some((index, _)) => index + 1,
            // Everything up to the end has expired.
            None if limit > 0 => start.max(end),
            None => start,
        };
        let millis_behind_latest = match last {
            Some((_, arrived_at)) if next < end => {
                u64::try_from(now.since(arrived_at).as_millis()).unwrap_or(0)
            }
            _ => 0,
        };
        let bytes = stored.iter().map(|record| record.data.len()).sum();
        let record = |record: super::records::StoredRecord| Record {
            sequence_number: shard.sequence_number(record.index, record.arrived_at),
            partition_key: record.partition_key,
            data: record.data,
            arrived_at: record.arrived_at,
        };
        Ok(Slice {
            records: stored.into_iter().map(record).collect(),
            next_index: (shard.is_open() || next < end).then_some(next),
            millis_behind_latest,
            bytes,
        })
    }
}
