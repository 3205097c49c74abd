//! ListShards: pages of a stream's shards, all or those that a filter chooses.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lifecycle::{describe_shard, is_after};
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::kinesis::Kinesis;
use crate::services::kinesis::address::Address;
use crate::services::kinesis::refusal;
use crate::services::kinesis::stream::{Description, ShardDescription};
use crate::services::kinesis::token::{LIFETIME_MILLIS, moment};
use crate::wire::constraints::Constraints;
use crate::wire::json::Reply;

const PURPOSE: &str = "ListShards";
const FILTERS: [&str; 6] =
    ["AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON", "AT_LATEST", "AT_TIMESTAMP", "FROM_TIMESTAMP"];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ListShards {
    stream_name: Option<String>,
    #[serde(rename = "StreamARN")]
    stream_arn: Option<String>,
    next_token: Option<String>,
    exclusive_start_shard_id: Option<String>,
    max_results: Option<i64>,
    stream_creation_timestamp: Option<f64>,
    shard_filter: Option<ShardFilter>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ShardFilter {
    #[serde(rename = "Type")]
    kind: Option<String>,
    shard_id: Option<String>,
    timestamp: Option<f64>,
}

/// Where a listing goes on.
#[derive(Debug, Serialize, Deserialize)]
struct Page {
    issued_at: Timestamp,
    account: String,
    region: String,
    name: String,
    after: Option<String>,
    filter: Option<ShardFilter>,
}

impl Kinesis {
    pub fn list_shards(
        &self,
        aws: &Arc<Aws>,
        caller: &Caller,
        input: &ListShards,
    ) -> Result<Reply, AwsError> {
        input.check()?;
        let now = aws.clock.now();
        let page = self.page(caller, input, now)?;
        let arn =
            Address { account: page.account.clone(), region: page.region.clone(), name: page.name.clone() }
                .arn();
        let (_, stream) = self.target(aws, caller, "kinesis:ListShards", None, Some(&arn))?;
        let state = stream.state();
        let description = &state.description;
        let is_made_then = |created: f64| created.trunc() == description.created_at.seconds().trunc();
        if !input.stream_creation_timestamp.is_none_or(is_made_then) {
            return Err(refusal::stream_not_found(&description.name, &description.account));
        }
        let limit = usize::try_from(input.max_results.unwrap_or(1000)).unwrap_or(1);
        let chosen = description.shards.iter().filter(|shard| {
            let matches = page.filter.as_ref().is_none_or(|filter| filter.matches(description, shard, now));
            matches && is_after(shard, page.after.as_deref())
        });
        let mut shards: Vec<&ShardDescription> = chosen.take(limit + 1).collect();
        let has_more = shards.len() > limit;
        shards.truncate(limit);
        let mut answer =
            json!({"Shards": shards.iter().map(|shard| describe_shard(shard)).collect::<Vec<_>>()});
        if let Some(last) = shards.last().filter(|_| has_more) {
            let next = Page { issued_at: now, after: Some(last.id()), ..page };
            answer["NextToken"] = json!(self.seal().close(PURPOSE, &next));
        }
        Reply::of(&answer)
    }

    fn page(&self, caller: &Caller, input: &ListShards, now: Timestamp) -> Result<Page, AwsError> {
        let Some(token) = &input.next_token else {
            let (name, arn) = (input.stream_name.as_deref(), input.stream_arn.as_deref());
            let Address { account, region, name } = Address::choose(caller, name, arn)?;
            let (after, filter) = (input.exclusive_start_shard_id.clone(), input.shard_filter.clone());
            return Ok(Page { issued_at: now, account, region, name, after, filter });
        };
        if input.stream_name.is_some() || input.exclusive_start_shard_id.is_some() {
            return Err(refusal::invalid_argument("NextToken and StreamName cannot be provided together."));
        }
        let page: Option<Page> = self.seal().open(PURPOSE, token);
        let page = page.ok_or_else(|| refusal::invalid_argument("NextToken is invalid."))?;
        if now.0 - page.issued_at.0 > LIFETIME_MILLIS {
            // Not confirmed on AWS: the wording.
            let message = format!(
                "NextToken has expired. It was created at {} and now it is {}.",
                moment(page.issued_at),
                moment(now)
            );
            return Err(AwsError::new("ExpiredNextTokenException", message));
        }
        Ok(page)
    }
}

impl ListShards {
    fn check(&self) -> Result<(), AwsError> {
        let mut check = Constraints::default();
        check.range("maxResults", self.max_results, 1, 10_000);
        check.name("exclusiveStartShardId", self.exclusive_start_shard_id.as_deref(), 128);
        if let Some(filter) = &self.shard_filter {
            check.present("shardFilter.type", filter.kind.is_some());
            check.one_of("shardFilter.type", filter.kind.as_deref(), &FILTERS);
        }
        check.finish()?;
        // Not confirmed on AWS: the wording of these two.
        match &self.shard_filter {
            Some(ShardFilter { kind: Some(kind), shard_id: None, .. }) if kind == "AFTER_SHARD_ID" => Err(
                refusal::invalid_argument("ShardId must be specified for ShardFilter type AFTER_SHARD_ID."),
            ),
            Some(ShardFilter { kind: Some(kind), timestamp: None, .. }) if kind.ends_with("_TIMESTAMP") => {
                Err(refusal::invalid_argument(format!(
                    "Timestamp must be specified for ShardFilter type {kind}."
                )))
            }
            _ => Ok(()),
        }
    }
}

impl ShardFilter {
    fn matches(&self, description: &Description, shard: &ShardDescription, now: Timestamp) -> bool {
        let horizon = description.trim_horizon(now).max(description.created_at);
        let given = Timestamp((self.timestamp.unwrap_or(0.0) * 1000.0) as i64).max(horizon);
        let was_open_at =
            |moment| shard.created_at <= moment && shard.closed_at.is_none_or(|closed| closed > moment);
        let was_open_from = |moment| shard.closed_at.is_none_or(|closed| closed >= moment);
        match self.kind.as_deref() {
            Some("AFTER_SHARD_ID") => is_after(shard, self.shard_id.as_deref()),
            Some("AT_TRIM_HORIZON") => was_open_at(horizon),
            Some("FROM_TRIM_HORIZON") => was_open_from(horizon),
            Some("AT_TIMESTAMP") => was_open_at(given),
            Some("FROM_TIMESTAMP") => was_open_from(given),
            _ => shard.is_open(),
        }
    }
}
