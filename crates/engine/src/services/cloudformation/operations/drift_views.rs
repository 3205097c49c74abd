//! Drift as it is described: of a stack, of a resource, and in full.

use serde_json::{Value, json};

use super::super::drift::{self, PropertyDifference, ResourceDrift};
use super::super::secrets::Secrets;
use super::super::stack::Stack;
use super::super::stack_resource::StackResource;

/// Returns the drift status of a stack with the time of the last check.
pub fn of_stack(stack: &Stack) -> Value {
    json!({
        "StackDriftStatus": drift::status_of(stack),
        "LastCheckTimestamp": stack.drift_checked_at.map(|at| at.iso8601()),
    })
}

/// Returns the drift status of a resource with the time of the last check.
pub fn of_resource(resource: &StackResource) -> Value {
    match &resource.drift {
        Some(drift) => json!({
            "StackResourceDriftStatus": drift.status.as_str(),
            "LastCheckTimestamp": drift.checked_at.iso8601(),
        }),
        None => json!({"StackResourceDriftStatus": "NOT_CHECKED"}),
    }
}

/// Returns all that a check found of a resource, secrets masked.
pub fn in_full(stack: &Stack, resource: &StackResource, drift: &ResourceDrift) -> Value {
    let secrets = Secrets::of(stack);
    let text = |value: &Option<Value>| value.as_ref().map(|value| secrets.masked(value).to_string());
    let differences: Vec<Value> =
        drift.differences.iter().map(|difference| difference_view(difference, &secrets)).collect();
    json!({
        "StackId": stack.id,
        "LogicalResourceId": resource.logical_id,
        "PhysicalResourceId": resource.current.physical_id,
        "ResourceType": resource.resource_type,
        "ExpectedProperties": text(&drift.expected),
        "ActualProperties": text(&drift.actual),
        "PropertyDifferences": differences,
        "StackResourceDriftStatus": drift.status.as_str(),
        "DriftStatusReason": drift.reason,
        "Timestamp": drift.checked_at.iso8601(),
    })
}

fn difference_view(difference: &PropertyDifference, secrets: &Secrets) -> Value {
    // The members are required; AWS writes `null` for a value that is not there.
    let text = |value: &Option<Value>| match value {
        None => "null".to_owned(),
        Some(Value::String(text)) => secrets.masked_text(text),
        Some(value) => secrets.masked(value).to_string(),
    };
    json!({
        "PropertyPath": format!("/{}", difference.path.join("/")),
        "ExpectedValue": text(&difference.expected),
        "ActualValue": text(&difference.actual),
        "DifferenceType": difference.kind(),
    })
}
