//! Creating, updating and deleting stacks directly, and protecting them from deletion.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::super::changes::Comparison;
use super::super::macros;
use super::super::provision;
use super::super::secrets::Secrets;
use super::super::stack::{OnFailure, OperationKind, Phase, Stack};
use super::super::status::StackStatus;
use super::super::template::validation_error;
use super::super::{dynamic, exports};
use super::begin::{self, USER_INITIATED};
use super::change_sets::has_other_changes;
use super::input::{BlueprintInput, check_stack_name};
use super::lookup;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct StackInput {
    stack_name: String,
    #[serde(flatten)]
    blueprint: BlueprintInput,
    #[serde(default, deserialize_with = "loose::boolean")]
    disable_rollback: Option<bool>,
    on_failure: Option<OnFailure>,
    client_request_token: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    enable_termination_protection: Option<bool>,
    #[serde(default, deserialize_with = "loose::boolean")]
    retain_except_on_create: Option<bool>,
}

impl StackInput {
    fn on_failure(&self) -> Result<OnFailure, AwsError> {
        let disables = self.disable_rollback.or(self.blueprint.disables_rollback());
        match (self.on_failure, disables) {
            (Some(_), Some(_)) => {
                Err(validation_error("Either DisableRollback or OnFailure can be specified, not both."))
            }
            (Some(on_failure), None) => Ok(on_failure),
            (None, Some(true)) => Ok(OnFailure::DoNothing),
            (None, Some(false) | None) => Ok(OnFailure::Rollback),
        }
    }
}

/// Makes a stack from a template.
pub async fn create_stack(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: StackInput = call.input()?;
    check_stack_name(&input.stack_name)?;
    let now = aws.clock.now();
    let mut stack = begin::new_stack(caller, &input.stack_name, StackStatus::CreateInProgress, now);
    aws.services.iam.authorize(caller, "cloudformation:CreateStack", &stack.id, None, &[])?;
    let registry = &aws.services.cloudformation.registry;
    let existing = registry.read(|state| lookup::find_stack(state, caller, &input.stack_name).cloned());
    if let Some(existing) = existing {
        let is_repeat =
            input.client_request_token.is_some() && existing.last_token == input.client_request_token;
        if is_repeat {
            return Reply::of(&json!({"StackId": existing.id}));
        }
        let message = format!("Stack [{}] already exists", input.stack_name);
        return Err(AwsError::new("AlreadyExistsException", message));
    }
    let (blueprint, design) = input.blueprint.read(aws, caller, &stack, None).await?;
    macros::check_acknowledged(&blueprint)?;
    let exports = registry.read(|state| exports::visible_to(state, &stack));
    dynamic::check_design(aws, caller, &design, &stack, &exports).map_err(validation_error)?;
    let actor = begin::actor(aws, caller, input.blueprint.role_arn.as_deref())?;
    stack.role_arn = input.blueprint.role_arn.clone();
    stack.termination_protection = input.enable_termination_protection.unwrap_or(false);
    let mut operation = begin::operation(actor, OperationKind::CreateStack, Phase::Deploy, now);
    operation.token = input.client_request_token.clone();
    operation.on_failure = input.on_failure()?;
    operation.retain_except_on_create = input.retain_except_on_create.unwrap_or(false);
    let (stack_id, operation_id) = (stack.id.clone(), operation.id.clone());
    // From its first entry on, the stack knows what is to become of it.
    stack.blueprint = Some(blueprint.clone());
    stack.operation = Some(operation.clone());
    registry.add_stack(stack)?;
    registry.edit(&stack_id, now, |edit| {
        begin::create(edit, blueprint, operation);
        Ok(())
    })?;
    provision::start(aws, &stack_id);
    Reply::of(&json!({"StackId": stack_id, "OperationId": operation_id}))
}

/// Makes a stack what another template, or other parameters, say.
pub async fn update_stack(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: StackInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let (stack, exports) = registry.read(|state| {
        let stack = lookup::stack_to_change(state, caller, &input.stack_name)?;
        Ok::<_, AwsError>((stack.clone(), exports::visible_to(state, stack)))
    })?;
    aws.services.iam.authorize(caller, "cloudformation:UpdateStack", &stack.id, None, &[])?;
    let is_repeat = input.client_request_token.is_some() && stack.last_token == input.client_request_token;
    if is_repeat {
        return Reply::of(&json!({"StackId": stack.id}));
    }
    let on_failure = input.on_failure()?;
    let disables_rollback = on_failure == OnFailure::DoNothing;
    begin::check_updatable(&stack, disables_rollback)?;
    let (blueprint, design) = input.blueprint.read(aws, caller, &stack, Some(&stack)).await?;
    macros::check_acknowledged(&blueprint)?;
    dynamic::check_design(aws, caller, &design, &stack, &exports).map_err(validation_error)?;
    let before = super::super::design::Design::of_stack(&stack).ok();
    let secrets = Secrets::in_blueprints(stack.blueprint.iter().chain([&blueprint])).and_answers_in(&stack);
    let comparison = Comparison {
        stack: &stack,
        after: &design,
        before: before.as_ref(),
        after_tags: &blueprint.tags,
        exports: &exports,
        taken_in: &BTreeMap::new(),
        secrets: &secrets,
    };
    let changes = comparison.changes().map_err(validation_error)?;
    let is_settled = !matches!(stack.status, StackStatus::CreateFailed | StackStatus::UpdateFailed);
    if changes.is_empty() && is_settled && !has_other_changes(&stack, &design, &blueprint, &exports) {
        return Err(validation_error("No updates are to be performed."));
    }
    let role_arn = input.blueprint.role_arn.clone().or(stack.role_arn.clone());
    let now = aws.clock.now();
    let actor = begin::actor(aws, caller, role_arn.as_deref())?;
    let mut operation = begin::operation(actor, OperationKind::UpdateStack, Phase::Deploy, now);
    operation.token = input.client_request_token.clone();
    operation.on_failure = on_failure;
    operation.retain_except_on_create = input.retain_except_on_create.unwrap_or(false);
    let operation_id = operation.id.clone();
    registry.edit(&stack.id, now, |edit| {
        begin::check_updatable(edit.stack(), disables_rollback)?;
        edit.stack_mut().role_arn = role_arn;
        begin::update(edit, blueprint, operation);
        Ok(())
    })?;
    registry.remove_change_sets(|change_set| {
        change_set.stack_id == stack.id && !change_set.execution_status.has_begun()
    })?;
    provision::start(aws, &stack.id);
    Reply::of(&json!({"StackId": stack.id, "OperationId": operation_id}))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeleteStackInput {
    stack_name: String,
    #[serde(default, deserialize_with = "loose::list")]
    retain_resources: Vec<String>,
    #[serde(rename = "RoleARN")]
    role_arn: Option<String>,
    client_request_token: Option<String>,
    deletion_mode: Option<String>,
}

/// Deletes a stack; one that is not there is a success, as on AWS.
pub fn delete_stack(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: DeleteStackInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let stack = registry.read(|state| lookup::find_stack(state, caller, &input.stack_name).cloned());
    let resource = stack.as_ref().map_or_else(|| input.stack_name.clone(), |stack| stack.id.clone());
    aws.services.iam.authorize(caller, "cloudformation:DeleteStack", &resource, None, &[])?;
    let Some(stack) = stack.filter(|stack| !stack.status.is_gone()) else { return Ok(Reply::empty()) };
    if stack.status == StackStatus::DeleteInProgress {
        return Ok(Reply::empty());
    }
    let force = match input.deletion_mode.as_deref() {
        None | Some("STANDARD") => false,
        Some("FORCE_DELETE_STACK") => true,
        Some(other) => return Err(validation_error(format!("DeletionMode {other} is not valid"))),
    };
    check_deletable(&stack, &input, force)?;
    registry.read(|state| exports::check_deletion(state, &stack)).map_err(validation_error)?;
    let role_arn = input.role_arn.clone().or(stack.role_arn.clone());
    let now = aws.clock.now();
    let actor = begin::actor(aws, caller, role_arn.as_deref())?;
    let mut operation = begin::operation(actor, OperationKind::DeleteStack, Phase::Delete, now);
    operation.token = input.client_request_token.clone();
    operation.spared = input.retain_resources.iter().cloned().collect();
    operation.force = force;
    registry.edit(&stack.id, now, |edit| {
        check_deletable(edit.stack(), &input, force)?;
        let stack = edit.stack_mut();
        stack.last_token = operation.token.clone();
        stack.operation = Some(operation);
        edit.stack_is(StackStatus::DeleteInProgress, Some(USER_INITIATED));
        Ok(())
    })?;
    registry.remove_change_sets(|change_set| {
        change_set.stack_id == stack.id && !change_set.execution_status.has_begun()
    })?;
    provision::start(aws, &stack.id);
    Ok(Reply::empty())
}

fn check_deletable(stack: &Stack, input: &DeleteStackInput, force: bool) -> Result<(), AwsError> {
    let (id, name) = (&stack.id, &stack.name);
    if stack.termination_protection {
        let message = format!("Stack [{name}] cannot be deleted while TerminationProtection is enabled");
        return Err(validation_error(message));
    }
    if !stack.status.can_delete() {
        let status = stack.status.as_str();
        return Err(validation_error(format!("Stack [{id}] cannot be deleted while in status {status}")));
    }
    if !input.retain_resources.is_empty() && stack.status != StackStatus::DeleteFailed {
        return Err(validation_error(format!(
            "Invalid operation on stack [{id}]. When you delete a stack, specify which resources to retain only \
             when the stack is in the DELETE_FAILED state."
        )));
    }
    // Not confirmed on AWS: the wording.
    if force && stack.status != StackStatus::DeleteFailed {
        return Err(validation_error(format!(
            "Invalid operation on stack [{id}]. FORCE_DELETE_STACK can be used only when the stack is in the \
             DELETE_FAILED state."
        )));
    }
    let known: BTreeSet<&String> = stack.resources.keys().collect();
    if let Some(unknown) = input.retain_resources.iter().find(|one| !known.contains(one)) {
        return Err(validation_error(format!(
            "The specified resources to retain must be in a valid state. Resource {unknown} does not exist in \
             stack [{id}]"
        )));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProtectionInput {
    stack_name: String,
    #[serde(default, deserialize_with = "loose::boolean")]
    enable_termination_protection: Option<bool>,
}

/// Protects a stack from deletion, or lifts the protection.
pub fn update_termination_protection(
    aws: &Arc<Aws>,
    caller: &Caller,
    call: &Call,
) -> Result<Reply, AwsError> {
    let input: ProtectionInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let stack_id = registry.read(|state| {
        lookup::stack_to_change(state, caller, &input.stack_name).map(|stack| stack.id.clone())
    })?;
    let action = "cloudformation:UpdateTerminationProtection";
    aws.services.iam.authorize(caller, action, &stack_id, None, &[])?;
    let Some(is_protected) = input.enable_termination_protection else {
        return Err(validation_error("EnableTerminationProtection must be specified"));
    };
    registry.edit(&stack_id, aws.clock.now(), |edit| {
        edit.stack_mut().termination_protection = is_protected;
        Ok(())
    })?;
    Reply::of(&json!({"StackId": stack_id}))
}
