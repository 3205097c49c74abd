//! Reads stacks, their resources and their events.

use aws_sdk_cloudformation::types::{Stack, StackEvent, StackResourceSummary};

use crate::aws::{Clients, code, failure};
use crate::error::Result;

/// Returns the stack with a name or id, or nothing when there is none or it is deleted.
pub async fn find(clients: &Clients, name: &str) -> Result<Option<Stack>> {
    match clients.cloudformation.describe_stacks().stack_name(name).send().await {
        Ok(output) => {
            Ok(output.stacks.unwrap_or_default().into_iter().find(|stack| {
                stack.stack_status().is_some_and(|status| status.as_str() != "DELETE_COMPLETE")
            }))
        }
        // CloudFormation has no error code for it; only the message tells.
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failure(format!("describe the stack `{name}`"), error)),
    }
}

/// Returns whether an error says that the stack does not exist.
pub fn is_absent<E, R>(error: &aws_sdk_cloudformation::error::SdkError<E, R>) -> bool
where
    E: aws_sdk_cloudformation::error::ProvideErrorMetadata,
{
    let message = error.as_service_error().and_then(|error| error.message()).unwrap_or_default();
    code(error) == Some("ValidationError") && message.contains("does not exist")
}

/// Returns the resources of a stack that exist.
pub async fn resources(clients: &Clients, name: &str) -> Result<Vec<StackResourceSummary>> {
    let mut pages =
        clients.cloudformation.list_stack_resources().stack_name(name).into_paginator().items().send();
    let mut resources = Vec::new();
    while let Some(resource) = pages.next().await {
        let resource = resource.map_err(|error| failure(format!("list the resources of `{name}`"), error))?;
        if resource.resource_status().is_none_or(|status| status.as_str() != "DELETE_COMPLETE") {
            resources.push(resource);
        }
    }
    Ok(resources)
}

/// Returns a stack's events, oldest first, that came after the event `cursor`.
pub async fn events_after(clients: &Clients, name: &str, cursor: Option<&str>) -> Result<Vec<StackEvent>> {
    let mut events = Vec::new();
    let mut pages =
        clients.cloudformation.describe_stack_events().stack_name(name).into_paginator().items().send();
    while let Some(event) = pages.next().await {
        let event = event.map_err(|error| failure(format!("read the events of `{name}`"), error))?;
        if event.event_id() == cursor {
            break;
        }
        events.push(event);
    }
    events.reverse();
    Ok(events)
}

/// Returns the id of a stack's newest event.
pub async fn newest_event(clients: &Clients, name: &str) -> Result<Option<String>> {
    let output = clients.cloudformation.describe_stack_events().stack_name(name).send().await;
    match output {
        Ok(output) => Ok(output.stack_events().first().and_then(|event| event.event_id()).map(str::to_owned)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(failure(format!("read the events of `{name}`"), error)),
    }
}
