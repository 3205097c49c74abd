//! `hydrant recover`

use aws_sdk_cloudformation::types::StackResourceSummary;
use hydrant_cfn::template::Template;

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::destruction::inventory::{self, Holding};
use crate::deploy::destruction::refuse_protected;
use crate::deploy::destruction::teardown;
use crate::deploy::follow::{self, Outcome};
use crate::deploy::recovery::{self, WayOut};
use crate::deploy::stack_status::is_success;
use crate::deploy::{artifacts, change_set, stacks};
use crate::error::{Error, Kind, Result};
use crate::ui::{Recovered, RecoveryView};

/// Lead a stack that is stuck back to where it takes deployments
///
/// Says what stopped the last operation and what will be done, asks, and does it: goes on with a rollback
/// (UPDATE_ROLLBACK_FAILED), rolls an update back that was left half done (UPDATE_FAILED), deletes once more
/// (DELETE_FAILED), deletes what a failed create or a change set left (ROLLBACK_COMPLETE, REVIEW_IN_PROGRESS),
/// or lets go of a stack whose import got stuck (IMPORT_ROLLBACK_FAILED), when its template keeps all that it has.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant recover telemetric --env prod\n  hydrant recover telemetric --skip Consumer\n  \
                        hydrant recover telemetric --retain Archive --yes"
)]
pub struct Args {
    /// Stack to recover: a name in `stacks/`, or a path
    stack: String,
    /// Resource that a rollback leaves as it is, whatever the template says
    #[arg(long, value_name = "LOGICAL_ID")]
    skip: Vec<String>,
    /// Resource that a deletion keeps in the account, without a stack
    #[arg(long, value_name = "LOGICAL_ID", conflicts_with = "skip")]
    retain: Vec<String>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    let Some((stack_id, status)) = settled(context, &clients, &name).await? else {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    };
    let way_out = WayOut::of(&status);
    let spared = spared(args, way_out, &status)?;
    if way_out == WayOut::NotNeeded {
        let to = status.clone();
        context.ui.show(&Recovered { stack: name, from: status, to, spared: Vec::new() });
        return Ok(());
    }

    let resources = stacks::resources(&clients, &stack_id).await?;
    let events = stacks::events_after(&clients, &stack_id, None).await?;
    let obstacles = recovery::obstacles(&events, way_out);
    let style = context.ui.style();
    let view = RecoveryView { stack: &name, status: &status, obstacles: &obstacles, spared, style };
    context.ui.status(&view.to_string());
    if way_out == WayOut::LetGo {
        refuse_deletions(context, args, &clients, &stack_id, &resources).await?;
    }
    if matches!(way_out, WayOut::Delete | WayOut::DeleteAgain) {
        // Nothing can be in what a change set left.
        if status != "REVIEW_IN_PROGRESS" {
            refuse_protected(&stack)?;
        }
        let holdings = inventory::take(&clients, &resources).await?;
        refuse_losses(context, args, &holdings, spared)?;
    }
    if !context.options.yes && !context.ui.confirm(&format!("Recover {name}?"), "--yes")? {
        context.ui.status("Nothing was changed.");
        return Ok(());
    }

    let mut operation = context.ui.operation(&format!("recovering {name}"), resources.len());
    let seen = |event: &_| operation.show(event);
    let outcome = match way_out {
        WayOut::Delete | WayOut::DeleteAgain | WayOut::LetGo => {
            teardown::delete_stack(&clients, &stack_id, &[], spared, seen).await?
        }
        _ => recovery::roll_back(&clients, &stack_id, way_out, spared, seen).await?,
    };
    drop(operation);
    if !is_success(&outcome.status) && outcome.status != "UPDATE_ROLLBACK_COMPLETE" {
        return Err(still_stuck(context, args, way_out, &outcome));
    }
    if outcome.status == "DELETE_COMPLETE" {
        artifacts::remove(&clients, &name).await?;
    }
    let spared = spared.to_vec();
    context.ui.show(&Recovered { stack: name, from: status, to: outcome.status, spared });
    Ok(())
}

/// Waits until no operation runs on the stack; returns its id and status, or nothing when there is no stack.
async fn settled(context: &Context, clients: &Clients, name: &str) -> Result<Option<(String, String)>> {
    while let Some(found) = stacks::find(clients, name).await? {
        let stack_id = found.stack_id().unwrap_or(name).to_owned();
        let status = found.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
        // The shell that a change set leaves is no operation.
        if WayOut::of(&status) != WayOut::Wait {
            return Ok(Some((stack_id, status)));
        }
        context.ui.status(&format!("`{name}` is in {status}; waiting for that to end."));
        follow::outlast(context, clients, name, &stack_id).await?;
    }
    Ok(None)
}

/// Returns the resources to leave alone, as the way out can.
fn spared<'a>(args: &'a Args, way_out: WayOut, status: &str) -> Result<&'a [String]> {
    let refused = |flag: &str, when: &str| {
        Err(Error::usage(format!("`{flag}` is of no use in {status}")).hint(format!("it is for {when}")))
    };
    match way_out {
        WayOut::ContinueRollback if !args.retain.is_empty() => refused("--retain", "stacks in DELETE_FAILED"),
        WayOut::ContinueRollback => Ok(&args.skip),
        WayOut::DeleteAgain if !args.skip.is_empty() => refused("--skip", "stacks in UPDATE_ROLLBACK_FAILED"),
        WayOut::DeleteAgain => Ok(&args.retain),
        _ if !args.skip.is_empty() => refused("--skip", "stacks in UPDATE_ROLLBACK_FAILED"),
        _ if !args.retain.is_empty() => refused("--retain", "stacks in DELETE_FAILED"),
        _ => Ok(&[]),
    }
}

/// Refuses to let a stack go whose deletion would take anything with it.
async fn refuse_deletions(
    context: &Context,
    args: &Args,
    clients: &Clients,
    stack_id: &str,
    resources: &[StackResourceSummary],
) -> Result<()> {
    let text = change_set::deployed_template(clients, stack_id).await?.unwrap_or_default();
    let template = Template::parse(&text)
        .map_err(|_| Error::failed_to("recover").because("the deployed template cannot be read"))?;
    let ids = resources.iter().filter_map(|resource| resource.logical_resource_id());
    let going = recovery::not_kept(&template, ids);
    if going.is_empty() {
        return Ok(());
    }
    let destroy = context.command("destroy", &args.stack);
    let message =
        format!("{} would be deleted with the stack: its template does not keep them", going.join(", "));
    Err(Error::new(Kind::NeedsRecovery, message).hint(format!(
        "CloudFormation takes no update of a stack in this status: ask AWS Support, or give it all up with `{destroy}`"
    )))
}

fn refuse_losses(context: &Context, args: &Args, holdings: &[Holding], spared: &[String]) -> Result<()> {
    let goes = |holding: &&Holding| holding.is_data() && !spared.contains(&holding.logical_id);
    let full: Vec<&str> = holdings.iter().filter(goes).map(|holding| holding.logical_id.as_str()).collect();
    if full.is_empty() {
        return Ok(());
    }
    let destroy = context.command("destroy", &args.stack);
    Err(Error::usage(format!("there is data in {} that would be lost", full.join(", ")))
        .hint(format!("delete it with `{destroy} --delete-data`")))
}

/// Says at what the recovery stopped, and the command that leaves it aside.
fn still_stuck(context: &Context, args: &Args, way_out: WayOut, outcome: &Outcome) -> Error {
    let obstacles = recovery::obstacles(&outcome.events, way_out);
    let message = format!("failed to recover {}: it ended in {}", args.stack, outcome.status);
    let mut error =
        Error::new(Kind::NeedsRecovery, message).hint("mend the cause and run the same command again");
    if let Some(first) = obstacles.first() {
        error = error.because(format!("{} ({}): {}", first.logical_id, first.resource_type, first.reason));
        let flag = if outcome.status == "DELETE_FAILED" { "--retain" } else { "--skip" };
        let flags = obstacles.iter().map(|obstacle| format!(" {flag} {}", obstacle.logical_id));
        let command = format!("{}{}", context.command("recover", &args.stack), flags.collect::<String>());
        error = error.hint(format!("or leave aside what cannot be mended: `{command}`"));
    }
    error
}
