//! `hydrant verify`

use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::stack::Seconds;
use crate::verify::verify;

/// Prove that records travel through a deployed stack
///
/// Invokes the functions that feed the pipeline, and finds each of their records at every exit: in the logs of
/// the functions that read the stream and in the objects of its deliveries. Exits with 7 when one is missing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant verify telemetric --local\n  hydrant verify telemetric --env prod --timeout 10m"
)]
pub struct Args {
    /// Stack to verify: a name in `stacks/`, or a path
    stack: String,
    /// How long to wait, instead of what the stack's buffers ask for
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Seconds>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let progress = context.ui.progress("verifying");
    let limit = args.timeout.map(|timeout| Duration::from_secs(timeout.0));
    let verdict = verify(&clients, &stack, limit, |what| progress.doing(what)).await?;
    drop(progress);
    context.ui.show(&verdict);
    match verdict.is_complete() {
        true => Ok(()),
        false => Err(Error::new(Kind::Unverified, "not every record arrived")),
    }
}
