//! GetShardIterator and GetRecords.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::iterator::ShardIterator;
use crate::services::kinesis::poll::{Position, Record, Slice};
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, shard_id, shard_index};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const MOST_RECORDS: i64 = 10_000;
const ITERATOR_TYPES: [&str; 5] =
    ["AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetShardIterator {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_id: Option<String>,
    shard_iterator_type: Option<String>,
    starting_sequence_number: Option<String>,
    timestamp: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct GetRecords {
    shard_iterator: Option<String>,
    limit: Option<i64>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct RecordOutput {
    sequence_number: String,
    approximate_arrival_timestamp: f64,
    data: String,
    partition_key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_type: Option<&'static str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct GetRecordsOutput {
    records: Vec<RecordOutput>,
    /// Null at the end of a closed shard.
    next_shard_iterator: Option<String>,
    millis_behind_latest: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    child_shards: Option<Vec<serde_json::Value>>,
}

impl Kinesis {
    pub fn get_shard_iterator(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &GetShardIterator,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("shardId", input.shard_id.is_some());
        check.name("shardId", input.shard_id.as_deref(), 128);
        check.present("shardIteratorType", input.shard_iterator_type.is_some());
        check.one_of("shardIteratorType", input.shard_iterator_type.as_deref(), &ITERATOR_TYPES);
        check.finish()?;
        let now = aws.clock.now();
        let position = input.position(now)?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (address, stream) = self.target(aws, caller, "kinesis:GetShardIterator", name, arn)?;
        let shard = input.shard_id.as_deref().unwrap_or_default();
        let unknown = || refusal::no_such_shard_id(shard, &address.name, &address.account);
        let shard_index = shard_index(shard).ok_or_else(unknown)?;
        let state = stream.state();
        let iterator = ShardIterator {
            issued_at: now,
            account: address.account.clone(),
            region: address.region.clone(),
            stream_name: address.name.clone(),
            stream_id: state.description.id,
            shard_index,
            next_index: self.resolve(&state, shard_index, &position, now)?,
        };
        Reply::of(&json!({"ShardIterator": self.seal_iterator(&iterator)}))
    }

    pub fn get_records(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &GetRecords,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("shardIterator", input.shard_iterator.is_some());
        check.range("limit", input.limit, 1, MOST_RECORDS);
        check.finish()?;
        let now = aws.clock.now();
        let iterator = self.open_iterator(input.shard_iterator.as_deref().unwrap_or_default(), now)?;
        let address = iterator.address();
        if input.stream_arn.as_ref().is_some_and(|arn| *arn != address.arn()) {
            // Not confirmed on AWS: the wording.
            return Err(refusal::invalid_argument(
                "StreamARN does not match the stream of the ShardIterator.",
            ));
        }
        aws.services.iam.authorize(caller, "kinesis:GetRecords", &address.arn(), None, &[])?;
        let stream = self.stream(&address)?;
        let state = stream.state();
        let index = iterator.shard_index;
        let gone = || refusal::shard_not_found(index, &address.name, &address.account);
        if state.description.id != iterator.stream_id {
            return Err(gone());
        }
        let is_throttled = aws.limits.kinesis && !state.tail(index).ok_or_else(gone)?.reads.admit(now);
        aws.services.cloudwatch.kinesis_asked(now, address.emitter(), is_throttled);
        if is_throttled {
            return Err(refusal::throttled(index, &address.name, &address.account));
        }
        let limit = usize::try_from(input.limit.unwrap_or(MOST_RECORDS)).unwrap_or(1);
        let slice = self.slice(&state, index, iterator.next_index, limit, now)?;
        state.tail(index).ok_or_else(gone)?.reads.count(slice.bytes);
        let (records, behind) = (slice.records.len(), slice.millis_behind_latest);
        aws.services.cloudwatch.kinesis_read(now, address.emitter(), records, behind);
        self.answer(&state.description, &iterator, slice, now)
    }

    fn answer(
        &self,
        description: &Description,
        iterator: &ShardIterator,
        slice: Slice,
        now: Timestamp,
    ) -> Result<Reply, AwsError> {
        let next = |next_index| ShardIterator { issued_at: now, next_index, ..iterator.clone() };
        let encryption_type = description.key_id.is_some().then_some("KMS");
        let output = |record: Record| RecordOutput {
            sequence_number: record.sequence_number,
            approximate_arrival_timestamp: record.arrived_at.seconds(),
            data: STANDARD.encode(&record.data),
            partition_key: record.partition_key,
            encryption_type,
        };
        Reply::of(&GetRecordsOutput {
            next_shard_iterator: slice.next_index.map(|index| self.seal_iterator(&next(index))),
            child_shards: slice.next_index.is_none().then(|| children(description, iterator.shard_index)),
            records: slice.records.into_iter().map(output).collect(),
            millis_behind_latest: slice.millis_behind_latest,
        })
    }
}

/// Returns the shards that a closed shard was split or merged into.
fn children(description: &Description, parent: u32) -> Vec<serde_json::Value> {
    let children = description.shards.iter().filter(|shard| shard.parents.contains(&parent));
    let child = |shard: &super::super::stream::ShardDescription| {
        json!({
            "ShardId": shard.id(),
            "ParentShards": shard.parents.iter().map(|parent| shard_id(*parent)).collect::<Vec<_>>(),
            "HashKeyRange": {
                "StartingHashKey": shard.hash_keys.start.to_string(),
                "EndingHashKey": shard.hash_keys.end.to_string(),
            },
        })
    };
    children.map(child).collect()
}

impl GetShardIterator {
    /// Returns the starting place, once type, sequence number and timestamp fit together.
    fn position(&self, now: Timestamp) -> Result<Position, AwsError> {
        let kind = self.shard_iterator_type.as_deref().unwrap_or_default();
        let mismatch = |has: &str| {
            refusal::invalid_argument(format!(
                "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or \
                 (2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} and {has} \
                 StartingSequenceNumber."
            ))
        };
        match (kind, &self.starting_sequence_number) {
            ("AT_SEQUENCE_NUMBER", Some(digits)) => Ok(Position::AtSequenceNumber(digits.clone())),
            ("AFTER_SEQUENCE_NUMBER", Some(digits)) => Ok(Position::AfterSequenceNumber(digits.clone())),
            ("AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER", None) => Err(mismatch("no")),
            ("AT_TIMESTAMP", _) => self.moment(now),
            (_, Some(_)) => Err(mismatch("also a")),
            ("TRIM_HORIZON", None) => Ok(Position::TrimHorizon),
            (_, None) => Ok(Position::Latest),
        }
    }

    fn moment(&self, now: Timestamp) -> Result<Position, AwsError> {
        let seconds = self.timestamp.ok_or_else(|| {
            refusal::invalid_argument(
                "Must specify timestamp parameter for iterator of type AT_TIMESTAMP. Current request has no timestamp \
                 parameter.",
            )
        })?;
        let moment = Timestamp((seconds * 1000.0).round() as i64);
        if moment > now {
            return Err(refusal::invalid_argument(format!(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. \
                 timestampInMillis: {}, currentTimestampInMillis: {}",
                moment.0, now.0
            )));
        }
        Ok(Position::AtTimestamp(moment))
    }
}
