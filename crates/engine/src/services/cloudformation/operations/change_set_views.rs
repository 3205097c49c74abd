//! Change sets as they are described and listed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::change_set::ChangeSet;
use super::super::changes::ResourceChange;
use super::super::drift::revert::Reality;
use super::super::stack::Stack;
use super::stack_views::{parameter_list, tag_list};
use super::{lookup, paging};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    change_set_name: String,
    stack_name: Option<String>,
    next_token: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    include_property_values: Option<bool>,
}

/// Returns what a change set would change.
pub fn describe_change_set(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: DescribeInput = call.input()?;
    let (change_set, stack) = aws.services.cloudformation.registry.read(|state| {
        let stack_name = input.stack_name.as_deref();
        let change_set = lookup::change_set(state, caller, &input.change_set_name, stack_name)?;
        Ok::<_, AwsError>((change_set.clone(), state.stacks.get(&change_set.stack_id).cloned()))
    })?;
    let stack = stack.ok_or_else(|| AwsError::internal("a change set without a stack"))?;
    aws.services.iam.authorize(caller, "cloudformation:DescribeChangeSet", &stack.id, None, &[])?;
    let shows_values = input.include_property_values.unwrap_or(false);
    let changes: Vec<Value> =
        change_set.changes.iter().map(|change| change_entry(change, shows_values)).collect();
    let (changes, next_token) = paging::page(changes, input.next_token.as_deref())?;
    Reply::of(&json!({
        "ChangeSetName": change_set.name,
        "ChangeSetId": change_set.id,
        "StackId": stack.id,
        "StackName": stack.name,
        "Description": change_set.description,
        "Parameters": parameter_list(&change_set.blueprint),
        "CreationTime": change_set.created_at.iso8601(),
        "ExecutionStatus": change_set.execution_status.as_str(),
        "Status": change_set.status.as_str(),
        "StatusReason": change_set.status_reason,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "Capabilities": change_set.blueprint.capabilities,
        "Tags": tag_list(&change_set.blueprint.tags),
        "Changes": changes,
        "NextToken": next_token,
        "IncludeNestedStacks": false,
        "OnStackFailure": change_set.on_stack_failure.map(|on_failure| on_failure.as_str()),
        "ImportExistingResources": change_set.import_existing_resources,
        "DeploymentMode": change_set.reality.as_ref().map(|_| "REVERT_DRIFT"),
        "StackDriftStatus": change_set.reality.as_ref().map(Reality::status),
    }))
}

/// Returns a change with its values, or without, which is how AWS shows it unless asked.
fn change_entry(change: &ResourceChange, shows_values: bool) -> Value {
    let mut change = change.clone();
    if !shows_values {
        change.before_context = None;
        change.after_context = None;
        change.previous_deployment_context = None;
        for detail in &mut change.details {
            detail.target.path = None;
            detail.target.before_value = None;
            detail.target.after_value = None;
            detail.target.attribute_change_type = None;
            detail.target.before_value_from = None;
            detail.target.after_value_from = None;
            detail.target.drift = None;
        }
        // Without their paths, changes within one property are one.
        let mut seen = Vec::new();
        change.details.retain(|detail| {
            let is_new = !seen.contains(detail);
            seen.push(detail.clone());
            is_new
        });
    }
    json!({"Type": "Resource", "ResourceChange": change})
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    stack_name: String,
    next_token: Option<String>,
}

/// Returns the change sets of a stack that were not executed.
pub fn list_change_sets(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ListInput = call.input()?;
    let (stack, change_sets) = aws.services.cloudformation.registry.read(|state| {
        let stack = lookup::stack_to_change(state, caller, &input.stack_name)?.clone();
        let mut change_sets: Vec<ChangeSet> = (state.change_sets.values())
            .filter(|one| one.stack_id == stack.id && !one.execution_status.has_begun())
            .cloned()
            .collect();
        change_sets.sort_by(|one, other| (one.created_at, &one.name).cmp(&(other.created_at, &other.name)));
        Ok::<_, AwsError>((stack, change_sets))
    })?;
    aws.services.iam.authorize(caller, "cloudformation:ListChangeSets", &stack.id, None, &[])?;
    let summaries = change_sets.iter().map(|change_set| summary(change_set, &stack)).collect();
    let (summaries, next_token) = paging::page::<Value>(summaries, input.next_token.as_deref())?;
    Reply::of(&json!({"Summaries": summaries, "NextToken": next_token}))
}

fn summary(change_set: &ChangeSet, stack: &Stack) -> Value {
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": change_set.id,
        "ChangeSetName": change_set.name,
        "ExecutionStatus": change_set.execution_status.as_str(),
        "Status": change_set.status.as_str(),
        "StatusReason": change_set.status_reason,
        "CreationTime": change_set.created_at.iso8601(),
        "Description": change_set.description,
        "IncludeNestedStacks": false,
        "ImportExistingResources": change_set.import_existing_resources,
    })
}
