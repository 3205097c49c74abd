//! `hydrant drift`

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::change_set;
use crate::deploy::drift::{self, StackDrift, reversion};
use crate::deploy::execution::{Consent, Execution, agree};
use crate::deploy::hot;
use crate::deploy::plan::Plan;
use crate::deploy::stacks;
use crate::error::{Error, Kind, Result};
use crate::stack::Stack;
use crate::ui::{Answer, DriftView, PlanView};

/// Show what was changed behind the stacks' back
///
/// Has CloudFormation compare every resource with the deployed template, and compares itself what CloudFormation does
/// not look at: delivery streams and the code of functions. With `--revert` all of it is taken back: by a drift-aware
/// change set where CloudFormation sees it, by UpdateDestination and UpdateFunctionCode where it does not.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant drift telemetric --env prod\n  hydrant drift --all --env prod --exit-code\n  \
                        hydrant drift telemetric --revert\n  hydrant drift --all --format json | jq '.[].resources[]'"
)]
pub struct Args {
    /// Stacks to check: names in `stacks/`, paths, or patterns such as `orders-*`
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    stacks: Vec<String>,
    /// Check every stack of the project
    #[arg(long)]
    all: bool,
    /// Exit with 3 when there is drift
    #[arg(long)]
    exit_code: bool,
    /// Bring the resources back to what was deployed
    #[arg(long)]
    revert: bool,
    /// Consent to losing data, as when a stream has to be replaced for that
    #[arg(long, requires = "revert")]
    delete_data: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let names = project.select(&args.stacks)?;
    let chosen = project.stacks(&names, &context.options.environment)?;
    let mut drifts = Vec::new();
    for stack in &chosen {
        let clients = context.clients(&project, stack).await?;
        if args.all && stacks::find(&clients, &stack.stack_name()).await?.is_none() {
            context.ui.status(&format!("{} is not deployed.", stack.stack_name()));
            continue;
        }
        let drift = check(context, &clients, stack).await?;
        let is_reverted =
            args.revert && drift.is_drifted() && revert(context, args, &clients, stack, &drift).await?;
        // What is told in the end is how it is then.
        drifts.push(if is_reverted { check(context, &clients, stack).await? } else { drift });
    }
    context.ui.show(&DriftView(&drifts));
    match args.exit_code && drifts.iter().any(StackDrift::is_drifted) {
        true => Err(Error::new(Kind::Findings, "")),
        false => Ok(()),
    }
}

async fn check(context: &Context, clients: &Clients, stack: &Stack) -> Result<StackDrift> {
    let name = stack.stack_name();
    let progress = context.ui.progress(&format!("checking {name} for drift"));
    let drift = drift::detect(clients, &name).await;
    drop(progress);
    drift
}

/// Takes drift back; false when the user declines.
async fn revert(
    context: &Context,
    args: &Args,
    clients: &Clients,
    stack: &Stack,
    drift: &StackDrift,
) -> Result<bool> {
    let (ui, name) = (&context.ui, stack.stack_name());
    ui.status(&DriftView(std::slice::from_ref(drift)).text(ui.style()));
    let planned = match drift.is_for_cloudformation() {
        true => Some(reversion::plan(clients, &name).await?),
        false => None,
    };
    let discard = async || match &planned {
        Some(planned) => change_set::discard(clients, &planned.id, &planned.stack_id, planned.base).await,
        None => Ok(()),
    };
    let plan = planned.as_ref().and_then(|planned| planned.plan.as_ref());
    match consent(context, args, &name, drift, plan) {
        Ok(true) => {}
        refusal => {
            discard().await?;
            refusal?;
            ui.status("Nothing was changed.");
            return Ok(false);
        }
    }
    match (&planned, plan) {
        (Some(planned), Some(_)) => {
            let (word, environment) = (stack.word(), &stack.environment_name);
            let (template, marks) = (None, &[][..]);
            let execution =
                Execution { context, clients, name: &name, word: &word, environment, template, marks };
            execution.run(planned).await?;
        }
        // An empty change set cannot be executed.
        _ => discard().await?,
    }
    for reverted in drift::revert_by_services(clients, drift).await? {
        let line = match reverted.how {
            Ok(operation) => format!("{}: put back by {operation}.", reverted.logical_id),
            Err(reason) => format!("{} is not put back: {reason}.", reverted.logical_id),
        };
        ui.status(&line);
    }
    // What was changed hot is drift, too, and its mark goes with it.
    let marks = hot::marks_of_stack(ui, clients, &name, &stack.environment_name).await?;
    hot::settle(ui, clients, &name, &marks).await?;
    Ok(true)
}

/// Says how drift would be taken back, and asks for what was not consented to yet.
fn consent(
    context: &Context,
    args: &Args,
    name: &str,
    drift: &StackDrift,
    plan: Option<&Plan>,
) -> Result<bool> {
    let ui = &context.ui;
    if let Some(plan) = plan {
        ui.status(&format!("\nTo take that back:\n{}", PlanView::new(plan, ui.style())));
    }
    let by_hand: Vec<&str> = drift.for_services().map(|one| one.logical_id.as_str()).collect();
    if !by_hand.is_empty() {
        let names = by_hand.join(", ");
        ui.status(&format!("\nPut back directly, since CloudFormation does not see it: {names}."));
    }
    let plans: Vec<_> = plan.map(|plan| (name, plan)).into_iter().collect();
    // Losses need a consent of their own; what is asked after that is the same for both ways.
    let losses = Consent { changes: true, losses: args.delete_data, lint_errors: false };
    agree(ui, &plans, losses)?;
    Ok(context.options.yes || ui.confirm(&format!("Revert the drift of {name}?"), "--yes")?)
}
