//! Events as clients follow them, newest first.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::events::Event;
use super::super::stack::Stack;
use super::super::template::validation_error;
use super::{lookup, paging};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StackEventsInput {
    stack_name: Option<String>,
    next_token: Option<String>,
}

/// Returns all events of a stack, those of a deleted one when its ARN is given.
pub fn describe_stack_events(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: StackEventsInput = call.input()?;
    let Some(name) = &input.stack_name else {
        return Err(validation_error("StackName is required"));
    };
    let registry = &aws.services.cloudformation.registry;
    let stack = registry.read(|state| {
        let found = lookup::find_stack(state, caller, name).cloned();
        found.ok_or_else(|| validation_error(format!("Stack [{name}] does not exist")))
    })?;
    aws.services.iam.authorize(caller, "cloudformation:DescribeStackEvents", &stack.id, None, &[])?;
    let events = registry.events(&stack)?;
    let (events, next_token) = paging::newest_first(events, input.next_token.as_deref())?;
    let events: Vec<Value> = events.iter().map(Event::as_stack_event).collect();
    Reply::of(&json!({"StackEvents": events, "NextToken": next_token}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct EventsInput {
    stack_name: Option<String>,
    change_set_name: Option<String>,
    operation_id: Option<String>,
    filters: Option<Filters>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Filters {
    #[serde(default, deserialize_with = "loose::boolean")]
    failed_events: Option<bool>,
}

/// Returns events of a stack or of one operation, only what failed when asked.
pub fn describe_events(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: EventsInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let stacks: Vec<Stack> = registry.read(|state| {
        if let Some(change_set_name) = &input.change_set_name {
            // A change set's own validation makes no events here, so only its stack can be told of.
            let stack_name = input.stack_name.as_deref();
            let change_set = lookup::change_set(state, caller, change_set_name, stack_name)?;
            return Ok(state.stacks.get(&change_set.stack_id).cloned().into_iter().collect());
        }
        match (&input.stack_name, &input.operation_id) {
            (Some(name), _) => Ok(vec![lookup::stack(state, caller, name)?.clone()]),
            (None, Some(id)) => {
                let has_it = |stack: &&Stack| {
                    let current = stack.operation.iter().map(|one| &one.id);
                    let mut known = current.chain(stack.last_operations.iter().map(|one| &one.id));
                    stack.is_of(caller) && known.any(|known| known == id)
                };
                Ok(state.stacks.values().filter(has_it).cloned().collect())
            }
            (None, None) => {
                Err(validation_error("Either StackName, ChangeSetName or OperationId must be specified"))
            }
        }
    })?;
    let only_failed = input.filters.as_ref().and_then(|filters| filters.failed_events).unwrap_or(false);
    let mut events = Vec::new();
    for stack in &stacks {
        aws.services.iam.authorize(caller, "cloudformation:DescribeEvents", &stack.id, None, &[])?;
        events.extend(registry.events(stack)?);
    }
    let change_set_only = input.change_set_name.is_some();
    events.retain(|(_, event)| {
        let is_of_operation =
            input.operation_id.is_none() || event.operation_id.as_ref() == input.operation_id.as_ref();
        is_of_operation && !change_set_only && (!only_failed || event.is_failure())
    });
    let (events, next_token) = paging::newest_first(events, input.next_token.as_deref())?;
    let events: Vec<Value> = events.iter().map(Event::as_operation_event).collect();
    Reply::of(&json!({"OperationEvents": events, "NextToken": next_token}))
}
