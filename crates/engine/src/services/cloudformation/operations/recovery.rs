//! Ways out of an operation that failed or is unwanted: roll back, go on rolling back, cancel.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::super::provision;
use super::super::stack::{Operation, OperationKind, Phase};
use super::super::status::StackStatus;
use super::super::template::validation_error;
use super::begin::{self, USER_INITIATED};
use super::lookup;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RecoveryInput {
    stack_name: String,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    client_request_token: Option<String>,
    #[serde(default, deserialize_with = "loose::list")]
    resources_to_skip: Vec<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    force_rollback: Option<bool>,
    #[serde(default, deserialize_with = "loose::boolean")]
    retain_except_on_create: Option<bool>,
}

/// Rolls back a stack that failed and was left as it was.
pub fn rollback_stack(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: RecoveryInput = call.input()?;
    let (stack_id, mut operation) =
        prepare(aws, caller, &input, "cloudformation:RollbackStack", OperationKind::Rollback)?;
    operation.retain_except_on_create = input.retain_except_on_create.unwrap_or(false);
    let operation_id = operation.id.clone();
    let registry = &aws.services.cloudformation.registry;
    registry.edit(&stack_id, aws.clock.now(), |edit| {
        let (id, status) = (edit.stack().id.clone(), edit.stack().status);
        if !status.can_roll_back() {
            let status = status.as_str();
            return Err(validation_error(format!(
                "Stack:{id} is in {status} state and can not be rolled back."
            )));
        }
        let (phase, next) = match status {
            StackStatus::CreateFailed => (Phase::UndoCreate, StackStatus::RollbackInProgress),
            _ => (Phase::UndoUpdate, StackStatus::UpdateRollbackInProgress),
        };
        operation.phase = phase;
        edit.stack_mut().last_token = operation.token.clone();
        edit.stack_mut().operation = Some(operation);
        edit.stack_is(next, Some(USER_INITIATED));
        Ok(())
    })?;
    provision::start(aws, &stack_id);
    Reply::of(&json!({"StackId": stack_id, "OperationId": operation_id}))
}

/// Goes on with a rollback that could not put a resource back.
pub fn continue_update_rollback(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: RecoveryInput = call.input()?;
    let action = "cloudformation:ContinueUpdateRollback";
    let (stack_id, mut operation) = prepare(aws, caller, &input, action, OperationKind::ContinueRollback)?;
    operation.spared = input.resources_to_skip.iter().cloned().collect();
    operation.force = input.force_rollback.unwrap_or(false);
    let registry = &aws.services.cloudformation.registry;
    registry.edit(&stack_id, aws.clock.now(), |edit| {
        let (id, status) = (edit.stack().id.clone(), edit.stack().status);
        if status != StackStatus::UpdateRollbackFailed {
            // Not confirmed on AWS: the wording.
            let status = status.as_str();
            return Err(validation_error(format!(
                "Stack:{id} is in {status} state and can not continue rollback."
            )));
        }
        let unknown = operation.spared.iter().find(|id| !edit.stack().resources.contains_key(*id));
        if let Some(unknown) = unknown {
            return Err(validation_error(format!("Resource {unknown} does not exist in stack {id}")));
        }
        edit.stack_mut().last_token = operation.token.clone();
        edit.stack_mut().operation = Some(operation);
        edit.stack_is(StackStatus::UpdateRollbackInProgress, Some(USER_INITIATED));
        Ok(())
    })?;
    provision::start(aws, &stack_id);
    Ok(Reply::without_members())
}

/// Gives up an update that is under way; it rolls back.
pub fn cancel_update_stack(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: RecoveryInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let stack_id = registry.read(|state| {
        lookup::stack_to_change(state, caller, &input.stack_name).map(|stack| stack.id.clone())
    })?;
    aws.services.iam.authorize(caller, "cloudformation:CancelUpdateStack", &stack_id, None, &[])?;
    registry.edit(&stack_id, aws.clock.now(), |edit| {
        let is_updating = edit.stack().status == StackStatus::UpdateInProgress;
        match &mut edit.stack_mut().operation {
            Some(operation) if is_updating => {
                operation.cancelled = true;
                Ok(())
            }
            _ => Err(validation_error("CancelUpdateStack cannot be called from current stack status")),
        }
    })?;
    Ok(Reply::empty())
}

fn prepare(
    aws: &Arc<Aws>,
    caller: &Caller,
    input: &RecoveryInput,
    action: &str,
    kind: OperationKind,
) -> Result<(String, Operation), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let stack = registry.read(|state| lookup::stack_to_change(state, caller, &input.stack_name).cloned())?;
    aws.services.iam.authorize(caller, action, &stack.id, None, &[])?;
    let role_arn = input.role_arn.as_deref().or(stack.role_arn.as_deref());
    let actor = begin::actor(aws, caller, role_arn)?;
    let mut operation = begin::operation(actor, kind, Phase::UndoUpdate, aws.clock.now());
    operation.token = input.client_request_token.clone();
    Ok((stack.id, operation))
}
