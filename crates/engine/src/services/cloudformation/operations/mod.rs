//! The operations, one family a file, and the table that finds them by name.
//!
//! An operation checks, changes what is stored and answers; what takes time is left to `provision`.

mod begin;
mod change_set_views;
mod change_sets;
mod drift;
mod drift_views;
mod event_views;
mod export_views;
mod input;
mod lookup;
mod paging;
mod recovery;
mod resource_views;
mod stack_views;
mod stacks;
mod templates;

pub use begin::USER_INITIATED;

use std::sync::Arc;

use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::wire::query::{Call, Reply};

/// The operations that [`answer`] answers; the table in `docs/engine.md` is written from this.
pub const OPERATIONS: &[&str] = &[
    "CancelUpdateStack",
    "ContinueUpdateRollback",
    "CreateChangeSet",
    "CreateStack",
    "DeleteChangeSet",
    "DeleteStack",
    "DescribeChangeSet",
    "DescribeEvents",
    "DescribeStackDriftDetectionStatus",
    "DescribeStackEvents",
    "DescribeStackResource",
    "DescribeStackResourceDrifts",
    "DescribeStackResources",
    "DescribeStacks",
    "DetectStackDrift",
    "DetectStackResourceDrift",
    "ExecuteChangeSet",
    "GetTemplate",
    "GetTemplateSummary",
    "ListChangeSets",
    "ListExports",
    "ListImports",
    "ListStackResources",
    "ListStacks",
    "RollbackStack",
    "UpdateStack",
    "UpdateTerminationProtection",
    "ValidateTemplate",
];

/// Answers a call.
pub async fn answer(aws: &Arc<Aws>, caller: &Caller, call: &Call) -> Result<Reply, AwsError> {
    match call.operation.as_str() {
        "CancelUpdateStack" => recovery::cancel_update_stack(aws, caller, call),
        "ContinueUpdateRollback" => recovery::continue_update_rollback(aws, caller, call),
        "CreateChangeSet" => change_sets::create_change_set(aws, caller, call).await,
        "CreateStack" => stacks::create_stack(aws, caller, call).await,
        "DeleteChangeSet" => change_sets::delete_change_set(aws, caller, call),
        "DeleteStack" => stacks::delete_stack(aws, caller, call),
        "DescribeChangeSet" => change_set_views::describe_change_set(aws, caller, call),
        "DescribeEvents" => event_views::describe_events(aws, caller, call),
        "DescribeStackDriftDetectionStatus" => {
            drift::describe_stack_drift_detection_status(aws, caller, call)
        }
        "DescribeStackEvents" => event_views::describe_stack_events(aws, caller, call),
        "DescribeStackResource" => resource_views::describe_stack_resource(aws, caller, call),
        "DescribeStackResourceDrifts" => drift::describe_stack_resource_drifts(aws, caller, call),
        "DescribeStackResources" => resource_views::describe_stack_resources(aws, caller, call),
        "DescribeStacks" => stack_views::describe_stacks(aws, caller, call),
        "DetectStackDrift" => drift::detect_stack_drift(aws, caller, call).await,
        "DetectStackResourceDrift" => drift::detect_stack_resource_drift(aws, caller, call).await,
        "ExecuteChangeSet" => change_sets::execute_change_set(aws, caller, call),
        "GetTemplate" => templates::get_template(aws, caller, call),
        "GetTemplateSummary" => templates::get_template_summary(aws, caller, call).await,
        "ListChangeSets" => change_set_views::list_change_sets(aws, caller, call),
        "ListExports" => export_views::list_exports(aws, caller, call),
        "ListImports" => export_views::list_imports(aws, caller, call),
        "ListStackResources" => resource_views::list_stack_resources(aws, caller, call),
        "ListStacks" => stack_views::list_stacks(aws, caller, call),
        "RollbackStack" => recovery::rollback_stack(aws, caller, call),
        "UpdateStack" => stacks::update_stack(aws, caller, call).await,
        "UpdateTerminationProtection" => stacks::update_termination_protection(aws, caller, call),
        "ValidateTemplate" => templates::validate_template(aws, caller, call).await,
        // Everything else is refused by its name: stack policies, signals, sets, types, hooks.
        _ => Err(call.unknown()),
    }
}
