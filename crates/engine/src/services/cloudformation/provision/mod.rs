//! Carries out a stack's operation: phase after phase, each from what is stored, so that any can be repeated.
//!
//! One task works on a stack at a time. It looks at the stored operation, does the phase that this names, and
//! looks again; an operation that replaces another (a deletion during a create) is picked up the same way.

mod cleanup;
mod delete;
mod deploy;
mod handler;
mod rollback;
mod scheduler;
mod step;

pub use handler::Job;

use std::sync::Arc;

use super::registry::Edit;
use super::stack::{FinishedOperation, Operation, Phase};
use super::status::{ExecutionStatus, StackStatus};
use crate::aws::Aws;
use crate::error::AwsError;

/// Begins, or resumes, work on a stack's operation unless a task is at it already.
pub fn start(aws: &Arc<Aws>, stack_id: &str) {
    let registry = &aws.services.cloudformation.registry;
    if registry.claim(stack_id) {
        let stack_id = stack_id.to_owned();
        let task = Arc::clone(aws);
        aws.spawn(async move { run(&task, &stack_id).await });
    }
}

async fn run(aws: &Arc<Aws>, stack_id: &str) {
    let registry = &aws.services.cloudformation.registry;
    loop {
        let operation =
            registry.read(|state| state.stacks.get(stack_id).and_then(|stack| stack.operation.clone()));
        let Some(operation) = operation else {
            if registry.release(stack_id) {
                return;
            }
            continue;
        };
        let worked = match operation.phase {
            Phase::Deploy => deploy::run(aws, stack_id, &operation).await,
            Phase::UndoCreate | Phase::Delete => delete::run(aws, stack_id, &operation).await,
            Phase::UndoUpdate => rollback::run(aws, stack_id, &operation).await,
            Phase::CleanUp => cleanup::run(aws, stack_id, &operation).await,
        };
        if let Err(error) = worked {
            // The store failed: what is stored is still consistent, and a restart resumes from it.
            tracing::error!(%error, stack_id, "a stack operation cannot go on");
            return;
        }
    }
}

/// Ends the operation of a stack in `status`.
fn finish(edit: &mut Edit<'_>, status: StackStatus, reason: Option<&str>) {
    edit.stack_is(status, reason);
    let finished = edit.stack_mut().operation.take();
    if let Some(Operation { id, kind, .. }) = finished {
        let stack = edit.stack_mut();
        stack.last_operations.insert(0, FinishedOperation { id, kind });
        // AWS lists the current and the last operation.
        stack.last_operations.truncate(2);
    }
}

/// Notes on the executed change set how its execution ended.
fn conclude_change_set(aws: &Aws, stack_id: &str) -> Result<(), AwsError> {
    let registry = &aws.services.cloudformation.registry;
    let known = registry.read(|state| {
        let stack = state.stacks.get(stack_id)?;
        Some((stack.change_set_id.clone()?, stack.status))
    });
    let Some((change_set_id, status)) = known else { return Ok(()) };
    let execution_status = match status {
        StackStatus::CreateComplete | StackStatus::UpdateComplete => ExecutionStatus::ExecuteComplete,
        status if status.is_failure() || status.is_gone() => ExecutionStatus::ExecuteFailed,
        _ => return Ok(()),
    };
    registry.edit_change_set(&change_set_id, |change_set| {
        if change_set.execution_status == ExecutionStatus::ExecuteInProgress {
            change_set.execution_status = execution_status;
        }
    })
}

/// Returns `The following resource(s) failed to create: [A, B]. ` for each verb that has names.
fn failed_sentence(failures: &[(&str, Vec<String>)]) -> String {
    let sentence = |(verb, names): &(&str, Vec<String>)| match names.is_empty() {
        true => String::new(),
        false => format!("The following resource(s) failed to {verb}: [{}]. ", names.join(", ")),
    };
    failures.iter().map(sentence).collect()
}
