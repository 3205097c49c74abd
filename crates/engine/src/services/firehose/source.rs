//! Where a delivery stream's records come from: its own backlog, or the shards of a Kinesis stream.
//!
//! A source only reads on. How far records have been *delivered* is its progress, which the caller hands
//! back after the object is stored; after a restart reading begins there again.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::aggregation;
use super::backlog::Place;
use super::session;
use super::stream::{DeliveryStream, Description, Source};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::{Batch, Position, Record};
use crate::store::{StoreError, Table};

/// Most records that are read at once.
const READ_RECORDS: usize = 1_000;

/// Bytes after which no further shard is read.
const READ_BYTES: usize = 4 << 20;

/// How far a shard has been delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checkpoint {
    At(Position),
    /// Everything of a closed shard.
    Finished,
}

/// What is done with once a record has been delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Backlog(Place),
    Shard(Arc<str>, Checkpoint),
}

/// A record on its way.
#[derive(Debug, Clone)]
pub struct Item {
    pub data: Bytes,
    pub arrived_at: Timestamp,
    /// What a function learns of a record from a Kinesis stream.
    pub metadata: Option<Value>,
    /// What has been delivered when this record and all before it have been; `None` in the middle of an
    /// aggregated record.
    pub progress: Option<Progress>,
    /// A mark in the row without a record, such as the end of a shard.
    pub is_mark: bool,
}

/// Progress of many records, the latest of each shard.
#[derive(Debug, Default)]
pub struct Delivered {
    backlog: Option<Place>,
    shards: BTreeMap<Arc<str>, Checkpoint>,
}

impl Delivered {
    pub fn add(&mut self, progress: Progress) {
        match progress {
            Progress::Backlog(place) => self.backlog = Some(place),
            Progress::Shard(shard, checkpoint) => {
                self.shards.insert(shard, checkpoint);
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.backlog.is_none() && self.shards.is_empty()
    }
}

/// The checkpoints of all delivery streams, by stream id and shard.
pub type Checkpoints = Table<Checkpoint>;

fn key(id: u64, shard_id: &str) -> String {
    format!("{id:016x}/{shard_id}")
}

/// Notes, for a delivery stream that is being made, the present tip of each shard of its source.
///
/// This is what LATEST means: records that were put before are never delivered.
pub fn begin_at_latest(
    aws: &Aws,
    caller: &Caller,
    checkpoints: &Checkpoints,
    id: u64,
    stream_arn: &str,
) -> Result<(), AwsError> {
    let kinesis = &aws.services.kinesis;
    for shard in kinesis.shards(aws, caller, stream_arn)? {
        let checkpoint = if shard.is_closed {
            Checkpoint::Finished
        } else {
            let batch = kinesis.read(aws, caller, stream_arn, &shard.shard_id, &Position::Latest, 0)?;
            batch.next.map_or(Checkpoint::Finished, Checkpoint::At)
        };
        checkpoints.put(&key(id, &shard.shard_id), &checkpoint)?;
    }
    Ok(())
}

/// Removes the checkpoints of a delivery stream.
pub fn forget(checkpoints: &Checkpoints, id: u64) -> Result<(), StoreError> {
    for (key, _) in checkpoints.scan(&key(id, ""))? {
        checkpoints.remove(&key)?;
    }
    Ok(())
}

/// Reads a delivery stream's records in order.
pub enum Reader {
    Backlog {
        next_entry: u64,
        /// First entry that may not have been delivered.
        first_entry: u64,
    },
    Kinesis {
        source: Source,
        shards: BTreeMap<Arc<str>, Checkpoint>,
        /// Grows with each read, so that each shard is the first one at times.
        turn: usize,
    },
}

impl Reader {
    /// Begins after what has been delivered.
    pub fn open(description: &Description, checkpoints: &Checkpoints) -> Result<Self, StoreError> {
        let Some(source) = &description.source else {
            return Ok(Reader::Backlog { next_entry: 0, first_entry: 0 });
        };
        let prefix = key(description.id, "");
        let shards = checkpoints.scan(&prefix)?.into_iter();
        let shards = shards.map(|(key, checkpoint)| (Arc::from(&key[prefix.len()..]), checkpoint)).collect();
        Ok(Reader::Kinesis { source: source.clone(), shards, turn: 0 })
    }

    /// Returns the next records, none when there are none at present.
    pub fn read(&mut self, aws: &Aws, stream: &DeliveryStream) -> Result<Vec<Item>, AwsError> {
        let description = stream.description();
        match self {
            Reader::Backlog { next_entry, .. } => {
                let Some((entry, records)) =
                    aws.services.firehose.backlog.read(description.id, *next_entry)?
                else {
                    return Ok(Vec::new());
                };
                *next_entry = entry + 1;
                let item = |record: super::backlog::Waiting| Item {
                    data: record.data,
                    arrived_at: record.arrived_at,
                    metadata: None,
                    progress: Some(Progress::Backlog(record.place)),
                    is_mark: false,
                };
                Ok(records.into_iter().map(item).collect())
            }
            Reader::Kinesis { source, shards, turn } => {
                *turn += 1;
                read_shards(aws, &description, source, shards, *turn)
            }
        }
    }

    /// Returns a future that ends when there may be more to read, seen from now on.
    pub fn changed(
        &self,
        aws: &Aws,
        stream: &DeliveryStream,
    ) -> impl Future<Output = ()> + Send + 'static + use<> {
        let mut records = stream.records();
        let source = match self {
            Reader::Backlog { .. } => None,
            Reader::Kinesis { source, .. } => Some(aws.services.kinesis.changed(&source.stream_arn)),
        };
        async move {
            match source {
                Some(source) => source.await,
                // An error means that the stream is gone, and with it the reader.
                None => drop(records.changed().await),
            }
        }
    }

    /// Notes what has been delivered.
    pub fn delivered(&mut self, aws: &Aws, id: u64, delivered: Delivered) -> Result<(), StoreError> {
        let firehose = &aws.services.firehose;
        if let (Some(place), Reader::Backlog { first_entry, .. }) = (delivered.backlog, self) {
            firehose.backlog.delivered(id, *first_entry, place)?;
            *first_entry = place.entry;
        }
        for (shard, checkpoint) in delivered.shards {
            firehose.checkpoints.put(&key(id, &shard), &checkpoint)?;
        }
        Ok(())
    }
}

/// Reads from every shard that has something, with the rights of the source's role.
fn read_shards(
    aws: &Aws,
    description: &Description,
    source: &Source,
    shards: &mut BTreeMap<Arc<str>, Checkpoint>,
    turn: usize,
) -> Result<Vec<Item>, AwsError> {
    let caller = session::assume(aws, description, &source.role_arn)?;
    let kinesis = &aws.services.kinesis;
    let mut items = Vec::new();
    let mut bytes = 0;
    let mut present = kinesis.shards(aws, &caller, &source.stream_arn)?;
    let first = turn % present.len().max(1);
    present.rotate_left(first);
    for shard in present {
        if bytes >= READ_BYTES {
            break;
        }
        let shard_id: Arc<str> = Arc::from(shard.shard_id.as_str());
        // Parents first, so that records of one key stay in order.
        let is_ready = shard.parent_shard_ids.iter().all(|parent| {
            shards.get(parent.as_str()).is_none_or(|checkpoint| *checkpoint == Checkpoint::Finished)
        });
        // A shard that was not there when the delivery stream was made is the child of one, and read whole.
        let checkpoint = shards.get(&shard_id).cloned().unwrap_or(Checkpoint::At(Position::TrimHorizon));
        let Checkpoint::At(position) = checkpoint else { continue };
        if !is_ready {
            continue;
        }
        let read =
            |from: &Position| kinesis.read(aws, &caller, &source.stream_arn, &shard_id, from, READ_RECORDS);
        let batch = match read(&position) {
            // The stream was deleted and another one made under its name.
            Err(error) if error.code == "InvalidArgumentException" => read(&Position::TrimHorizon)?,
            batch => batch?,
        };
        let Batch { records, next, .. } = batch;
        for record in records {
            bytes += record.data.len();
            unpack(&shard_id, record, &mut items);
        }
        if next.is_none() {
            items.push(mark(&shard_id, aws.clock.now()));
        }
        shards.insert(shard_id, next.map_or(Checkpoint::Finished, Checkpoint::At));
    }
    Ok(items)
}

/// Returns the mark behind the last record of a closed shard.
fn mark(shard_id: &Arc<str>, now: Timestamp) -> Item {
    Item {
        data: Bytes::new(),
        arrived_at: now,
        metadata: None,
        progress: Some(Progress::Shard(Arc::clone(shard_id), Checkpoint::Finished)),
        is_mark: true,
    }
}

/// Adds a record, or the several ones that a producer has aggregated in it.
fn unpack(shard_id: &Arc<str>, record: Record, items: &mut Vec<Item>) {
    let metadata = |partition_key: &str, place: usize| {
        json!({
            "shardId": &**shard_id,
            "partitionKey": partition_key,
            "approximateArrivalTimestamp": record.arrived_at.0,
            "sequenceNumber": record.sequence_number,
            "subsequenceNumber": place,
        })
    };
    let mut parts = aggregation::unpack(&record.data).unwrap_or_default();
    if parts.is_empty() {
        parts.push((record.partition_key.clone(), record.data.clone()));
    }
    let last = parts.len() - 1;
    for (place, (partition_key, data)) in parts.into_iter().enumerate() {
        let position = Position::AfterSequenceNumber(record.sequence_number.clone());
        let progress = Progress::Shard(Arc::clone(shard_id), Checkpoint::At(position));
        items.push(Item {
            data,
            arrived_at: record.arrived_at,
            metadata: Some(metadata(&partition_key, place)),
            progress: (place == last).then_some(progress),
            is_mark: false,
        });
    }
}
