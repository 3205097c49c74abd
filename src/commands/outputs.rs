//! `hydrant outputs`

use crate::context::Context;
use crate::deploy::stacks;
use crate::error::{Error, Result};
use crate::ui::Outputs;

/// Print a stack's outputs
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hydrant outputs telemetric --local\n  \
                        hydrant outputs telemetric --format json | jq -r .TelemetricStreamName")]
pub struct Args {
    /// Stack to ask: a name in `stacks/`, or a path
    stack: String,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    match stacks::find(&clients, &name).await? {
        Some(deployed) => {
            context.ui.show(&Outputs::of(&deployed));
            Ok(())
        }
        None => Err(Error::usage(format!("the stack `{name}` is not deployed"))),
    }
}
