//! `hydrant status`

use crate::context::Context;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::ui::StackView;

/// Show the state of a stack and its resources
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant status telemetric --local\n  hydrant status telemetric --env prod --format json"
)]
pub struct Args {
    /// Stack to look at: a name in `stacks/`, or a path
    stack: String,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    let Some(deployed) = stacks::find(&clients, &name).await? else {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    };
    let resources = stacks::resources(&clients, &name).await?;
    context.ui.show(&StackView::of(&deployed, &resources));
    Ok(())
}
