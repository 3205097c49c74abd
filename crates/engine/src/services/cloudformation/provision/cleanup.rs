//! Deletes what an update, or its undoing, no longer needs: resources that left, and instances that were replaced.
//!
//! A deletion that fails here does not fail the update, as on AWS: it leaves something behind and says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::registry::Edit;
use super::super::stack::{Operation, Stack};
use super::super::stack_resource::{Instance, Leaving, StackResource};
use super::super::status::{ResourceStatus, StackStatus};
use super::handler::Job;
use super::{conclude_change_set, finish, scheduler};
use crate::aws::Aws;
use crate::error::AwsError;

/// What the user is told of an update that left something behind.
const LEFT_BEHIND: &str = "Update successful. One or more resources could not be deleted.";

/// Deletes what is left over and ends the operation.
pub async fn run(aws: &Arc<Aws>, stack_id: &str, operation: &Operation) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let order = registry.read(|state| state.stacks.get(stack_id).map(order)).unwrap_or_default();
    let work = |logical_id: String| async move {
        clean(aws, stack_id, &logical_id).await.unwrap_or_else(|error| {
            tracing::error!(%error, stack_id, logical_id, "a cleanup could not be noted");
            false
        })
    };
    let report = scheduler::run(&order, || true, work).await;
    let is_clean = report.failed.is_empty() && report.left.is_empty();
    registry.edit(stack_id, aws.clock.now(), |edit| {
        // A deletion may have taken the place of a create that cleans up.
        if edit.stack().operation.as_ref().is_none_or(|current| current.id != operation.id) {
            return Ok(());
        }
        let gone: Vec<String> = (edit.stack().resources.values())
            .filter(|resource| resource.leaving.is_some())
            .map(|resource| resource.logical_id.clone())
            .collect();
        gone.iter().for_each(|logical_id| edit.remove_resource(logical_id));
        let status = match edit.stack().status {
            StackStatus::UpdateRollbackCompleteCleanupInProgress => StackStatus::UpdateRollbackComplete,
            StackStatus::CreateInProgress => StackStatus::CreateComplete,
            _ => StackStatus::UpdateComplete,
        };
        finish(edit, status, (!is_clean).then_some(LEFT_BEHIND));
        Ok(())
    })?;
    conclude_change_set(aws, stack_id)
}

/// Returns for each resource with something to delete which others must be done before it.
fn order(stack: &Stack) -> BTreeMap<String, BTreeSet<String>> {
    let needs = stack.resources.values().filter(|resource| resource.has_leftovers()).map(|resource| {
        let mut needed = BTreeSet::new();
        if resource.leaving.is_some() {
            needed.extend(resource.current.depends_on.iter().cloned());
        }
        for discarded in &resource.discarded {
            needed.extend(discarded.instance.depends_on.iter().cloned());
        }
        (resource.logical_id.clone(), needed)
    });
    scheduler::reversed(&acyclic(needs.collect()))
}

/// Drops what would make two leftovers wait for each other: old and new templates may order them differently.
fn acyclic(mut needs: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    let names: Vec<String> = needs.keys().cloned().collect();
    for name in &names {
        let needed: Vec<String> = needs[name].iter().cloned().collect();
        for other in needed {
            if reaches(&needs, &other, name)
                && let Some(needed) = needs.get_mut(name)
            {
                needed.remove(&other);
            }
        }
    }
    needs
}

fn reaches(needs: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            open.extend(needs.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}

async fn clean(aws: &Arc<Aws>, stack_id: &str, logical_id: &str) -> Result<bool, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let leftovers = registry.read(|state| {
        let stack = state.stacks.get(stack_id)?;
        let undoes_retained = stack.operation.as_ref().is_some_and(|one| one.retain_except_on_create);
        Some(leftovers(stack.resources.get(logical_id)?, undoes_retained))
    });
    let mut is_clean = true;
    for (instance, is_kept) in leftovers.unwrap_or_default() {
        is_clean &= remove(aws, stack_id, logical_id, &instance, is_kept).await?;
    }
    registry.edit(stack_id, aws.clock.now(), |edit| {
        let resource = edit.resource(logical_id)?;
        resource.discarded.clear();
        Ok(())
    })?;
    Ok(is_clean)
}

/// Returns the instances to delete, each with whether its policy lets it stay; `undoes_retained` when that does not
/// hold for what the operation itself made.
fn leftovers(resource: &StackResource, undoes_retained: bool) -> Vec<(Instance, bool)> {
    let discarded = resource.discarded.iter().map(|one| (one.instance.clone(), one.is_kept));
    let leaving = resource.leaving.map(|leaving| {
        let is_undone = leaving == Leaving::CreationUndone;
        let is_kept = resource.is_taken_in
            || resource.current.deletion_policy.keeps(is_undone) && !(is_undone && undoes_retained);
        (resource.current.clone(), is_kept)
    });
    discarded.chain(leaving).filter(|(instance, _)| instance.physical_id.is_some()).collect()
}

async fn remove(
    aws: &Arc<Aws>,
    stack_id: &str,
    logical_id: &str,
    instance: &Instance,
    is_kept: bool,
) -> Result<bool, AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let tell = |status: ResourceStatus, reason: Option<&str>| {
        registry.edit(stack_id, aws.clock.now(), |edit: &mut Edit<'_>| {
            let resource = edit.resource(logical_id)?.clone();
            let physical_id = instance.physical_id.clone();
            edit.tell_of_instance(&resource, physical_id, &instance.properties, status, reason);
            Ok(Job::new(edit.stack(), &resource, instance))
        })
    };
    if is_kept {
        tell(ResourceStatus::DeleteSkipped, None)?;
        return Ok(true);
    }
    let job = tell(ResourceStatus::DeleteInProgress, None)?;
    match job.delete(aws).await {
        Ok(()) => tell(ResourceStatus::DeleteComplete, None).map(|_| true),
        Err(reason) => tell(ResourceStatus::DeleteFailed, Some(&reason)).map(|_| false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_a_circle_between_old_and_new_instances() {
        let needs = BTreeMap::from([
            ("a".to_owned(), BTreeSet::from(["b".to_owned()])),
            ("b".to_owned(), BTreeSet::from(["a".to_owned()])),
        ]);
        let order = acyclic(needs);
        assert!(order["a"].is_empty() != order["b"].is_empty());
    }
}
