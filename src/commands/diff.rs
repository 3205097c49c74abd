//! `hydrant diff`

use crate::context::Context;
use crate::deploy::plan::Plan;
use crate::deploy::prepare::prepare;
use crate::deploy::stack_status::{Situation, situation};
use crate::deploy::{change_set, stacks};
use crate::error::{Error, Kind, Result};
use crate::lint;
use crate::render::render;

/// Show what a deployment would change
///
/// Asks CloudFormation for a change set and throws it away again; nothing is changed.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant diff telemetric --local\n  hydrant diff telemetric --env prod --exit-code\n  \
                        hydrant diff telemetric --format json | jq '.[] | select(.loses)'"
)]
pub struct Args {
    /// Stack to compare: a name in `stacks/`, or a path
    stack: String,
    /// Exit with 3 when there are differences
    #[arg(long)]
    exit_code: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let template = render(&stack, &project.root)?;
    lint::refuse_errors(&template.body)?;
    let clients = context.clients(&project, &stack).await?;

    let name = stack.stack_name();
    let deployed = stacks::find(&clients, &name).await?;
    let status = deployed.as_ref().and_then(|stack| stack.stack_status());
    let is_create = match status.map(situation) {
        None | Some(Situation::Absent | Situation::Dead) => true,
        Some(Situation::Ready) => false,
        Some(Situation::Underway | Situation::Stuck) => {
            let status = status.map_or("", |status| status.as_str());
            return Err(Error::general(format!(
                "the stack `{name}` is in {status}, so its changes cannot be planned"
            )));
        }
    };
    if status.map(situation) == Some(Situation::Dead) {
        return Err(Error::general(format!("the stack `{name}` is what a failed create left"))
            .hint("`hydrant deploy` replaces it"));
    }

    let progress = context.ui.progress("building the functions");
    let prepared = prepare(&clients, &stack, template, &project.root, &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    progress.doing("planning the changes");
    let change_set = change_set::create(&clients, &prepared, is_create).await?;
    change_set::discard(&clients, &change_set.id, &change_set.stack_id, is_create).await?;
    drop(progress);

    let plan = change_set.plan.unwrap_or(Plan { changes: Vec::new() });
    context.ui.show(&plan);
    match plan.changes.is_empty() || !args.exit_code {
        true => Ok(()),
        false => Err(Error::new(Kind::Findings, "")),
    }
}
