//! Makes a stack what its blueprint says: creates and updates resources in dependency order, then outputs.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::super::design::{Design, View};
use super::super::exports::{self, Exports};
use super::super::operations::USER_INITIATED;
use super::super::registry::Edit;
use super::super::stack::{OnFailure, Operation, Output, Phase};
use super::super::stack_resource::{Before, Discarded, Leaving};
use super::super::status::{ResourceStatus, StackStatus};
use super::step::{self, Step};
use super::{conclude_change_set, failed_sentence, finish, scheduler};
use crate::aws::Aws;
use crate::error::AwsError;
use crate::resource::Resource;

const IMPORT_COMPLETED: &str = "Resource import completed.";

/// What is told of an update that made another resource.
const REPLACED: &str = "Requested update required the provider to create a new physical resource";

/// What the resources of one deployment share.
struct Deployment<'a> {
    aws: &'a Arc<Aws>,
    stack_id: &'a str,
    operation: &'a Operation,
    design: Design,
    exports: Exports,
    /// Set by the first failure: what is still under way is given up when it ends.
    has_failed: AtomicBool,
}

/// Deploys the stack's blueprint and moves the operation on to what follows.
pub async fn run(aws: &Arc<Aws>, stack_id: &str, operation: &Operation) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let known = registry.read(|state| {
        let stack = state.stacks.get(stack_id)?;
        Some((Design::of_stack(stack), exports::visible_to(state, stack)))
    });
    let Some((design, exports)) = known else { return Ok(()) };
    let design = match design {
        Ok(design) => design,
        Err(error) => return fail(aws, stack_id, operation, &error.message),
    };
    let imports = match design.imports(&exports) {
        Ok(imports) => imports,
        Err(reason) => return fail(aws, stack_id, operation, &reason),
    };
    registry.edit(stack_id, aws.clock.now(), |edit| {
        // The old imports stay in use until the update is through.
        edit.stack_mut().imports.extend(imports.iter().cloned());
        Ok(())
    })?;

    let deployment =
        Deployment { aws, stack_id, operation, design, exports, has_failed: AtomicBool::new(false) };
    let prerequisites = deployment.design.prerequisites();
    let may_begin = || !deployment.has_failed.load(Ordering::Relaxed) && deployment.is_wanted();
    let report = scheduler::run(&prerequisites, may_begin, |id| deployment.provision(id)).await;

    if !deployment.is_current() {
        return Ok(());
    }
    if !report.failed.is_empty() {
        return fail(aws, stack_id, operation, &deployment.failure_sentence());
    }
    if !report.left.is_empty() || !deployment.is_wanted() {
        return fail(aws, stack_id, operation, USER_INITIATED);
    }
    deployment.conclude(imports)
}

impl Deployment<'_> {
    /// Whether the operation is still the stack's, and nobody asked to give it up.
    fn is_wanted(&self) -> bool {
        self.with_operation(|operation| operation.id == self.operation.id && !operation.cancelled)
    }

    fn is_current(&self) -> bool {
        self.with_operation(|operation| operation.id == self.operation.id)
    }

    fn with_operation(&self, judge: impl FnOnce(&Operation) -> bool) -> bool {
        self.aws.services.cloudformation.registry.read(|state| {
            state.stacks.get(self.stack_id).and_then(|stack| stack.operation.as_ref()).is_some_and(judge)
        })
    }

    async fn provision(&self, logical_id: String) -> bool {
        let done = self.attempt(&logical_id).await.unwrap_or_else(|error| {
            tracing::error!(%error, stack_id = self.stack_id, logical_id, "a resource could not be noted");
            false
        });
        if !done {
            self.has_failed.store(true, Ordering::Relaxed);
        }
        done
    }

    async fn attempt(&self, logical_id: &str) -> Result<bool, AwsError> {
        let Some(wanted) = self.design.wanted.get(logical_id) else { return Ok(true) };
        let registry = &self.aws.services.cloudformation.registry;
        let step = registry.edit(self.stack_id, self.aws.clock.now(), |edit| {
            let resources = edit.stack().resources.clone();
            let nothing = BTreeSet::new();
            let view = View { resources: &resources, exports: &self.exports, unknown: &nothing };
            step::decide(edit, &self.design, &view, wanted)
        })?;
        match step {
            Step::Nothing => Ok(true),
            Step::Failed => Ok(false),
            Step::Create(job) => {
                let made = job.create(self.aws).await;
                self.note(logical_id, made, true)
            }
            Step::TakeIn(job) => {
                let found = job.find(self.aws).await;
                self.note(logical_id, found, false)
            }
            Step::Update { job, previous } => {
                let updated = job.update(self.aws, &previous).await;
                self.note(logical_id, updated, false)
            }
        }
    }

    /// Notes what came of a call.
    fn note(
        &self,
        logical_id: &str,
        result: Result<Resource, String>,
        is_made: bool,
    ) -> Result<bool, AwsError> {
        let registry = &self.aws.services.cloudformation.registry;
        registry.edit(self.stack_id, self.aws.clock.now(), |edit| {
            let resource = edit.resource(logical_id)?;
            let (progress, complete, failed) = match resource.status {
                ResourceStatus::CreateInProgress => (
                    ResourceStatus::CreateInProgress,
                    ResourceStatus::CreateComplete,
                    ResourceStatus::CreateFailed,
                ),
                ResourceStatus::ImportInProgress => (
                    ResourceStatus::ImportInProgress,
                    ResourceStatus::ImportComplete,
                    ResourceStatus::ImportFailed,
                ),
                _ => (
                    ResourceStatus::UpdateInProgress,
                    ResourceStatus::UpdateComplete,
                    ResourceStatus::UpdateFailed,
                ),
            };
            let made = match result {
                Ok(made) => made,
                Err(reason) => {
                    edit.resource_is(logical_id, failed, Some(&reason))?;
                    return Ok(false);
                }
            };
            let is_another = !is_made && resource.became_another(&made.physical_id);
            if is_another {
                resource.gives_way();
            }
            // What failed may have come to be under its old name now.
            resource.discarded.retain(|one| one.instance.physical_id.as_ref() != Some(&made.physical_id));
            resource.current.physical_id = Some(made.physical_id);
            resource.current.attributes = made.attributes;
            if is_made {
                edit.resource_is(logical_id, progress, Some("Resource creation Initiated"))?;
            }
            if is_another {
                edit.resource_is(logical_id, progress, Some(REPLACED))?;
            }
            if self.has_failed.load(Ordering::Relaxed) && self.operation.on_failure != OnFailure::DoNothing {
                let verb = match failed {
                    ResourceStatus::CreateFailed => "creation",
                    ResourceStatus::ImportFailed => "import",
                    _ => "update",
                };
                edit.resource_is(logical_id, failed, Some(&format!("Resource {verb} cancelled")))?;
                return Ok(false);
            }
            let reason = (complete == ResourceStatus::ImportComplete).then_some(IMPORT_COMPLETED);
            edit.resource_is(logical_id, complete, reason)?;
            Ok(true)
        })
    }

    /// Names the resources that failed, by what was asked of them.
    fn failure_sentence(&self) -> String {
        self.aws.services.cloudformation.registry.read(|state| {
            let Some(stack) = state.stacks.get(self.stack_id) else { return String::new() };
            let names = |status| {
                let failed = stack.resources.values().filter(|resource| resource.status == status);
                failed.map(|resource| resource.logical_id.clone()).collect()
            };
            failed_sentence(&[
                ("create", names(ResourceStatus::CreateFailed)),
                ("update", names(ResourceStatus::UpdateFailed)),
                ("import", names(ResourceStatus::ImportFailed)),
            ])
        })
    }

    /// Computes outputs and ends the deployment, or fails it when they cannot be had.
    fn conclude(&self, imports: BTreeSet<String>) -> Result<(), AwsError> {
        let registry = &self.aws.services.cloudformation.registry;
        let refusal = registry.read(|state| {
            let stack = state.stacks.get(self.stack_id)?;
            let nothing = BTreeSet::new();
            let view = View { resources: &stack.resources, exports: &self.exports, unknown: &nothing };
            let outputs = match self.design.outputs(&view) {
                Ok(outputs) => outputs,
                Err(reason) => return Some(Err(reason)),
            };
            Some(exports::check(state, stack, &outputs).map(|()| outputs))
        });
        let outputs = match refusal {
            Some(Ok(outputs)) => outputs,
            Some(Err(reason)) => return fail(self.aws, self.stack_id, self.operation, &reason),
            None => return Ok(()),
        };
        registry.edit(self.stack_id, self.aws.clock.now(), |edit| {
            match is_current(edit, self.operation) {
                true => succeed(edit, &self.design, outputs, imports),
                false => Ok(()),
            }
        })?;
        conclude_change_set(self.aws, self.stack_id)
    }
}

/// Ends a create; hands an update over to its cleanup.
fn succeed(
    edit: &mut Edit<'_>,
    design: &Design,
    outputs: Vec<Output>,
    imports: BTreeSet<String>,
) -> Result<(), AwsError> {
    let stack = edit.stack_mut();
    stack.outputs = outputs;
    stack.imports = imports;
    stack.stable = None;
    let is_create = stack.status == StackStatus::CreateInProgress;
    let ids: Vec<String> = stack.resources.keys().cloned().collect();
    for id in ids {
        let is_wanted = design.wanted.contains_key(&id);
        let resource = edit.resource(&id)?;
        resource.is_taken_in = false;
        let is_replaced = resource.is_replaced();
        let keeps = resource.current.update_replace_policy.keeps(false);
        if let Some(Before::Instance(before)) = resource.before.take()
            && is_replaced
        {
            resource.discarded.push(Discarded { instance: *before, is_kept: keeps });
        }
        if !is_wanted {
            resource.leaving = Some(Leaving::Removed);
        }
    }
    let has_leftovers = edit.stack().resources.values().any(|resource| resource.has_leftovers());
    if is_create && !has_leftovers {
        finish(edit, StackStatus::CreateComplete, None);
        return Ok(());
    }
    // A create that was tried again may have something to clean up, but AWS has no status for that.
    if !is_create {
        edit.stack_is(StackStatus::UpdateCompleteCleanupInProgress, None);
    }
    if let Some(operation) = &mut edit.stack_mut().operation {
        operation.phase = Phase::CleanUp;
    }
    Ok(())
}

/// Whether the stack still undergoes `operation`, and not one that took its place.
fn is_current(edit: &Edit<'_>, operation: &Operation) -> bool {
    edit.stack().operation.as_ref().is_some_and(|current| current.id == operation.id)
}

/// Moves a failed deployment on: back, away, or nowhere, as its operation says.
fn fail(aws: &Arc<Aws>, stack_id: &str, operation: &Operation, reason: &str) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    registry.edit(stack_id, aws.clock.now(), |edit| {
        if !is_current(edit, operation) {
            return Ok(());
        }
        let is_create = edit.stack().status == StackStatus::CreateInProgress;
        let is_cancelled = reason == USER_INITIATED;
        let on_failure = if is_cancelled { OnFailure::Rollback } else { operation.on_failure };
        let reason = match is_cancelled || reason.ends_with(' ') {
            true => reason.to_owned(),
            false => format!("{}. ", reason.trim_end_matches('.')),
        };
        let (status, phase, reason) = match (is_create, on_failure) {
            (true, OnFailure::DoNothing) => {
                finish(edit, StackStatus::CreateFailed, Some(&reason));
                return Ok(());
            }
            (false, OnFailure::DoNothing) => {
                finish(edit, StackStatus::UpdateFailed, Some(&reason));
                return Ok(());
            }
            (true, OnFailure::Rollback) => {
                let reason = format!("{reason}Rollback requested by user.");
                (StackStatus::RollbackInProgress, Phase::UndoCreate, reason)
            }
            (true, OnFailure::Delete) => {
                let reason = format!("{reason}Delete requested by user.");
                (StackStatus::DeleteInProgress, Phase::Delete, reason)
            }
            (false, OnFailure::Rollback | OnFailure::Delete) => {
                (StackStatus::UpdateRollbackInProgress, Phase::UndoUpdate, reason)
            }
        };
        edit.stack_is(status, Some(&reason));
        if let Some(operation) = &mut edit.stack_mut().operation {
            operation.phase = phase;
        }
        Ok(())
    })?;
    conclude_change_set(aws, stack_id)
}
