//! `hydrant deploy`

use crate::context::Context;
use crate::deploy::rollout::{Consent, Deployed, roll_out};
use crate::error::Result;
use crate::ui::Outputs;

/// Create or update a stack
///
/// Renders, checks and packages the stack, shows what would change, asks, and follows the change to its end.
/// When there is nothing to change it says so and exits with 0.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant deploy telemetric --local\n  hydrant deploy telemetric --env prod --yes\n  \
                        hydrant deploy telemetric --yes --events-file events.ndjson"
)]
pub struct Args {
    /// Stack to deploy: a name in `stacks/`, or a path
    stack: String,
    /// Consent to losing data, as when a stream is replaced
    #[arg(long)]
    delete_data: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let consent = Consent { changes: context.options.yes, losses: args.delete_data };
    if let Deployed::Done(deployed) = roll_out(context, &clients, &project, &stack, consent).await? {
        context.ui.show(&Outputs::of(&deployed));
    }
    Ok(())
}
