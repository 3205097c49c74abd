//! Stacks as they are described and listed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::secrets::MASK;
use super::super::stack::{Blueprint, Output, Stack};
use super::{drift_views, lookup, paging};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DescribeInput {
    stack_name: Option<String>,
    next_token: Option<String>,
}

/// Returns one stack, deleted or not when its ARN is given, or all that stand.
pub fn describe_stacks(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: DescribeInput = call.input()?;
    let stacks: Vec<Stack> = aws.services.cloudformation.registry.read(|state| match &input.stack_name {
        Some(name) => Ok::<_, AwsError>(vec![lookup::stack(state, caller, name)?.clone()]),
        None => {
            let stands = |stack: &&Stack| stack.is_of(caller) && !stack.status.is_gone();
            Ok(state.stacks.values().filter(stands).cloned().collect())
        }
    })?;
    let resource = match (&input.stack_name, stacks.first()) {
        (Some(_), Some(stack)) => stack.id.clone(),
        _ => "*".to_owned(),
    };
    aws.services.iam.authorize(caller, "cloudformation:DescribeStacks", &resource, None, &[])?;
    let (stacks, next_token) = paging::page(newest_first(stacks), input.next_token.as_deref())?;
    let stacks: Vec<Value> = stacks.iter().map(description).collect();
    Reply::of(&json!({"Stacks": stacks, "NextToken": next_token}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ListInput {
    next_token: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    stack_status_filter: Vec<String>,
}

/// Returns a line for every stack, deleted ones too unless the filter leaves them out.
pub fn list_stacks(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ListInput = call.input()?;
    aws.services.iam.authorize(caller, "cloudformation:ListStacks", "*", None, &[])?;
    let filter = &input.stack_status_filter;
    let stacks: Vec<Stack> = aws.services.cloudformation.registry.read(|state| {
        let wanted = |stack: &&Stack| {
            let is_listed = filter.is_empty() || filter.iter().any(|one| one == stack.status.as_str());
            stack.is_of(caller) && is_listed
        };
        state.stacks.values().filter(wanted).cloned().collect()
    });
    let (stacks, next_token) = paging::page(newest_first(stacks), input.next_token.as_deref())?;
    let summaries: Vec<Value> = stacks.iter().map(summary).collect();
    Reply::of(&json!({"StackSummaries": summaries, "NextToken": next_token}))
}

fn newest_first(mut stacks: Vec<Stack>) -> Vec<Stack> {
    stacks.sort_by(|one, other| (other.created_at, &one.id).cmp(&(one.created_at, &other.id)));
    stacks
}

fn description(stack: &Stack) -> Value {
    let nothing = Blueprint::default();
    let blueprint = stack.blueprint.as_ref().unwrap_or(&nothing);
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "ChangeSetId": stack.change_set_id,
        "Description": blueprint.description,
        "Parameters": parameter_list(blueprint),
        "CreationTime": stack.created_at.iso8601(),
        "DeletionTime": stack.deleted_at.map(|at| at.iso8601()),
        "LastUpdatedTime": stack.updated_at.map(|at| at.iso8601()),
        "RollbackConfiguration": {},
        "StackStatus": stack.status.as_str(),
        "StackStatusReason": stack.status_reason,
        "DisableRollback": stack.disable_rollback,
        "NotificationARNs": [],
        "Capabilities": blueprint.capabilities,
        "Outputs": stack.outputs.iter().map(output).collect::<Vec<_>>(),
        "RoleARN": stack.role_arn,
        "Tags": tag_list(&blueprint.tags),
        "EnableTerminationProtection": stack.termination_protection,
        "DriftInformation": drift_views::of_stack(stack),
        "LastOperations": operations(stack),
    })
}

fn summary(stack: &Stack) -> Value {
    json!({
        "StackId": stack.id,
        "StackName": stack.name,
        "TemplateDescription": stack.blueprint.as_ref().and_then(|one| one.description.as_ref()),
        "CreationTime": stack.created_at.iso8601(),
        "LastUpdatedTime": stack.updated_at.map(|at| at.iso8601()),
        "DeletionTime": stack.deleted_at.map(|at| at.iso8601()),
        "StackStatus": stack.status.as_str(),
        "StackStatusReason": stack.status_reason,
        "DriftInformation": drift_views::of_stack(stack),
        "LastOperations": operations(stack),
    })
}

fn operations(stack: &Stack) -> Vec<Value> {
    let current = stack.operation.iter().map(|one| (&one.id, one.kind));
    let finished = stack.last_operations.iter().map(|one| (&one.id, one.kind));
    let entry = |(id, kind): (&String, super::super::stack::OperationKind)| json!({"OperationType": kind.as_str(), "OperationId": id});
    current.chain(finished).take(2).map(entry).collect()
}

fn output(output: &Output) -> Value {
    json!({
        "OutputKey": output.key,
        "OutputValue": output.value,
        "Description": output.description,
        "ExportName": output.export_name,
    })
}

/// Returns the parameters of a blueprint, those masked that are not to be shown.
pub fn parameter_list(blueprint: &Blueprint) -> Vec<Value> {
    let entry = |(name, value): (&String, &String)| {
        let shown = if blueprint.no_echo.contains(name) { MASK } else { value };
        let mut entry = json!({"ParameterKey": name, "ParameterValue": shown});
        if let Some(resolved) = blueprint.resolved.get(name) {
            let shown = if blueprint.no_echo.contains(name) { MASK } else { resolved };
            entry["ResolvedValue"] = Value::from(shown);
        }
        entry
    };
    blueprint.parameters.iter().map(entry).collect()
}

/// Returns tags as a list of keys and values.
pub fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}
