//! `hydrant verify`

use std::time::Duration;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::interrupt::Interruptions;
use crate::stack::Seconds;
use crate::verify::{Options, verify};

/// Prove that records travel through a deployed stack
///
/// Sends records through every entrance: into the streams and deliveries of which the stack file says what their
/// records are, by the functions that feed them, and through the HTTP API. Finds each of them at every exit: in the
/// logs of the functions that read the stream, in the objects of its deliveries, in the topics behind those. Says how
/// long each took, and of what is missing where it was last seen and why. Exits with 7 when one is missing.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant verify telemetric --local\n  hydrant verify telemetric --env prod --timeout 10m\n  \
                        hydrant verify gps --env prod --watch 15m"
)]
pub struct Args {
    /// Stack to verify: a name in `stacks/`, or a path
    stack: String,
    /// How long to wait, instead of what the stack's buffers ask for
    #[arg(long, value_name = "DURATION")]
    timeout: Option<Seconds>,
    /// Leave the objects that hold nothing but the records of the proof
    #[arg(long)]
    keep: bool,
    /// Verify again and again, with a pause, until interrupted
    #[arg(long, value_name = "DURATION", num_args = 0..=1, default_missing_value = "5m")]
    watch: Option<Seconds>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let limit = args.timeout.map(|timeout| Duration::from_secs(timeout.0));
    let options = Options { limit, keeps_records: args.keep };
    let mut interruptions = Interruptions::listen()?;
    loop {
        let progress = context.ui.progress("verifying");
        let verdict =
            verify(&clients, &stack, options, &mut interruptions, |what| progress.doing(what)).await;
        drop(progress);
        let outcome = verdict.and_then(|verdict| {
            context.ui.show(&verdict);
            verdict.outcome()
        });
        let Some(pause) = args.watch else { return outcome };
        match outcome {
            Err(error) if error.kind.is_interruption() => return Err(error),
            // What the watch is for: a failure is told and watched on.
            Err(error) => context.ui.error(&error),
            Ok(()) => {}
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(pause.0)) => {}
            kind = interruptions.next() => return Err(Error::new(kind, "")),
        }
    }
}
