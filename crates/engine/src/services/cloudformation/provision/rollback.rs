//! Undoes a failed update: what was changed gets its previous properties back, what was replaced its place.
//!
//! New resources stay until the cleanup that follows; so do dependents that still use them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::registry::Edit;
use super::super::stack::{Operation, Phase, Stack};
use super::super::stack_resource::{Before, Discarded, Instance, Leaving, StackResource};
use super::super::status::{ResourceStatus, StackStatus};
use super::super::suffix;
use super::handler::Job;
use super::{conclude_change_set, failed_sentence, finish, scheduler};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::Resource;

/// Puts every resource back and hands the operation over to its cleanup.
pub async fn run(aws: &Arc<Aws>, stack_id: &str, operation: &Operation) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let order = registry.read(|state| state.stacks.get(stack_id).map(order)).unwrap_or_default();
    let work = |logical_id: String| async move {
        restore(aws, stack_id, operation, &logical_id).await.unwrap_or_else(|error| {
            tracing::error!(%error, stack_id, logical_id, "a rollback could not be noted");
            false
        })
    };
    let report = scheduler::run(&order, || true, work).await;
    registry.edit(stack_id, aws.clock.now(), |edit| conclude(edit, report.failed))?;
    conclude_change_set(aws, stack_id)
}

/// Returns what has to be put back, each with what its old instance needed.
fn order(stack: &Stack) -> BTreeMap<String, BTreeSet<String>> {
    let touched = stack.resources.values().filter_map(|resource| match &resource.before {
        Some(Before::Instance(before)) => Some((resource.logical_id.clone(), before.depends_on.clone())),
        None if resource.exists() && !resource.is_settled() => {
            Some((resource.logical_id.clone(), resource.current.depends_on.clone()))
        }
        Some(Before::Absent) | None => None,
    });
    touched.collect()
}

async fn restore(
    aws: &Arc<Aws>,
    stack_id: &str,
    operation: &Operation,
    logical_id: &str,
) -> Result<bool, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let is_spared = operation.spared.contains(logical_id);
    let call = registry.edit(stack_id, aws.clock.now(), |edit| begin(edit, is_spared, logical_id))?;
    let result = match call {
        Some((job, attempted)) => Some(job.update(aws, &attempted).await),
        None => None,
    };
    registry.edit(stack_id, aws.clock.now(), |edit| match result {
        // A forced rollback takes what cannot be put back for done.
        Some(Err(_)) if operation.force => put_back(edit, logical_id, None),
        Some(Err(reason)) => {
            edit.resource_is(logical_id, ResourceStatus::UpdateFailed, Some(&reason))?;
            Ok(false)
        }
        Some(Ok(made)) => put_back(edit, logical_id, Some(made)),
        None => put_back(edit, logical_id, None),
    })
}

/// Says that a resource is put back; returns the call this takes, and the properties that it changes.
fn begin(
    edit: &mut Edit<'_>,
    is_spared: bool,
    logical_id: &str,
) -> Result<Option<(Job, serde_json::Value)>, AwsError> {
    let resource = edit.resource(logical_id)?.clone();
    let Some(Before::Instance(before)) = &resource.before else { return Ok(None) };
    if !is_physical(&resource, before) {
        return Ok(None);
    }
    edit.resource_is(logical_id, ResourceStatus::UpdateInProgress, None)?;
    if is_spared || resource.is_replaced() {
        return Ok(None);
    }
    let job = Job::new(edit.stack(), &resource, before);
    Ok(Some((job, resource.current.properties)))
}

/// Whether the operation asked something of the resource's service, and not only noted new metadata.
fn is_physical(resource: &StackResource, before: &Instance) -> bool {
    resource.is_replaced()
        || resource.current.properties != before.properties
        || resource.current.tags != before.tags
        || !resource.is_settled()
}

fn put_back(edit: &mut Edit<'_>, logical_id: &str, made: Option<Resource>) -> Result<bool, AwsError> {
    let resource = edit.resource(logical_id)?;
    let is_replaced = resource.is_replaced();
    let mut is_told = !resource.is_settled();
    if let Some(Before::Instance(before)) = resource.before.take() {
        is_told |= is_physical(resource, &before);
        let mut previous = *before;
        if let Some(made) = made {
            // What was to be put back may have become another resource, too.
            if resource.became_another(&made.physical_id) {
                resource.discarded.push(Discarded { instance: previous.clone(), is_kept: false });
                previous.suffix = suffix();
                previous.physical_id = Some(made.physical_id);
            }
            previous.attributes = made.attributes;
        }
        let current = std::mem::replace(&mut resource.current, previous);
        if is_replaced {
            resource.discarded.push(Discarded { instance: current, is_kept: false });
        }
    }
    if is_told {
        edit.resource_is(logical_id, ResourceStatus::UpdateComplete, None)?;
    }
    Ok(true)
}

fn conclude(edit: &mut Edit<'_>, failed: Vec<String>) -> Result<(), AwsError> {
    if !failed.is_empty() {
        let reason = failed_sentence(&[("update", failed)]);
        finish(edit, StackStatus::UpdateRollbackFailed, Some(&reason));
        return Ok(());
    }
    let ids: Vec<String> = edit.stack().resources.keys().cloned().collect();
    for id in ids {
        let is_new = matches!(edit.stack().resources[&id].before, Some(Before::Absent));
        if is_new {
            let resource = edit.resource(&id)?;
            resource.before = None;
            resource.leaving = Some(Leaving::CreationUndone);
        }
    }
    let stack = edit.stack_mut();
    if let Some(stable) = stack.stable.take() {
        stack.blueprint = Some(stable);
        stack.imports = std::mem::take(&mut stack.stable_imports);
    }
    if let Some(operation) = &mut stack.operation {
        operation.phase = Phase::CleanUp;
    }
    edit.stack_is(StackStatus::UpdateRollbackCompleteCleanupInProgress, None);
    Ok(())
}
