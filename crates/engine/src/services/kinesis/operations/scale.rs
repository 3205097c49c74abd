//! More or fewer shards: UpdateShardCount, SplitShard and MergeShards. Each takes effect at once.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::address::Address;
use crate::services::kinesis::hash_key;
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, ShardDescription, Stream, StreamMode, shard_index};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

pub const DAY: Duration = Duration::from_secs(24 * 3600);
const UPDATES_PER_DAY: usize = 10;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct UpdateShardCount {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    target_shard_count: Option<i64>,
    scaling_type: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SplitShard {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_to_split: Option<String>,
    new_starting_hash_key: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MergeShards {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    shard_to_merge: Option<String>,
    adjacent_shard_to_merge: Option<String>,
}

impl Kinesis {
    pub fn update_shard_count(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &UpdateShardCount,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("targetShardCount", input.target_shard_count.is_some());
        check.range("targetShardCount", input.target_shard_count, 1, i64::from(i32::MAX));
        check.present("scalingType", input.scaling_type.is_some());
        check.one_of("scalingType", input.scaling_type.as_deref(), &["UNIFORM_SCALING"]);
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (address, stream) = self.target(aws, caller, "kinesis:UpdateShardCount", name, arn)?;
        let target = usize::try_from(input.target_shard_count.unwrap_or(1)).unwrap_or(1);
        let current = self.scale(caller, &stream, target, aws.clock.now())?;
        Reply::of(&json!({
            "StreamName": address.name,
            "StreamARN": address.arn(),
            "CurrentShardCount": current,
            "TargetShardCount": target,
        }))
    }

    /// Scales a stream uniformly within AWS's limits; returns how many shards were open before.
    pub fn scale(
        &self,
        caller: &Caller,
        stream: &Stream,
        target: usize,
        now: Timestamp,
    ) -> Result<usize, AwsError> {
        let current = stream.state().description.open_shards().count();
        self.check_shard_limit(caller, target.saturating_sub(current))?;
        self.change(stream, |description| {
            let current = description.open_shards().count();
            check_scaling(description, current, target)?;
            description.shard_count_updates.retain(|at| now.since(*at) < DAY);
            if description.shard_count_updates.len() >= UPDATES_PER_DAY {
                // Not confirmed on AWS: the wording.
                let message = format!(
                    "Request is invalid. The shard count of stream {} under account {} was updated \
                     {UPDATES_PER_DAY} times in the last 24 hours.",
                    description.name, description.account
                );
                return Err(refusal::limit_exceeded(message));
            }
            description.shard_count_updates.push(now);
            description.scale_uniformly(target, now);
            Ok(current)
        })
    }

    pub fn split_shard(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &SplitShard,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.present("shardToSplit", input.shard_to_split.is_some());
        check.name("shardToSplit", input.shard_to_split.as_deref(), 128);
        check.present("newStartingHashKey", input.new_starting_hash_key.is_some());
        let digits = input.new_starting_hash_key.as_deref().unwrap_or("0");
        let start = hash_key::parse(digits);
        if start.is_none() {
            check.note(
                "newStartingHashKey",
                digits,
                r"satisfy regular expression pattern: 0|([1-9]\d{0,38})",
            );
        }
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (address, stream) = self.target(aws, caller, "kinesis:SplitShard", name, arn)?;
        self.check_shard_limit(caller, 1)?;
        let now = aws.clock.now();
        self.change(&stream, |description| {
            let shard = open_shard(description, &address, input.shard_to_split.as_deref())?;
            let (index, range) = (shard.index, shard.hash_keys);
            // Each half must take more than one hash key.
            let inside = start.filter(|start| *start > range.start.saturating_add(1) && *start < range.end);
            let start = inside.ok_or_else(|| {
                refusal::invalid_argument(format!(
                    "NewStartingHashKey {digits} used in SplitShard() on shard {} in stream {} under account {} is \
                     not both greater than one plus the shard's StartingHashKey {} and less than the shard's \
                     EndingHashKey {}.",
                    shard.id(),
                    address.name,
                    address.account,
                    range.start,
                    range.end
                ))
            })?;
            description.split(index, start, now);
            Ok(())
        })?;
        Ok(Reply::empty())
    }

    pub fn merge_shards(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &MergeShards,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        for (field, value) in [
            ("shardToMerge", &input.shard_to_merge),
            ("adjacentShardToMerge", &input.adjacent_shard_to_merge),
        ] {
            check.present(field, value.is_some());
            check.name(field, value.as_deref(), 128);
        }
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (address, stream) = self.target(aws, caller, "kinesis:MergeShards", name, arn)?;
        let now = aws.clock.now();
        self.change(&stream, |description| {
            let first = open_shard(description, &address, input.shard_to_merge.as_deref())?;
            let second = open_shard(description, &address, input.adjacent_shard_to_merge.as_deref())?;
            if first.hash_keys.end.checked_add(1) != Some(second.hash_keys.start) {
                return Err(refusal::invalid_argument(format!(
                    "Shards {} and {} in stream {} under account {} are not an adjacent pair of shards eligible for \
                     merging",
                    first.id(),
                    second.id(),
                    address.name,
                    address.account
                )));
            }
            let (first, second) = (first.index, second.index);
            description.merge(first, second, now);
            Ok(())
        })?;
        Ok(Reply::empty())
    }
}

fn check_scaling(description: &Description, current: usize, target: usize) -> Result<(), AwsError> {
    if description.mode == StreamMode::OnDemand {
        // Not confirmed on AWS: the wording.
        return Err(refusal::validation(format!(
            "Request is invalid. Stream {} under account {} is in On-Demand mode.",
            description.name, description.account
        )));
    }
    let counts = format!("Current open shard count: {current} Target shard count: {target}");
    if target > current * 2 {
        // Confirmed: the wording. Not confirmed on AWS: the code.
        return Err(refusal::limit_exceeded(format!(
            "UpdateShardCount cannot scale up over double your current open shard count. {counts}"
        )));
    }
    if target * 2 < current {
        return Err(refusal::limit_exceeded(format!(
            "UpdateShardCount cannot scale down below half your current open shard count. {counts}"
        )));
    }
    Ok(())
}

fn open_shard<'a>(
    description: &'a Description,
    address: &Address,
    shard_id: Option<&str>,
) -> Result<&'a ShardDescription, AwsError> {
    let shard_id = shard_id.unwrap_or_default();
    let found = shard_index(shard_id).and_then(|index| description.shard(index));
    let shard = found.ok_or_else(|| refusal::no_such_shard_id(shard_id, &address.name, &address.account))?;
    if !shard.is_open() {
        return Err(refusal::invalid_argument(format!(
            "Shard {} in stream {} under account {} has already been merged or split, and thus is not eligible for \
             merging or splitting.",
            shard.id(),
            address.name,
            address.account
        )));
    }
    Ok(shard)
}
