//! Streams come, are described and listed, and go.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};

use super::StreamOnly;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::address::Address;
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, ShardDescription, Stream, StreamMode, shard_id};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

/// Shards with which an on-demand stream begins: 4 MB/s in.
const ON_DEMAND_SHARDS: usize = 4;
const ON_DEMAND_STREAMS: usize = 50;
/// The only record size that this engine has, in KiB; AWS allows up to 10,240.
const RECORD_SIZE: i64 = 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct NewStream {
    pub stream_name: Option<String>,
    pub shard_count: Option<i64>,
    pub stream_mode_details: Option<StreamModeDetails>,
    pub tags: Option<BTreeMap<String, String>>,
    #[serde(rename = "WarmThroughputMiBps")]
    pub warm_throughput: Option<i64>,
    #[serde(rename = "MaxRecordSizeInKiB")]
    pub max_record_size: Option<i64>,
    pub record_distribution_strategy: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct StreamModeDetails {
    pub stream_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DescribeStream {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    limit: Option<i64>,
    exclusive_start_shard_id: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListStreams {
    limit: Option<i64>,
    exclusive_start_stream_name: Option<String>,
    next_token: Option<String>,
}

/// Reads a mode's name, which was checked to be one.
pub fn stream_mode(details: Option<&StreamModeDetails>) -> StreamMode {
    match details.and_then(|details| details.stream_mode.as_deref()) {
        Some("ON_DEMAND") => StreamMode::OnDemand,
        _ => StreamMode::Provisioned,
    }
}

/// Notes a mode that is missing or none.
pub fn check_mode(check: &mut Constraints, details: Option<&StreamModeDetails>) {
    if let Some(details) = details {
        check.present("streamModeDetails.streamMode", details.stream_mode.is_some());
        let mode = details.stream_mode.as_deref();
        check.one_of("streamModeDetails.streamMode", mode, &["PROVISIONED", "ON_DEMAND"]);
    }
}

impl Kinesis {
    pub fn create_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: NewStream,
    ) -> Result<Reply, AwsError> {
        self.create(aws, caller, input)?;
        Ok(Reply::empty())
    }

    /// Makes a stream, which is ACTIVE at once; returns its ARN.
    pub fn create(&self, aws: &Aws, caller: &Caller, input: NewStream) -> Result<String, AwsError> {
        let mut check = Constraints::default();
        check.present("streamName", input.stream_name.is_some());
        check.name("streamName", input.stream_name.as_deref(), 128);
        check.range("shardCount", input.shard_count, 1, i64::from(i32::MAX));
        check_mode(&mut check, input.stream_mode_details.as_ref());
        check.finish()?;
        refuse_unsupported(&input)?;
        let address = Address::of_name(caller, input.stream_name.as_deref().unwrap_or_default());
        let arn = address.arn();
        aws.services.iam.authorize(caller, "kinesis:CreateStream", &arn, None, &[])?;
        let tags = input.tags.clone().unwrap_or_default();
        super::tags::check(&tags)?;
        let mode = stream_mode(input.stream_mode_details.as_ref());
        let shards = self.shard_count(caller, mode, input.shard_count)?;

        let now = aws.clock.now();
        let mut description = Description {
            id: rand::random(),
            name: address.name.clone(),
            account: address.account.clone(),
            region: address.region.clone(),
            created_at: now,
            mode,
            retention_hours: 24,
            key_id: None,
            tags,
            shards: Vec::new(),
            next_shard_index: 0,
            shard_count_updates: Vec::new(),
            mode_updates: Vec::new(),
        };
        description.open_first_shards(shards, now);
        let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
        if streams.contains_key(&address.key()) {
            return Err(refusal::stream_exists(&address.name, &address.account));
        }
        self.table.put(&address.key(), &description)?;
        streams.insert(address.key(), Arc::new(Stream::open(description, &self.records)?));
        Ok(arn)
    }

    /// Returns how many shards a new stream gets, within the account's limits.
    fn shard_count(&self, caller: &Caller, mode: StreamMode, asked: Option<i64>) -> Result<usize, AwsError> {
        let asked = asked.map(|count| usize::try_from(count).unwrap_or(usize::MAX));
        match (mode, asked) {
            // Not confirmed on AWS: the wording of these two.
            (StreamMode::Provisioned, None) => {
                Err(refusal::validation("ShardCount is required for a stream in PROVISIONED mode."))
            }
            (StreamMode::OnDemand, Some(_)) => {
                Err(refusal::validation("ShardCount must not be given for a stream in ON_DEMAND mode."))
            }
            (StreamMode::OnDemand, None) => {
                if self.count(caller, StreamMode::OnDemand).0 >= ON_DEMAND_STREAMS {
                    let message = "This request would exceed the on-demand stream limit for the account";
                    return Err(refusal::limit_exceeded(message));
                }
                Ok(ON_DEMAND_SHARDS)
            }
            (StreamMode::Provisioned, Some(count)) => {
                self.check_shard_limit(caller, count)?;
                Ok(count)
            }
        }
    }

    /// Refuses `additional` shards beyond the account's limit.
    pub fn check_shard_limit(&self, caller: &Caller, additional: usize) -> Result<(), AwsError> {
        let (_, open) = self.count(caller, StreamMode::Provisioned);
        let limit = shard_limit(&caller.region);
        if open.saturating_add(additional) <= limit {
            return Ok(());
        }
        Err(refusal::limit_exceeded(format!(
            "This request would exceed the shard limit for the account {} in {}. Current shard count for the \
             account: {open}. Limit: {limit}. Number of additional shards that would have resulted from this request: \
             {additional}. Refer to the AWS Service Limits page \
             (http://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to \
             request higher limits.",
            caller.account, caller.region
        )))
    }

    /// Counts the account's streams of a mode, and their open shards.
    fn count(&self, caller: &Caller, mode: StreamMode) -> (usize, usize) {
        let streams = self.streams_of(caller).into_iter().filter_map(|stream| {
            let state = stream.state();
            (state.description.mode == mode).then(|| state.description.open_shards().count())
        });
        streams.fold((0, 0), |(streams, shards), open| (streams + 1, shards + open))
    }

    pub fn delete_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StreamOnly,
    ) -> Result<Reply, AwsError> {
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (address, stream) = self.target(aws, caller, "kinesis:DeleteStream", name, arn)?;
        self.delete(aws, &address, &stream)?;
        Ok(Reply::empty())
    }

    /// Removes a stream at once, and its records by and by.
    pub fn delete(&self, aws: &Arc<Aws>, address: &Address, stream: &Arc<Stream>) -> Result<(), AwsError> {
        {
            let mut streams = self.streams.write().unwrap_or_else(PoisonError::into_inner);
            self.table.remove(&address.key())?;
            streams.remove(&address.key());
        }
        let (id, records) = (stream.state().description.id, self.records.clone());
        aws.spawn(async move {
            loop {
                match records.purge(id) {
                    Ok(true) => tokio::task::yield_now().await,
                    Ok(false) => break,
                    Err(error) => {
                        tracing::error!(%error, "records of a deleted stream could not be removed");
                        break;
                    }
                }
            }
        });
        Ok(())
    }

    pub fn describe_stream(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &DescribeStream,
    ) -> Result<Reply, AwsError> {
        let mut check = Constraints::default();
        check.range("limit", input.limit, 1, 10_000);
        check.name("exclusiveStartShardId", input.exclusive_start_shard_id.as_deref(), 128);
        check.finish()?;
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, "kinesis:DescribeStream", name, arn)?;
        let state = stream.state();
        let limit = usize::try_from(input.limit.unwrap_or(100)).unwrap_or(1);
        let after = input.exclusive_start_shard_id.as_deref();
        let shards: Vec<_> = state.description.shards.iter().filter(|shard| is_after(shard, after)).collect();
        let mut answer = describe(&state.description);
        answer["HasMoreShards"] = json!(shards.len() > limit);
        answer["Shards"] = shards.into_iter().take(limit).map(describe_shard).collect();
        Reply::of(&json!({"StreamDescription": answer}))
    }

    pub fn describe_stream_summary(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &StreamOnly,
    ) -> Result<Reply, AwsError> {
        let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
        let (_, stream) = self.target(aws, caller, "kinesis:DescribeStreamSummary", name, arn)?;
        let state = stream.state();
        let mut answer = describe(&state.description);
        answer["OpenShardCount"] = json!(state.description.open_shards().count());
        answer["ConsumerCount"] = json!(0);
        answer["MaxRecordSizeInKiB"] = json!(RECORD_SIZE);
        Reply::of(&json!({"StreamDescriptionSummary": answer}))
    }

    pub fn list_streams(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ListStreams,
    ) -> Result<Reply, AwsError> {
        const PURPOSE: &str = "ListStreams";
        let mut check = Constraints::default();
        check.range("limit", input.limit, 1, 10_000);
        check.name("exclusiveStartStreamName", input.exclusive_start_stream_name.as_deref(), 128);
        check.finish()?;
        aws.services.iam.authorize(caller, "kinesis:ListStreams", "*", None, &[])?;
        let after: Option<String> = match &input.next_token {
            None => input.exclusive_start_stream_name.clone(),
            Some(token) => Some(
                self.seal()
                    .open(PURPOSE, token)
                    .ok_or_else(|| refusal::invalid_argument("NextToken is invalid."))?,
            ),
        };
        let limit = usize::try_from(input.limit.unwrap_or(100)).unwrap_or(1);
        let mut summaries = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let mut has_more = false;
        for stream in self.streams_of(caller) {
            let state = stream.state();
            if after.as_ref().is_some_and(|after| state.description.name <= *after) {
                continue;
            }
            has_more = names.len() == limit;
            if has_more {
                break;
            }
            names.push(state.description.name.clone());
            summaries.push(summary(&state.description));
        }
        let mut answer =
            json!({"StreamNames": names, "HasMoreStreams": has_more, "StreamSummaries": summaries});
        if let Some(last) = names.last().filter(|_| has_more) {
            answer["NextToken"] = json!(self.seal().close(PURPOSE, last));
        }
        Reply::of(&answer)
    }

    pub fn describe_limits(&self, aws: &Arc<Aws>, caller: &Caller) -> Result<Reply, AwsError> {
        aws.services.iam.authorize(caller, "kinesis:DescribeLimits", "*", None, &[])?;
        let (_, open) = self.count(caller, StreamMode::Provisioned);
        let (on_demand, _) = self.count(caller, StreamMode::OnDemand);
        Reply::of(&json!({
            "ShardLimit": shard_limit(&caller.region),
            "OpenShardCount": open,
            "OnDemandStreamCount": on_demand,
            "OnDemandStreamCountLimit": ON_DEMAND_STREAMS,
        }))
    }
}

fn refuse_unsupported(input: &NewStream) -> Result<(), AwsError> {
    if input.max_record_size.is_some_and(|size| size != RECORD_SIZE) {
        return Err(AwsError::not_supported("MaxRecordSizeInKiB other than 1024"));
    }
    if input.warm_throughput.is_some() {
        return Err(AwsError::not_supported("WarmThroughputMiBps"));
    }
    if input.record_distribution_strategy.is_some() {
        return Err(AwsError::not_supported("RecordDistributionStrategy"));
    }
    Ok(())
}

/// Returns AWS's default quota of provisioned shards.
fn shard_limit(region: &str) -> usize {
    match region {
        "us-east-1" | "us-west-2" | "eu-west-1" => 20_000,
        _ => 6_000,
    }
}

/// Says whether a shard comes after the one with the given id.
pub fn is_after(shard: &ShardDescription, after: Option<&str>) -> bool {
    after.is_none_or(|after| shard.id().as_str() > after)
}

fn summary(description: &Description) -> Value {
    json!({
        "StreamName": description.name,
        "StreamARN": description.arn(),
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": description.mode},
        "StreamCreationTimestamp": description.created_at.seconds(),
    })
}

fn describe(description: &Description) -> Value {
    let mut answer = summary(description);
    answer["RetentionPeriodHours"] = json!(description.retention_hours);
    answer["EnhancedMonitoring"] = json!([{"ShardLevelMetrics": []}]);
    answer["EncryptionType"] = json!(if description.key_id.is_some() { "KMS" } else { "NONE" });
    if let Some(key_id) = &description.key_id {
        answer["KeyId"] = json!(key_id);
    }
    answer
}

pub fn describe_shard(shard: &ShardDescription) -> Value {
    let mut answer = json!({
        "ShardId": shard.id(),
        "HashKeyRange": {
            "StartingHashKey": shard.hash_keys.start.to_string(),
            "EndingHashKey": shard.hash_keys.end.to_string(),
        },
        "SequenceNumberRange": {"StartingSequenceNumber": shard.starting_sequence_number()},
    });
    if let Some(ending) = shard.ending_sequence_number() {
        answer["SequenceNumberRange"]["EndingSequenceNumber"] = json!(ending);
    }
    for (name, parent) in ["ParentShardId", "AdjacentParentShardId"].into_iter().zip(&shard.parents) {
        answer[name] = json!(shard_id(*parent));
    }
    answer
}
