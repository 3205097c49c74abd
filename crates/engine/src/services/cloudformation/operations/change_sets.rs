//! Change sets: made, executed and dropped.
//!
//! A change set is compared while it is made, so it is complete, or failed, when its creation answers; AWS needs a
//! moment longer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::super::change_set::{ChangeSet, ChangeSetKind};
use super::super::changes::{Comparison, ResourceChange};
use super::super::design::{Design, View};
use super::super::drift::revert::Reality;
use super::super::dynamic;
use super::super::existing;
use super::super::exports::{self, Exports};
use super::super::provision;
use super::super::secrets::Secrets;
use super::super::stack::{Blueprint, OnFailure, OperationKind, Phase, Stack};
use super::super::status::{ChangeSetStatus, ExecutionStatus, StackStatus};
use super::super::template::validation_error;
use super::begin::{self, USER_INITIATED};
use super::input::{BlueprintInput, check_name, check_stack_name};
use super::lookup;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply, loose};

/// Why a change set without changes fails.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeSetInput {
    stack_name: String,
    change_set_name: String,
    change_set_type: Option<String>,
    description: Option<String>,
    client_token: Option<String>,
    on_stack_failure: Option<OnFailure>,
    #[serde(default, deserialize_with = "loose::boolean")]
    import_existing_resources: Option<bool>,
    deployment_mode: Option<DeploymentMode>,
    #[serde(flatten)]
    blueprint: BlueprintInput,
}

/// How a change set looks at its stack when it is not the ordinary way.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DeploymentMode {
    RevertDrift,
}

/// Compares a template with a stack, and keeps what would change.
pub async fn create_change_set(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ChangeSetInput = call.input()?;
    check_name(&input.change_set_name, "changeSetName")?;
    let kind = match input.change_set_type.as_deref() {
        Some("CREATE") => ChangeSetKind::Create,
        Some("UPDATE") | None => ChangeSetKind::Update,
        Some(other) => return Err(AwsError::not_supported(format_args!("the change set type {other}"))),
    };
    if input.on_stack_failure == Some(OnFailure::Delete) && kind != ChangeSetKind::Create {
        return Err(validation_error("OnStackFailure DELETE is only valid for a change set of type CREATE"));
    }
    let registry = &aws.services.cloudformation.registry;
    let existing = registry.read(|state| lookup::find_stack(state, caller, &input.stack_name).cloned());
    let existing = existing.filter(|stack| !stack.status.is_gone());
    let now = aws.clock.now();
    let stack = match (&existing, kind) {
        (Some(stack), _) => stack.clone(),
        (None, ChangeSetKind::Create) => {
            check_stack_name(&input.stack_name)?;
            begin::new_stack(caller, &input.stack_name, StackStatus::ReviewInProgress, now)
        }
        (None, ChangeSetKind::Update) => {
            return Err(validation_error(format!("Stack [{}] does not exist", input.stack_name)));
        }
    };
    aws.services.iam.authorize(caller, "cloudformation:CreateChangeSet", &stack.id, None, &[])?;
    if let Some(existing) = &existing {
        check_comparable(existing, kind, &input.change_set_name)?;
        if let Some(same) = same_name(aws, existing, &input.change_set_name) {
            if input.client_token.is_some() && same.token == input.client_token {
                return Reply::of(&json!({"Id": same.id, "StackId": same.stack_id}));
            }
            let message = format!("ChangeSet [{}] already exists", input.change_set_name);
            return Err(AwsError::new("AlreadyExistsException", message));
        }
    }
    let previous = existing.as_ref().filter(|_| kind == ChangeSetKind::Update);
    let (blueprint, design) = input.blueprint.read(aws, caller, &stack, previous).await?;
    let reality = match (input.deployment_mode, kind) {
        (None, _) => None,
        (Some(DeploymentMode::RevertDrift), ChangeSetKind::Update) => {
            Some(Reality::of(aws, caller, &stack).await)
        }
        (Some(DeploymentMode::RevertDrift), ChangeSetKind::Create) => {
            // Not confirmed on AWS: the wording.
            return Err(validation_error(
                "DeploymentMode REVERT_DRIFT is only valid for a change set of type UPDATE",
            ));
        }
    };
    let taken_in = match input.import_existing_resources {
        Some(true) => existing::importable(aws, caller, &stack, &design).await,
        Some(false) | None => BTreeMap::new(),
    };
    let found = Found { reality, taken_in };
    let change_set = compare(aws, caller, &input, kind, &stack, (blueprint, found), &design);
    if existing.is_none() {
        let stack_id = stack.id.clone();
        registry.add_stack(stack)?;
        registry.edit(&stack_id, now, |edit| {
            edit.stack_is(StackStatus::ReviewInProgress, Some(USER_INITIATED));
            Ok(())
        })?;
    }
    let answer = json!({"Id": change_set.id, "StackId": change_set.stack_id});
    registry.put_change_set(change_set)?;
    Reply::of(&answer)
}

fn check_comparable(stack: &Stack, kind: ChangeSetKind, name: &str) -> Result<(), AwsError> {
    let is_in_review = stack.status == StackStatus::ReviewInProgress;
    match kind {
        ChangeSetKind::Create if !is_in_review => Err(validation_error(format!(
            "Stack [{}] already exists and cannot be created again with the changeSet [{name}].",
            stack.name
        ))),
        ChangeSetKind::Update if !stack.status.can_be_compared() => Err(validation_error(format!(
            "Stack:{} is in {} state and can not be updated.",
            stack.id,
            stack.status.as_str()
        ))),
        ChangeSetKind::Create | ChangeSetKind::Update => Ok(()),
    }
}

fn same_name(aws: &Aws, stack: &Stack, name: &str) -> Option<ChangeSet> {
    aws.services.cloudformation.registry.read(|state| {
        let mut change_sets = state.change_sets.values();
        let is_same = |one: &&ChangeSet| {
            one.stack_id == stack.id && one.name == name && !one.execution_status.has_begun()
        };
        change_sets.find(is_same).cloned()
    })
}

/// What was looked for outside the stack's own records.
struct Found {
    reality: Option<Reality>,
    taken_in: BTreeMap<String, String>,
}

/// Returns the change set, complete or failed.
fn compare(
    aws: &Aws,
    caller: &Caller,
    input: &ChangeSetInput,
    kind: ChangeSetKind,
    stack: &Stack,
    (blueprint, Found { reality, taken_in }): (Blueprint, Found),
    design: &Design,
) -> ChangeSet {
    let exports = aws.services.cloudformation.registry.read(|state| exports::visible_to(state, stack));
    let before = Design::of_stack(stack).ok();
    let secrets = Secrets::in_blueprints(stack.blueprint.iter().chain([&blueprint])).and_answers_in(stack);
    let actual = reality.as_ref().map(|reality| reality.stack(stack));
    let comparison = Comparison {
        stack: actual.as_ref().unwrap_or(stack),
        after: design,
        before: before.as_ref(),
        after_tags: &blueprint.tags,
        exports: &exports,
        taken_in: &taken_in,
        secrets: &secrets,
    };
    let references = dynamic::check_design(aws, caller, design, stack, &exports);
    let changes = references.and_then(|()| comparison.changes()).map(|mut changes| {
        if let Some(reality) = &reality {
            reality.annotate(&mut changes, stack, &secrets);
        }
        changes
    });
    let (changes, failure) = match changes {
        Ok(changes) if is_empty(kind, &changes, stack, design, &blueprint, &exports) => {
            (Vec::new(), Some(NO_CHANGES.to_owned()))
        }
        Ok(changes) => (changes, None),
        Err(reason) => (Vec::new(), Some(reason)),
    };
    let name = &input.change_set_name;
    ChangeSet {
        id: caller.arn("cloudformation", format_args!("changeSet/{name}/{}", uuid::Uuid::new_v4())),
        name: name.clone(),
        stack_id: stack.id.clone(),
        kind,
        description: input.description.clone(),
        created_at: aws.clock.now(),
        status: if failure.is_none() { ChangeSetStatus::CreateComplete } else { ChangeSetStatus::Failed },
        execution_status: match failure {
            None => ExecutionStatus::Available,
            Some(_) => ExecutionStatus::Unavailable,
        },
        status_reason: failure,
        token: input.client_token.clone(),
        blueprint,
        on_stack_failure: input.on_stack_failure,
        import_existing_resources: input.import_existing_resources.unwrap_or(false),
        taken_in,
        role_arn: input.blueprint.role_arn.clone(),
        changes,
        execution_token: None,
        reality,
    }
}

fn is_empty(
    kind: ChangeSetKind,
    changes: &[ResourceChange],
    stack: &Stack,
    design: &Design,
    blueprint: &Blueprint,
    exports: &Exports,
) -> bool {
    kind == ChangeSetKind::Update
        && changes.is_empty()
        && stack.status != StackStatus::UpdateFailed
        && !has_other_changes(stack, design, blueprint, exports)
}

/// Whether a blueprint changes anything but resources: outputs, or the tags of the stack.
pub fn has_other_changes(stack: &Stack, design: &Design, blueprint: &Blueprint, exports: &Exports) -> bool {
    let nothing = BTreeSet::new();
    let view = View { resources: &stack.resources, exports, unknown: &nothing };
    let outputs = design.outputs(&view);
    let tags = stack.blueprint.as_ref().map(|current| &current.tags);
    outputs.is_ok_and(|outputs| outputs != stack.outputs) || tags != Some(&blueprint.tags)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ExecuteInput {
    change_set_name: String,
    stack_name: Option<String>,
    client_request_token: Option<String>,
    #[serde(default, deserialize_with = "loose::boolean")]
    disable_rollback: Option<bool>,
    #[serde(default, deserialize_with = "loose::boolean")]
    retain_except_on_create: Option<bool>,
}

/// Carries a change set out.
pub fn execute_change_set(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ExecuteInput = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let (change_set, stack) = registry.read(|state| {
        let stack_name = input.stack_name.as_deref();
        let change_set = lookup::change_set(state, caller, &input.change_set_name, stack_name)?;
        let stack = state.stacks.get(&change_set.stack_id).cloned();
        Ok::<_, AwsError>((change_set.clone(), stack))
    })?;
    let stack = stack.ok_or_else(|| AwsError::internal("a change set without a stack"))?;
    aws.services.iam.authorize(caller, "cloudformation:ExecuteChangeSet", &stack.id, None, &[])?;
    let has_begun =
        change_set.execution_status.has_begun() || stack.change_set_id.as_ref() == Some(&change_set.id);
    let is_repeat = has_begun
        && input.client_request_token.is_some()
        && change_set.execution_token == input.client_request_token;
    if is_repeat {
        return Ok(Reply::without_members());
    }
    check_executable(&change_set, has_begun)?;
    let on_failure = match (change_set.on_stack_failure, input.disable_rollback) {
        (Some(_), Some(_)) => {
            return Err(validation_error(
                "DisableRollback cannot be specified when the change set has OnStackFailure",
            ));
        }
        (Some(on_failure), None) => on_failure,
        (None, Some(true)) => OnFailure::DoNothing,
        (None, Some(false) | None) => OnFailure::Rollback,
    };
    begin_execution(aws, caller, &input, &change_set, &stack, on_failure)?;
    registry.edit_change_set(&change_set.id, |change_set| {
        change_set.execution_status = ExecutionStatus::ExecuteInProgress;
        change_set.execution_token = input.client_request_token.clone();
    })?;
    // The others compare with a stack that is no more, and go, as on AWS.
    registry.remove_change_sets(|other| other.stack_id == stack.id && other.id != change_set.id)?;
    provision::start(aws, &stack.id);
    Ok(Reply::without_members())
}

fn check_executable(change_set: &ChangeSet, has_begun: bool) -> Result<(), AwsError> {
    let refusal = |message: String| Err(AwsError::new("InvalidChangeSetStatus", message));
    let id = &change_set.id;
    if change_set.status != ChangeSetStatus::CreateComplete {
        let status = change_set.status.as_str();
        return refusal(format!("ChangeSet [{id}] cannot be executed in its current status of [{status}]"));
    }
    if has_begun || change_set.execution_status != ExecutionStatus::Available {
        let status = match change_set.execution_status {
            ExecutionStatus::Available => ExecutionStatus::ExecuteInProgress.as_str(),
            status => status.as_str(),
        };
        let message =
            format!("ChangeSet [{id}] cannot be executed in its current execution status of [{status}]");
        return refusal(message);
    }
    Ok(())
}

fn begin_execution(
    aws: &Arc<Aws>,
    caller: &Caller,
    input: &ExecuteInput,
    change_set: &ChangeSet,
    stack: &Stack,
    on_failure: OnFailure,
) -> Result<(), AwsError> {
    let role_arn = change_set.role_arn.clone().or(stack.role_arn.clone());
    let actor = begin::actor(aws, caller, role_arn.as_deref())?;
    let kind = match change_set.kind {
        ChangeSetKind::Create => OperationKind::CreateStack,
        ChangeSetKind::Update => OperationKind::UpdateStack,
    };
    let now = aws.clock.now();
    let mut operation = begin::operation(actor, kind, Phase::Deploy, now);
    operation.token = input.client_request_token.clone();
    operation.on_failure = on_failure;
    operation.taken_in = change_set.taken_in.clone();
    operation.retain_except_on_create = input.retain_except_on_create.unwrap_or(false);
    aws.services.cloudformation.registry.edit(&stack.id, now, |edit| {
        let is_in_review = edit.stack().status == StackStatus::ReviewInProgress;
        if change_set.kind == ChangeSetKind::Update || !is_in_review {
            begin::check_updatable(edit.stack(), on_failure == OnFailure::DoNothing)?;
        }
        if let Some(reality) = &change_set.reality {
            reality.take_over(edit)?;
        }
        edit.stack_mut().role_arn = role_arn;
        edit.stack_mut().change_set_id = Some(change_set.id.clone());
        match change_set.kind {
            ChangeSetKind::Create => begin::create(edit, change_set.blueprint.clone(), operation),
            ChangeSetKind::Update => begin::update(edit, change_set.blueprint.clone(), operation),
        }
        Ok(())
    })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ChangeSetName {
    change_set_name: String,
    stack_name: Option<String>,
}

/// Drops a change set; one that is not there is a success as long as its stack is.
pub fn delete_change_set(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    let input: ChangeSetName = call.input()?;
    let registry = &aws.services.cloudformation.registry;
    let found = registry.read(|state| {
        lookup::change_set(state, caller, &input.change_set_name, input.stack_name.as_deref()).cloned()
    });
    let change_set = match found {
        Ok(change_set) => change_set,
        Err(error) if error.code == "ChangeSetNotFound" => return Ok(Reply::without_members()),
        Err(error) => return Err(error),
    };
    let action = "cloudformation:DeleteChangeSet";
    aws.services.iam.authorize(caller, action, &change_set.stack_id, None, &[])?;
    if change_set.execution_status == ExecutionStatus::ExecuteInProgress {
        let message = format!(
            "ChangeSet [{}] cannot be deleted in its current execution status of [EXECUTE_IN_PROGRESS]",
            change_set.id
        );
        return Err(AwsError::new("InvalidChangeSetStatus", message));
    }
    // One that was executed goes too: the CDK deletes it before it makes the next of the same name, and waits for that.
    registry.remove_change_sets(|one| one.id == change_set.id)?;
    Ok(Reply::without_members())
}
