//! The operations that look for drift and tell what they found.
//!
//! A detection is complete when it answers; AWS needs a moment longer. It asks each resource's service in the
//! caller's name, so that the caller needs the permissions to read them.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::drift::{self, Detection, DriftStatus, ResourceDrift, is_checked};
use super::super::stack::Stack;
use super::super::status::StackStatus;
use super::super::template::validation_error;
use super::{drift_views, lookup, paging};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetectInput {
    stack_name: String,
    #[serde(default, deserialize_with = "loose::list")]
    logical_resource_ids: Vec<String>,
}

/// Checks the resources of a stack, or those that are named.
pub async fn detect_stack_drift(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: DetectInput = call.input()?;
    let stack = find(aws, caller, &input.stack_name, "cloudformation:DetectStackDrift")?;
    check_comparable(&stack)?;
    for logical_id in &input.logical_resource_ids {
        check_resource(&stack, logical_id)?;
    }
    let is_asked = |logical_id: &String| {
        input.logical_resource_ids.is_empty() || input.logical_resource_ids.contains(logical_id)
    };
    let started_at = aws.clock.now();
    let mut found = Vec::new();
    for (logical_id, resource) in stack.resources.iter().filter(|(logical_id, _)| is_asked(logical_id)) {
        if let Some(drift) = drift::detect(aws, caller, &stack, resource).await {
            found.push((logical_id.clone(), drift));
        }
    }
    let failed: Vec<&str> = found
        .iter()
        .filter(|(_, drift)| drift.status == DriftStatus::Unknown)
        .map(|(logical_id, _)| logical_id.as_str())
        .collect();
    // Not confirmed on AWS: the wording.
    let failure = (!failed.is_empty())
        .then(|| format!("Failed to detect drift on resource(s) [{}]", failed.join(", ")));
    let drifted = found.iter().filter(|(_, drift)| drift.status.is_drift()).count();
    let stack_status = keep(aws, &stack, found)?;
    let id = uuid::Uuid::new_v4().to_string();
    let detection =
        Detection { id: id.clone(), stack_id: stack.id.clone(), failure, drifted, stack_status, started_at };
    aws.services.cloudformation.registry.put_detection(detection)?;
    Reply::of(&json!({"StackDriftDetectionId": id}))
}

/// Notes what was found, and returns the status of the stack after that.
fn keep(aws: &Aws, stack: &Stack, found: Vec<(String, ResourceDrift)>) -> Result<String, AwsError> {
    let now = aws.clock.now();
    aws.services.cloudformation.registry.edit(&stack.id, now, |edit| {
        for (logical_id, drift) in found {
            if edit.stack().resources.contains_key(&logical_id) {
                edit.resource(&logical_id)?.drift = Some(drift);
            }
        }
        edit.stack_mut().drift_checked_at = Some(now);
        Ok(drift::status_of(edit.stack()).to_owned())
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetectResourceInput {
    stack_name: String,
    logical_resource_id: String,
}

/// Checks one resource and tells what was found.
pub async fn detect_stack_resource_drift(
    aws: &Arc<Aws>,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, AwsError> {
    let input: DetectResourceInput = call.input()?;
    let stack = find(aws, caller, &input.stack_name, "cloudformation:DetectStackResourceDrift")?;
    check_comparable(&stack)?;
    let logical_id = &input.logical_resource_id;
    check_resource(&stack, logical_id)?;
    let resource = stack.resources.get(logical_id).filter(|resource| is_checked(&resource.resource_type));
    let found = match resource {
        Some(resource) => drift::detect(aws, caller, &stack, resource).await.map(|drift| (resource, drift)),
        None => None,
    };
    let Some((resource, found)) = found else {
        // Not confirmed on AWS: the wording.
        let message = format!("Drift detection is not supported for resource {logical_id}");
        return Err(validation_error(message));
    };
    keep(aws, &stack, vec![(logical_id.clone(), found.clone())])?;
    Reply::of(&json!({"StackResourceDrift": drift_views::in_full(&stack, resource, &found)}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DetectionInput {
    stack_drift_detection_id: String,
}

/// Tells how a detection ended.
pub fn describe_stack_drift_detection_status(
    aws: &Arc<Aws>,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, AwsError> {
    let input: DetectionInput = call.input()?;
    let id = &input.stack_drift_detection_id;
    let detection = aws.services.cloudformation.registry.read(|state| {
        let detection = state.detections.get(id)?;
        let stack = state.stacks.get(&detection.stack_id)?;
        stack.is_of(caller).then(|| detection.clone())
    });
    let Some(detection) = detection else {
        return Err(validation_error(format!("Drift detection id {id} does not exist")));
    };
    let action = "cloudformation:DescribeStackDriftDetectionStatus";
    aws.services.iam.authorize(caller, action, "*", None, &[])?;
    Reply::of(&json!({
        "StackId": detection.stack_id,
        "StackDriftDetectionId": detection.id,
        "StackDriftStatus": detection.stack_status,
        "DetectionStatus": match detection.failure {
            None => "DETECTION_COMPLETE",
            Some(_) => "DETECTION_FAILED",
        },
        "DetectionStatusReason": detection.failure,
        "DriftedStackResourceCount": detection.drifted,
        "Timestamp": detection.started_at.iso8601(),
    }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DriftsInput {
    stack_name: String,
    #[serde(default, deserialize_with = "loose::list")]
    stack_resource_drift_status_filters: Vec<String>,
    next_token: Option<String>,
}

/// Tells what the last checks found of each resource that was checked.
pub fn describe_stack_resource_drifts(
    aws: &Arc<Aws>,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, AwsError> {
    let input: DriftsInput = call.input()?;
    let stack = find(aws, caller, &input.stack_name, "cloudformation:DescribeStackResourceDrifts")?;
    let filters = &input.stack_resource_drift_status_filters;
    let is_asked = |drift: &ResourceDrift| {
        filters.is_empty() || filters.iter().any(|filter| filter == drift.status.as_str())
    };
    let resources = stack.resources.values();
    let drifts = resources.filter_map(|resource| Some((resource, resource.drift.as_ref()?)));
    let drifts: Vec<Value> = drifts
        .filter(|(_, drift)| is_asked(drift))
        .map(|(resource, drift)| drift_views::in_full(&stack, resource, drift))
        .collect();
    let (drifts, next_token) = paging::page(drifts, input.next_token.as_deref())?;
    Reply::of(&json!({"StackResourceDrifts": drifts, "NextToken": next_token}))
}

fn find(aws: &Arc<Aws>, caller: &Caller, name: &str, action: &str) -> Result<Stack, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let stack = registry.read(|state| lookup::stack_to_change(state, caller, name).cloned())?;
    aws.services.iam.authorize(caller, action, &stack.id, None, &[])?;
    Ok(stack)
}

/// Refuses a stack in a status in which AWS does not check it.
///
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/detect-drift-stack.html>
fn check_comparable(stack: &Stack) -> Result<(), AwsError> {
    let is_comparable = matches!(
        stack.status,
        StackStatus::CreateComplete
            | StackStatus::UpdateComplete
            | StackStatus::UpdateRollbackComplete
            | StackStatus::UpdateRollbackFailed
    );
    if is_comparable {
        return Ok(());
    }
    // Not confirmed on AWS: the wording.
    Err(validation_error(format!(
        "Drift detection cannot be performed on stack [{}] while it is in {} state.",
        stack.id,
        stack.status.as_str()
    )))
}

fn check_resource(stack: &Stack, logical_id: &str) -> Result<(), AwsError> {
    if stack.resources.contains_key(logical_id) {
        return Ok(());
    }
    Err(validation_error(format!("Resource {logical_id} does not exist for stack {}", stack.name)))
}
