//! `hydrant events`

use crate::context::Context;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::ui::EventList;

/// Print what happened to a stack
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant events telemetric --local\n  hydrant events telemetric --failed\n  \
                        hydrant events telemetric --format json | jq '.[].reason'"
)]
pub struct Args {
    /// Stack to ask: a name in `stacks/`, or a path
    stack: String,
    /// Print only what failed
    #[arg(long)]
    failed: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    if stacks::find(&clients, &name).await?.is_none() {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    }
    let events = stacks::events_after(&clients, &name, None).await?;
    context.ui.show(&EventList::of(&events, args.failed));
    Ok(())
}
