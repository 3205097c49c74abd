//! The operations of CloudWatch Logs that the engine has; the others are refused by name.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::groups::{NewGroup, check_retention, group_arn, group_name};
use super::reading::named_group;
use super::{Logs, authorize, group_key};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::json::{Call, Reply};

/// The operations that [`answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "CreateLogGroup",
    "CreateLogStream",
    "DeleteLogGroup",
    "DeleteLogStream",
    "DeleteRetentionPolicy",
    "DescribeLogGroups",
    "DescribeLogStreams",
    "FilterLogEvents",
    "GetLogEvents",
    "ListTagsForResource",
    "PutLogEvents",
    "PutRetentionPolicy",
    "TagResource",
    "UntagResource",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InGroup {
    log_group_name: String,
    log_stream_name: Option<String>,
    retention_in_days: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutLogEvents {
    log_group_name: String,
    log_stream_name: String,
    log_events: Vec<InputEvent>,
}

#[derive(Deserialize)]
struct InputEvent {
    timestamp: i64,
    message: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    log_group_name: Option<String>,
    log_group_identifier: Option<String>,
    log_group_name_prefix: Option<String>,
    log_group_name_pattern: Option<String>,
    log_stream_name_prefix: Option<String>,
    order_by: Option<String>,
    descending: Option<bool>,
    next_token: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Tagging {
    resource_arn: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

/// Answers one call.
pub fn answer(logs: &Logs, aws: &Aws, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    match call.operation.as_str() {
        "CreateLogGroup" => done(logs.create_group(aws, caller, call.input::<NewGroup>()?)),
        "DeleteLogGroup" => done(logs.delete_group(aws, caller, &call.input::<InGroup>()?.log_group_name)),
        "DescribeLogGroups" => describe_groups(logs, aws, caller, &call.input()?),
        "PutRetentionPolicy" => {
            let input: InGroup = call.input()?;
            let days = input.retention_in_days.unwrap_or(0);
            check_retention(days)?;
            done(logs.set_retention(aws, caller, &input.log_group_name, Some(days)))
        }
        "DeleteRetentionPolicy" => {
            done(logs.set_retention(aws, caller, &call.input::<InGroup>()?.log_group_name, None))
        }
        "CreateLogStream" => {
            let input: InGroup = call.input()?;
            let stream = input.log_stream_name.unwrap_or_default();
            done(logs.create_stream(aws, caller, &input.log_group_name, &stream))
        }
        "DeleteLogStream" => {
            let input: InGroup = call.input()?;
            let stream = input.log_stream_name.unwrap_or_default();
            done(logs.delete_stream(aws, caller, &input.log_group_name, &stream))
        }
        "DescribeLogStreams" => describe_streams(logs, aws, caller, &call.input()?),
        "PutLogEvents" => put_log_events(logs, aws, caller, call.input()?),
        "GetLogEvents" => Reply::of(&logs.get_log_events(aws, caller, call.input()?)?),
        "FilterLogEvents" => Reply::of(&logs.filter_log_events(aws, caller, call.input()?)?),
        "TagResource" => {
            let input: Tagging = call.input()?;
            let name = tagged_group(aws, caller, "logs:TagResource", &input.resource_arn)?;
            done(logs.change_group(caller, &name, |group| group.tags.extend(input.tags)))
        }
        "UntagResource" => {
            let input: Tagging = call.input()?;
            let name = tagged_group(aws, caller, "logs:UntagResource", &input.resource_arn)?;
            done(logs.change_group(caller, &name, |group| {
                group.tags.retain(|key, _| !input.tag_keys.contains(key));
            }))
        }
        "ListTagsForResource" => {
            let input: Tagging = call.input()?;
            let name = tagged_group(aws, caller, "logs:ListTagsForResource", &input.resource_arn)?;
            Reply::of(&json!({"tags": logs.group(caller, &name)?.tags}))
        }
        _ => Err(call.unknown()),
    }
}

fn done(result: Result<(), AwsError>) -> Result<Reply, AwsError> {
    result.map(|()| Reply::empty())
}

fn put_log_events(logs: &Logs, aws: &Aws, caller: &Caller, input: PutLogEvents) -> Result<Reply, AwsError> {
    let events: Vec<_> = input
        .log_events
        .into_iter()
        .map(|event| (crate::clock::Timestamp(event.timestamp), event.message))
        .collect();
    let rejected = logs.take(aws, caller, &input.log_group_name, &input.log_stream_name, &events)?;
    // Sequence tokens have no meaning any more; older clients still expect one.
    let mut output = json!({"nextSequenceToken": format!("{:056}", aws.clock.now().0)});
    if let Some(rejected) = rejected {
        output["rejectedLogEventsInfo"] = serde_json::to_value(rejected).map_err(AwsError::internal)?;
    }
    Reply::of(&output)
}

/// Returns the group that is tagged.
fn tagged_group(aws: &Aws, caller: &Caller, action: &str, arn: &str) -> Result<String, AwsError> {
    let name = group_name(arn);
    aws.services.iam.authorize(caller, action, &group_arn(caller, name), None, &[])?;
    Ok(name.to_owned())
}

/// Cuts one page out of names in order; the token is the last name of the page before.
fn page<T: Serialize>(
    items: Vec<(String, T)>,
    token: Option<&String>,
    limit: Option<usize>,
) -> Result<(Vec<T>, Option<String>), AwsError> {
    let limit = limit.unwrap_or(50);
    if !(1..=50).contains(&limit) {
        let message = format!(
            "1 validation error detected: Value '{limit}' at 'limit' failed to satisfy constraint: Member must \
             have value less than or equal to 50"
        );
        return Err(AwsError::new("InvalidParameterException", message));
    }
    let start = match token {
        None => 0,
        Some(token) => {
            let position = items.iter().position(|(name, _)| name == token);
            let invalid =
                || AwsError::new("InvalidParameterException", "The specified nextToken is invalid.");
            position.ok_or_else(invalid)? + 1
        }
    };
    let has_more = items.len() > start + limit;
    let mut last = None;
    let page = items.into_iter().skip(start).take(limit).map(|(name, item)| {
        last = Some(name);
        item
    });
    let page = page.collect();
    Ok((page, last.filter(|_| has_more)))
}

fn describe_groups(logs: &Logs, aws: &Aws, caller: &Caller, input: &Describe) -> Result<Reply, AwsError> {
    authorize(aws, caller, "logs:DescribeLogGroups", "", "")?;
    if input.log_group_name_prefix.is_some() && input.log_group_name_pattern.is_some() {
        let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(AwsError::new("InvalidParameterException", message));
    }
    let prefix = group_key(caller, input.log_group_name_prefix.as_deref().unwrap_or_default());
    let pattern = input.log_group_name_pattern.as_deref().unwrap_or_default();
    let groups = logs.groups.scan(&prefix)?.into_iter().map(|(_, group)| group);
    let groups = groups
        .filter(|group| group.name.contains(pattern))
        .map(|group| (group.name.clone(), logs.describe_group(caller, group)))
        .collect();
    let (groups, next_token) = page(groups, input.next_token.as_ref(), input.limit)?;
    let mut output = json!({"logGroups": groups});
    if let Some(token) = next_token {
        output["nextToken"] = token.into();
    }
    Reply::of(&output)
}

fn describe_streams(logs: &Logs, aws: &Aws, caller: &Caller, input: &Describe) -> Result<Reply, AwsError> {
    let group = named_group(input.log_group_name.as_deref(), input.log_group_identifier.as_deref())?;
    authorize(aws, caller, "logs:DescribeLogStreams", &group, "")?;
    logs.group(caller, &group)?;
    let by_time = input.order_by.as_deref() == Some("LastEventTime");
    if by_time && input.log_stream_name_prefix.is_some() {
        let message = "Cannot order by LastEventTime with a logStreamNamePrefix.";
        return Err(AwsError::new("InvalidParameterException", message));
    }
    let prefix = input.log_stream_name_prefix.as_deref().unwrap_or_default();
    let streams = logs.streams.scan(&format!("{}:{prefix}", group_key(caller, &group)))?;
    let mut streams: Vec<_> = streams.into_iter().map(|(_, stream)| stream).collect();
    if by_time {
        streams.sort_by_key(|stream| stream.last_event);
    }
    if input.descending == Some(true) {
        streams.reverse();
    }
    let streams = streams
        .into_iter()
        .map(|stream| (stream.name.clone(), logs.describe_stream(caller, &group, stream)))
        .collect();
    let (streams, next_token) = page(streams, input.next_token.as_ref(), input.limit)?;
    let mut output = json!({"logStreams": streams});
    if let Some(token) = next_token {
        output["nextToken"] = token.into();
    }
    Reply::of(&output)
}

impl Logs {
    /// Sets how many days events are kept; `None` keeps them for ever.
    pub(super) fn set_retention(
        &self,
        aws: &Aws,
        caller: &Caller,
        group: &str,
        days: Option<u32>,
    ) -> Result<(), AwsError> {
        let action = if days.is_some() { "logs:PutRetentionPolicy" } else { "logs:DeleteRetentionPolicy" };
        authorize(aws, caller, action, group, "")?;
        self.change_group(caller, group, |group| group.retention_days = days)
    }
}
