//! Deletes a stack's resources in reverse order: because the stack goes, or because its creation failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::registry::Edit;
use super::super::stack::{Operation, OperationKind, Phase, Stack};
use super::super::status::{ResourceStatus, StackStatus};
use super::handler::Job;
use super::{conclude_change_set, failed_sentence, finish, scheduler};
use crate::aws::Aws;
use crate::error::AwsError;

/// Deletes what is left of the stack's resources and ends the operation.
pub async fn run(aws: &Arc<Aws>, stack_id: &str, operation: &Operation) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    registry.edit(stack_id, aws.clock.now(), discard_befores)?;
    let order = registry.read(|state| state.stacks.get(stack_id).map(order)).unwrap_or_default();
    let is_current = || {
        registry.read(|state| {
            let now = state.stacks.get(stack_id).and_then(|stack| stack.operation.as_ref());
            now.is_some_and(|now| now.id == operation.id && now.phase == operation.phase)
        })
    };
    let work = |logical_id: String| async move {
        delete(aws, stack_id, operation, &logical_id).await.unwrap_or_else(|error| {
            tracing::error!(%error, stack_id, logical_id, "a deletion could not be noted");
            false
        })
    };
    let report = scheduler::run(&order, is_current, work).await;
    if !is_current() {
        return Ok(());
    }
    registry.edit(stack_id, aws.clock.now(), |edit| {
        if edit.stack().operation.as_ref().is_some_and(|current| current.id == operation.id) {
            conclude(edit, operation, report.failed);
        }
        Ok(())
    })?;
    conclude_change_set(aws, stack_id)
}

/// Makes every instance that a failed operation left behind something to delete.
fn discard_befores(edit: &mut Edit<'_>) -> Result<(), AwsError> {
    use super::super::stack_resource::{Before, Discarded};
    let changed: Vec<String> = edit
        .stack()
        .resources
        .values()
        .filter(|resource| resource.before.is_some())
        .map(|resource| resource.logical_id.clone())
        .collect();
    let undoes_create = edit.stack().operation.as_ref().is_some_and(|one| one.phase == Phase::UndoCreate);
    if undoes_create {
        return Ok(());
    }
    for logical_id in changed {
        let resource = edit.resource(&logical_id)?;
        let is_replaced = resource.is_replaced();
        if let Some(Before::Instance(before)) = resource.before.take()
            && is_replaced
        {
            resource.discarded.push(Discarded { instance: *before, is_kept: false });
        }
    }
    Ok(())
}

/// Returns for each resource that is still there which ones must be deleted before it.
fn order(stack: &Stack) -> BTreeMap<String, BTreeSet<String>> {
    let is_there = |status| !matches!(status, ResourceStatus::DeleteComplete | ResourceStatus::DeleteSkipped);
    let needs = stack
        .resources
        .values()
        .filter(|resource| is_there(resource.status))
        .map(|resource| (resource.logical_id.clone(), resource.current.depends_on.clone()));
    scheduler::reversed(&needs.collect())
}

/// Deletes one resource with all of its instances; `false` when it could not be.
async fn delete(
    aws: &Arc<Aws>,
    stack_id: &str,
    operation: &Operation,
    logical_id: &str,
) -> Result<bool, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let edit = |change: &mut dyn FnMut(&mut Edit<'_>) -> Result<(), AwsError>| {
        registry.edit(stack_id, aws.clock.now(), |edit| change(edit))
    };
    learn_interrupted(aws, stack_id, logical_id).await?;
    let jobs = registry.edit(stack_id, aws.clock.now(), |edit| begin(edit, operation, logical_id))?;
    for job in jobs {
        if let Err(reason) = job.delete(aws).await {
            if operation.force {
                let note = format!("Resource deletion failed and was skipped: {reason}");
                edit(&mut |edit| edit.resource_is(logical_id, ResourceStatus::DeleteSkipped, Some(&note)))?;
                return Ok(true);
            }
            edit(&mut |edit| edit.resource_is(logical_id, ResourceStatus::DeleteFailed, Some(&reason)))?;
            return Ok(false);
        }
    }
    edit(&mut |edit| {
        let resource = edit.resource(logical_id)?;
        resource.discarded.clear();
        if resource.status != ResourceStatus::DeleteSkipped {
            edit.resource_is(logical_id, ResourceStatus::DeleteComplete, None)?;
        }
        Ok(())
    })?;
    Ok(true)
}

/// Repeats a create call whose answer was lost, so that what it may have made can be deleted.
async fn learn_interrupted(aws: &Arc<Aws>, stack_id: &str, logical_id: &str) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let job = registry.read(|state| {
        let stack = state.stacks.get(stack_id)?;
        let resource = stack.resources.get(logical_id)?;
        resource.is_interrupted_create().then(|| Job::new(stack, resource, &resource.current))
    });
    let Some(job) = job else { return Ok(()) };
    if let Ok(made) = job.create(aws).await {
        registry.edit(stack_id, aws.clock.now(), |edit| {
            edit.resource(logical_id)?.current.physical_id = Some(made.physical_id);
            Ok(())
        })?;
    }
    Ok(())
}

/// Says that the deletion begins, and returns the calls it takes: none for what is kept or was never made.
fn begin(edit: &mut Edit<'_>, operation: &Operation, logical_id: &str) -> Result<Vec<Job>, AwsError> {
    // A create that failed may be told to delete its stack at once.
    let undoes_create = operation.phase == Phase::UndoCreate || operation.kind == OperationKind::CreateStack;
    let resource = edit.resource(logical_id)?.clone();
    let is_spared = operation.spared.contains(logical_id);
    let may_keep = !undoes_create || !operation.retain_except_on_create;
    // What a failed operation took in was there before it, and stays.
    let is_kept = resource.is_taken_in || may_keep && resource.current.deletion_policy.keeps(undoes_create);
    let mut jobs: Vec<Job> = resource
        .discarded
        .iter()
        .filter(|discarded| !discarded.is_kept && discarded.instance.physical_id.is_some())
        .map(|discarded| Job::new(edit.stack(), &resource, &discarded.instance))
        .collect();
    if resource.current.physical_id.is_none() {
        return Ok(jobs);
    }
    if is_spared || is_kept {
        edit.resource_is(logical_id, ResourceStatus::DeleteSkipped, None)?;
        return Ok(jobs);
    }
    edit.resource_is(logical_id, ResourceStatus::DeleteInProgress, None)?;
    jobs.push(Job::new(edit.stack(), &resource, &resource.current));
    Ok(jobs)
}

fn conclude(edit: &mut Edit<'_>, operation: &Operation, failed: Vec<String>) {
    let undoes_create = operation.phase == Phase::UndoCreate;
    if !failed.is_empty() {
        let reason = failed_sentence(&[("delete", failed)]);
        let status = if undoes_create { StackStatus::RollbackFailed } else { StackStatus::DeleteFailed };
        return finish(edit, status, Some(reason.trim_end()));
    }
    let now = edit.now;
    let stack = edit.stack_mut();
    stack.stable = None;
    stack.outputs.clear();
    stack.imports.clear();
    if undoes_create {
        return finish(edit, StackStatus::RollbackComplete, None);
    }
    stack.deleted_at = Some(now);
    finish(edit, StackStatus::DeleteComplete, None);
}
