//! Begins an operation on a stack: who acts, what is to become of it, and the first event.

use std::collections::BTreeSet;

use super::super::registry::Edit;
use super::super::stack::{Blueprint, OnFailure, Operation, OperationKind, Phase, Stack};
use super::super::status::StackStatus;
use super::super::template::validation_error;
use crate::aws::Aws;
use crate::clock::Timestamp;
use crate::error::AwsError;
use crate::identity::Caller;

/// Why a stack that the user asked for changes.
pub const USER_INITIATED: &str = "User Initiated";

/// Returns a stack that does not exist yet.
pub fn new_stack(caller: &Caller, name: &str, status: StackStatus, now: Timestamp) -> Stack {
    let id = caller.arn("cloudformation", format_args!("stack/{name}/{}", uuid::Uuid::new_v4()));
    Stack {
        id,
        name: name.to_owned(),
        account: caller.account.clone(),
        region: caller.region.clone(),
        status,
        status_reason: None,
        created_at: now,
        updated_at: None,
        deleted_at: None,
        termination_protection: false,
        disable_rollback: false,
        role_arn: None,
        change_set_id: None,
        blueprint: None,
        stable: None,
        stable_imports: BTreeSet::new(),
        outputs: Vec::new(),
        imports: BTreeSet::new(),
        operation: None,
        last_operations: Vec::new(),
        last_token: None,
        drift_checked_at: None,
        resources: std::collections::BTreeMap::new(),
    }
}

/// Returns an operation that is about to begin.
pub fn operation(caller: Caller, kind: OperationKind, phase: Phase, now: Timestamp) -> Operation {
    Operation {
        id: uuid::Uuid::new_v4().to_string(),
        kind,
        phase,
        caller,
        token: None,
        on_failure: OnFailure::Rollback,
        retain_except_on_create: false,
        spared: BTreeSet::new(),
        taken_in: std::collections::BTreeMap::new(),
        force: false,
        cancelled: false,
        started_at: now,
    }
}

/// Returns who acts on a stack's resources: the given role, or the one that the stack has, or the caller.
pub fn actor(aws: &Aws, caller: &Caller, role_arn: Option<&str>) -> Result<Caller, AwsError> {
    let Some(role_arn) = role_arn else { return Ok(caller.clone()) };
    let context = [("iam:PassedToService", "cloudformation.amazonaws.com")];
    aws.services.iam.authorize(caller, "iam:PassRole", role_arn, None, &context)?;
    let service = "cloudformation.amazonaws.com";
    let session = aws.services.iam.assume_role(role_arn, service, "AWSCloudFormation", &caller.region, &[]);
    session.map_err(|error| match error.code.as_str() {
        "NotImplemented" => error,
        _ => validation_error(format!("Role {role_arn} is invalid or cannot be assumed")),
    })
}

/// Makes a stack that stands in review, or was only just added, begin to be created.
pub fn create(edit: &mut Edit<'_>, blueprint: Blueprint, operation: Operation) {
    let stack = edit.stack_mut();
    stack.blueprint = Some(blueprint);
    stack.last_token = operation.token.clone();
    stack.disable_rollback = operation.on_failure == OnFailure::DoNothing;
    stack.operation = Some(operation);
    edit.stack_is(StackStatus::CreateInProgress, Some(USER_INITIATED));
}

/// Makes a stack begin to be updated to `blueprint`.
pub fn update(edit: &mut Edit<'_>, blueprint: Blueprint, operation: Operation) {
    let now = edit.now;
    let stack = edit.stack_mut();
    let previous = stack.blueprint.replace(blueprint);
    stack.last_token = operation.token.clone();
    stack.disable_rollback = operation.on_failure == OnFailure::DoNothing;
    stack.updated_at = Some(now);
    // Not confirmed on AWS: a create that failed without rollback and is tried again counts as a create.
    let status = match stack.status {
        StackStatus::CreateFailed => StackStatus::CreateInProgress,
        _ => StackStatus::UpdateInProgress,
    };
    if status == StackStatus::UpdateInProgress && stack.stable.is_none() {
        stack.stable = previous;
        stack.stable_imports = stack.imports.clone();
    }
    stack.operation = Some(operation);
    edit.stack_is(status, Some(USER_INITIATED));
}

/// Refuses an update that the stack's status does not permit.
pub fn check_updatable(stack: &Stack, disables_rollback: bool) -> Result<(), AwsError> {
    if stack.status.can_update(disables_rollback) {
        return Ok(());
    }
    let (id, status) = (&stack.id, stack.status.as_str());
    Err(validation_error(format!("Stack:{id} is in {status} state and can not be updated.")))
}
