//! The resources of a stack as they are described and listed.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::stack::Stack;
use super::super::stack_resource::StackResource;
use super::super::template::validation_error;
use super::{drift_views, lookup, paging};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ResourceInput {
    stack_name: Option<String>,
    logical_resource_id: Option<String>,
    physical_resource_id: Option<String>,
    next_token: Option<String>,
}

/// Returns one resource of a stack.
pub fn describe_stack_resource(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ResourceInput = call.input()?;
    let name = input.stack_name.as_deref().unwrap_or_default();
    let stack = find(aws, caller, name, "cloudformation:DescribeStackResource")?;
    let logical_id = input.logical_resource_id.as_deref().unwrap_or_default();
    let Some(resource) = stack.resources.get(logical_id) else {
        let message = format!("Resource {logical_id} does not exist for stack {}", stack.name);
        return Err(validation_error(message));
    };
    let mut detail = entry(resource);
    detail["StackName"] = json!(stack.name);
    detail["StackId"] = json!(stack.id);
    detail["Description"] = json!(resource.current.description);
    detail["Metadata"] = json!(resource.current.metadata.as_ref().map(Value::to_string));
    Reply::of(&json!({"StackResourceDetail": detail}))
}

/// Returns the resources of a stack, or of the stack that a physical id belongs to.
pub fn describe_stack_resources(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ResourceInput = call.input()?;
    let action = "cloudformation:DescribeStackResources";
    let stack = match (&input.stack_name, &input.physical_resource_id) {
        (Some(name), None) => find(aws, caller, name, action)?,
        (None, Some(physical_id)) => {
            let owner = aws.services.cloudformation.registry.read(|state| {
                let owns = |resource: &Arc<StackResource>| {
                    resource.exists() && resource.current.physical_id.as_ref() == Some(physical_id)
                };
                let mut stacks = state.stacks.values().filter(|stack| stack.is_of(caller));
                stacks.find(|stack| stack.resources.values().any(owns)).map(|stack| stack.id.clone())
            });
            let Some(owner) = owner else {
                return Err(validation_error(format!("Stack for {physical_id} does not exist")));
            };
            find(aws, caller, &owner, action)?
        }
        _ => return Err(validation_error("Either StackName or PhysicalResourceId must be specified")),
    };
    let wanted = |resource: &&Arc<StackResource>| {
        input.logical_resource_id.as_ref().is_none_or(|id| *id == resource.logical_id)
    };
    let resources: Vec<Value> = (stack.resources.values().filter(wanted))
        .map(|resource| {
            let mut described = entry(resource);
            described["StackName"] = json!(stack.name);
            described["StackId"] = json!(stack.id);
            described["Timestamp"] = json!(resource.updated_at.iso8601());
            described["Description"] = json!(resource.current.description);
            described
        })
        .collect();
    Reply::of(&json!({"StackResources": resources}))
}

/// Returns a line for every resource of a stack.
pub fn list_stack_resources(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ResourceInput = call.input()?;
    let name = input.stack_name.as_deref().unwrap_or_default();
    let stack = find(aws, caller, name, "cloudformation:ListStackResources")?;
    let resources = stack.resources.values().map(|resource| entry(resource)).collect();
    let (resources, next_token) = paging::page::<Value>(resources, input.next_token.as_deref())?;
    Reply::of(&json!({"StackResourceSummaries": resources, "NextToken": next_token}))
}

fn find(aws: &Arc<Aws>, caller: &Caller, name: &str, action: &str) -> Result<Stack, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let stack = registry.read(|state| lookup::stack(state, caller, name).cloned())?;
    aws.services.iam.authorize(caller, action, &stack.id, None, &[])?;
    Ok(stack)
}

fn entry(resource: &StackResource) -> Value {
    json!({
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.current.physical_id,
        "ResourceType": resource.resource_type,
        "LastUpdatedTimestamp": resource.updated_at.iso8601(),
        "ResourceStatus": resource.status.as_str(),
        "ResourceStatusReason": resource.status_reason,
        "DriftInformation": drift_views::of_resource(resource),
    })
}
