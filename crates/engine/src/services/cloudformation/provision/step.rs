//! Decides what the template asks of one resource now: nothing, a creation, an update or a replacement.
//!
//! The decision is noted in the stack, with its event, before the call is made; a repeat after an interruption
//! finds the note and makes the same call.

use serde_json::Value;

use super::super::design::{Design, View, Wanted};
use super::super::recreation::{Recreation, name_stays};
use super::super::registry::Edit;
use super::super::stack_resource::{Before, Discarded, Instance, StackResource};
use super::super::status::ResourceStatus;
use super::super::{custom, diff, suffix};
use super::handler::Job;
use crate::error::AwsError;

/// Not confirmed on AWS: that this is what it says in an ordinary change set, too.
const IMPORT_STARTED: &str = "Resource import started.";

/// What is to be done for a resource.
#[derive(Debug)]
pub enum Step {
    Nothing,
    Create(Job),
    /// It exists, and is found rather than made.
    TakeIn(Job),
    Update {
        job: Job,
        previous: Value,
    },
    /// It failed before any call; the stack knows why.
    Failed,
}

/// Notes what is to be done for `wanted` and returns it.
pub fn decide(
    edit: &mut Edit<'_>,
    design: &Design,
    view: &View<'_>,
    wanted: &Wanted,
) -> Result<Step, AwsError> {
    let existing = edit.stack().resources.get(&wanted.logical_id).cloned();
    if let Some(existing) = &existing {
        if existing.is_interrupted_import() {
            return Ok(take_in(edit, existing));
        }
        if existing.is_interrupted_create() {
            let job = Job::new(edit.stack(), existing, &existing.current);
            return Ok(Step::Create(job));
        }
        if existing.exists() && existing.status == ResourceStatus::UpdateInProgress {
            return Ok(repeat_update(edit, existing));
        }
    }
    let properties = match design.properties(wanted, view) {
        Ok(properties) => properties,
        Err(reason) => return refuse(edit, wanted, existing.as_deref(), &reason),
    };
    let desired = Instance {
        physical_id: None,
        attributes: serde_json::Map::new(),
        is_secret: false,
        properties,
        suffix: suffix(),
        tags: edit.stack().tags(),
        deletion_policy: wanted.deletion_policy,
        update_replace_policy: wanted.update_replace_policy,
        depends_on: wanted.depends_on.clone(),
        metadata: wanted.metadata.clone(),
        description: wanted.description.clone(),
    };
    match existing {
        // What its function could not make, but named, is made again.
        Some(existing) if existing.exists() && existing.status != ResourceStatus::CreateFailed => {
            change(edit, wanted, &existing, desired)
        }
        existing => create(edit, wanted, existing.as_deref(), desired),
    }
}

fn repeat_update(edit: &Edit<'_>, existing: &StackResource) -> Step {
    let previous = match &existing.before {
        Some(Before::Instance(before)) => before.properties.clone(),
        Some(Before::Absent) | None => existing.current.properties.clone(),
    };
    Step::Update { job: Job::new(edit.stack(), existing, &existing.current), previous }
}

fn create(
    edit: &mut Edit<'_>,
    wanted: &Wanted,
    existing: Option<&StackResource>,
    desired: Instance,
) -> Result<Step, AwsError> {
    let before = existing.and_then(|existing| existing.before.clone()).unwrap_or(Before::Absent);
    let operation = edit.stack().operation.as_ref();
    let is_taken_in = operation.is_some_and(|one| one.taken_in.contains_key(&wanted.logical_id));
    let (status, failed, reason) = match is_taken_in {
        true => (ResourceStatus::ImportInProgress, ResourceStatus::ImportFailed, Some(IMPORT_STARTED)),
        false => (ResourceStatus::CreateInProgress, ResourceStatus::CreateFailed, None),
    };
    let mut discarded = existing.map(|existing| existing.discarded.clone()).unwrap_or_default();
    if let Some(failed) = existing.filter(|existing| existing.exists()) {
        discarded.push(Discarded { instance: failed.current.clone(), is_kept: false });
    }
    let resource = StackResource {
        logical_id: wanted.logical_id.clone(),
        resource_type: wanted.resource_type.clone(),
        status,
        status_reason: None,
        updated_at: edit.now,
        current: desired,
        before: Some(before),
        discarded,
        leaving: None,
        is_taken_in,
        drift: None,
    };
    let violation = wanted.violation(&resource.current.properties);
    edit.put_resource(resource.clone());
    edit.resource_is(&wanted.logical_id, status, reason)?;
    if let Some(reason) = violation {
        edit.resource_is(&wanted.logical_id, failed, Some(&reason))?;
        return Ok(Step::Failed);
    }
    if is_taken_in {
        return Ok(take_in(edit, &resource));
    }
    Ok(Step::Create(Job::new(edit.stack(), &resource, &resource.current)))
}

/// Returns the step that finds a resource under the name that the change set found it by.
fn take_in(edit: &Edit<'_>, resource: &StackResource) -> Step {
    let operation = edit.stack().operation.as_ref();
    let physical_id = operation.and_then(|one| one.taken_in.get(&resource.logical_id)).cloned();
    let instance = Instance { physical_id, ..resource.current.clone() };
    Step::TakeIn(Job::new(edit.stack(), resource, &instance))
}

fn change(
    edit: &mut Edit<'_>,
    wanted: &Wanted,
    existing: &StackResource,
    desired: Instance,
) -> Result<Step, AwsError> {
    let id = wanted.logical_id.as_str();
    let current = &existing.current;
    let differences = diff::between(wanted.schema(), &current.properties, &desired.properties);
    let is_retagged = current.tags != desired.tags && wanted.takes_tags();
    if differences.is_empty() && !is_retagged && existing.is_settled() {
        return adopt_attributes(edit, existing, desired);
    }
    let refused_change =
        || custom::refused_change(&wanted.resource_type, &current.properties, &desired.properties);
    if let Some(reason) = wanted.violation(&desired.properties).or_else(refused_change) {
        edit.resource_is(id, ResourceStatus::UpdateInProgress, None)?;
        edit.resource_is(id, ResourceStatus::UpdateFailed, Some(&reason))?;
        return Ok(Step::Failed);
    }
    let must_replace =
        differences.iter().any(|difference| wanted.recreation(difference) == Recreation::Always);
    if must_replace && name_stays(wanted.schema(), &current.properties, &desired.properties) {
        let name = current.physical_id.as_deref().unwrap_or_default();
        let reason = format!(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. \
             Rename {name} and update the stack again."
        );
        return refuse(edit, wanted, Some(existing), &reason);
    }
    match must_replace {
        true => replace(edit, existing, desired),
        false => update(edit, existing, desired),
    }
}

/// Takes over what changes nothing outside the stack: policies, metadata and dependencies.
fn adopt_attributes(
    edit: &mut Edit<'_>,
    existing: &StackResource,
    desired: Instance,
) -> Result<Step, AwsError> {
    let current = &existing.current;
    let adopted = Instance {
        physical_id: current.physical_id.clone(),
        attributes: current.attributes.clone(),
        is_secret: current.is_secret,
        properties: current.properties.clone(),
        suffix: current.suffix.clone(),
        ..desired
    };
    if adopted != *current {
        let resource = edit.resource(&existing.logical_id)?;
        resource.before.get_or_insert_with(|| Before::Instance(Box::new(current.clone())));
        resource.current = adopted;
    }
    Ok(Step::Nothing)
}

fn update(edit: &mut Edit<'_>, existing: &StackResource, desired: Instance) -> Result<Step, AwsError> {
    let current = &existing.current;
    let resource = edit.resource(&existing.logical_id)?;
    resource.before.get_or_insert_with(|| Before::Instance(Box::new(current.clone())));
    resource.drift = None;
    resource.current = Instance {
        physical_id: current.physical_id.clone(),
        attributes: current.attributes.clone(),
        is_secret: current.is_secret,
        suffix: current.suffix.clone(),
        ..desired
    };
    let instance = resource.current.clone();
    edit.resource_is(&existing.logical_id, ResourceStatus::UpdateInProgress, None)?;
    let job = Job::new(edit.stack(), existing, &instance);
    Ok(Step::Update { job, previous: current.properties.clone() })
}

fn replace(edit: &mut Edit<'_>, existing: &StackResource, desired: Instance) -> Result<Step, AwsError> {
    const REASON: &str =
        "Requested update requires the creation of a new physical resource; hence creating one.";
    let resource = edit.resource(&existing.logical_id)?;
    resource.drift = None;
    match &resource.before {
        None => resource.before = Some(Before::Instance(Box::new(existing.current.clone()))),
        // A retry after a failure without rollback replaces what the failed attempt made.
        Some(Before::Instance(before)) if before.suffix == existing.current.suffix => {}
        Some(_) => {
            let instance = existing.current.clone();
            resource.discarded.push(Discarded { instance, is_kept: false });
        }
    }
    // The events go on naming the old resource until the new one exists.
    edit.resource_is(&existing.logical_id, ResourceStatus::UpdateInProgress, Some(REASON))?;
    let resource = edit.resource(&existing.logical_id)?;
    resource.current = desired.clone();
    Ok(Step::Create(Job::new(edit.stack(), existing, &desired)))
}

/// Notes that a resource failed before anything was asked of its service.
fn refuse(
    edit: &mut Edit<'_>,
    wanted: &Wanted,
    existing: Option<&StackResource>,
    reason: &str,
) -> Result<Step, AwsError> {
    if existing.is_some_and(StackResource::exists) {
        edit.resource_is(&wanted.logical_id, ResourceStatus::UpdateFailed, Some(reason))?;
        return Ok(Step::Failed);
    }
    let empty = Instance {
        physical_id: None,
        attributes: serde_json::Map::new(),
        is_secret: false,
        properties: Value::Object(serde_json::Map::new()),
        suffix: suffix(),
        tags: edit.stack().tags(),
        deletion_policy: wanted.deletion_policy,
        update_replace_policy: wanted.update_replace_policy,
        depends_on: wanted.depends_on.clone(),
        metadata: wanted.metadata.clone(),
        description: wanted.description.clone(),
    };
    create(edit, wanted, existing, empty)?;
    edit.resource_is(&wanted.logical_id, ResourceStatus::CreateFailed, Some(reason))?;
    Ok(Step::Failed)
}
