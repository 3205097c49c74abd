//! `hydrant destroy`

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::failure::first_failure;
use crate::deploy::follow::follow;
use crate::deploy::inventory::{self, Holding};
use crate::deploy::stack_status::{Situation, situation};
use crate::deploy::{artifacts, stacks, teardown};
use crate::error::{Error, Kind, Result};
use crate::stack::Stack;
use crate::ui::HoldingsView;

/// Delete a stack and, with consent, its data
///
/// Says first what would be lost: objects in buckets and records in streams. Deleting those needs a consent of
/// its own, `--delete-data`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant destroy telemetric --local\n  hydrant destroy telemetric --yes --delete-data"
)]
pub struct Args {
    /// Stack to delete: a name in `stacks/`, or a path
    stack: String,
    /// Consent to deleting the stack's objects and records
    #[arg(long)]
    delete_data: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    refuse_protected(&stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    let Some(stack_id) = settled(context, &clients, &name).await? else {
        artifacts::remove(&clients, &name).await?;
        context.ui.status(&format!("There is no stack {name} in {}; nothing to delete.", clients.region));
        return Ok(());
    };

    let resources = stacks::resources(&clients, &stack_id).await?;
    let holdings = inventory::take(&clients, &resources).await?;
    context.ui.status(&HoldingsView::new(&name, resources.len(), &holdings, context.ui.style()).to_string());
    if !agree(context, args, &name, &holdings)? {
        context.ui.status("Nothing was deleted.");
        return Ok(());
    }

    let mut operation = context.ui.operation(&format!("deleting {name}"), resources.len());
    teardown::empty_buckets(&clients, &resources, |bucket, total| {
        operation.doing(&format!("emptying {bucket}: {total} objects deleted"));
    })
    .await?;
    let outcome =
        teardown::delete_stack(&clients, &stack_id, &resources, &[], |event| operation.show(event)).await?;
    drop(operation);
    if outcome.status != "DELETE_COMPLETE" {
        let recover = context.command("recover", &args.stack);
        return Err(remains(&clients, &name, &stack_id, &outcome, &recover).await?);
    }
    artifacts::remove(&clients, &name).await?;
    context.ui.status(&format!("Deleted {name} from {}; nothing is left of it.", clients.region));
    Ok(())
}

fn refuse_protected(stack: &Stack) -> Result<()> {
    if !stack.environment.protect {
        return Ok(());
    }
    let message =
        format!("the environment `{}` of {} is protected", stack.environment_name, stack.path.display());
    Err(Error::usage(message).hint("remove `protect: true` from it first"))
}

/// Waits until no operation runs on the stack; returns its id, or nothing when there is no stack.
async fn settled(context: &Context, clients: &Clients, name: &str) -> Result<Option<String>> {
    while let Some(found) = stacks::find(clients, name).await? {
        let stack_id = found.stack_id().unwrap_or(name).to_owned();
        if found.stack_status().map(situation) != Some(Situation::Underway) {
            return Ok(Some(stack_id));
        }
        context.ui.status(&format!("An operation on {name} is under way; waiting for it to end."));
        follow(clients, &stack_id, None, |_| ()).await?;
    }
    Ok(None)
}

fn agree(context: &Context, args: &Args, name: &str, holdings: &[Holding]) -> Result<bool> {
    let has_data = holdings.iter().any(Holding::is_data);
    if has_data && !args.delete_data {
        return Err(Error::usage(format!("{name} holds data that would be lost"))
            .hint("consent to losing it with --delete-data, or save it first"));
    }
    if context.options.yes {
        return Ok(true);
    }
    context.ui.confirm(&format!("Delete {name}{}?", if has_data { " and its data" } else { "" }), "--yes")
}

/// Returns the failure of a deletion, with what could not be deleted.
async fn remains(
    clients: &Clients,
    name: &str,
    stack_id: &str,
    outcome: &crate::deploy::follow::Outcome,
    recover: &str,
) -> Result<Error> {
    let resources = stacks::resources(clients, stack_id).await?;
    let left: Vec<&str> = resources.iter().filter_map(|resource| resource.logical_resource_id()).collect();
    let mut error =
        Error::new(Kind::NeedsRecovery, format!("failed to delete {name}: it ended in {}", outcome.status));
    if let Some(failure) = first_failure(&outcome.events) {
        error =
            error.because(format!("{} ({}): {}", failure.logical_id, failure.resource_type, failure.reason));
    }
    Ok(error.hint(format!("still there: {}", left.join(", "))).hint(format!(
        "mend it and run the same command again, or keep what cannot be deleted: `{recover} --retain {}`",
        left.join(" --retain ")
    )))
}
