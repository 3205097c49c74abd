//! `hydrant rehearse`

use crate::aws::{Clients, Target};
use crate::context::Context;
use crate::deploy::execution::Consent;
use crate::deploy::ground::Ground;
use crate::deploy::mode::Manner;
use crate::deploy::rollout::{checked, roll_out};
use crate::error::Result;
use crate::interrupt::Interruptions;
use crate::local::{self, RunOptions};
use crate::project::Project;
use crate::verify::{Options, verify};

/// Deploy on the local engine and prove that records arrive
///
/// Starts the local engine, with time running faster so that buffers fill in seconds, deploys the stack there and
/// verifies it. Nothing leaves this machine. The stack stays, to be looked at with the other commands and `--local`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant rehearse telemetric\n  hydrant rehearse telemetric --time-scale 60\n  \
                        hydrant destroy telemetric --local --yes --delete-data    Clean up afterwards"
)]
pub struct Args {
    /// Stack to rehearse: a name in `stacks/`, or a path
    stack: String,
    /// How many times faster than the wall clock a newly started engine runs
    #[arg(long, default_value_t = 20.0, value_name = "N", value_parser = local::time_scale)]
    time_scale: f64,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let consent = Consent { changes: true, losses: true, lint_errors: false };
    let template = checked(context, &project, &stack, consent)?;
    let url = engine(context, &project, args.time_scale).await?;
    let environment = &stack.environment;
    let region = environment.region.as_ref().map(|region| region.value.clone());
    let clients = Clients::connect(&Target {
        region: context.options.region.clone().or(region),
        account: environment.account.as_ref().map(|account| account.value.clone()),
        endpoint_url: Some(url),
        is_local: true,
        profile: None,
    })
    .await?;
    let ground = Ground::look(clients.clone(), &stack).await?;
    roll_out(context, &project, &stack, template, ground, consent, Manner::default()).await?;
    // What arrived stays, to be looked at.
    let options = Options { keeps_records: true, ..Options::default() };
    let mut interruptions = Interruptions::listen()?;
    let progress = context.ui.progress("verifying");
    let verdict = verify(&clients, &stack, options, &mut interruptions, |what| progress.doing(what)).await?;
    drop(progress);
    context.ui.show(&verdict);
    verdict.outcome()
}

async fn engine(context: &Context, project: &Project, time_scale: f64) -> Result<String> {
    let data_dir = project.local_dir();
    if let Some(record) = local::running(&data_dir).await {
        return Ok(record.url);
    }
    let record = local::start(&RunOptions { time_scale, ..RunOptions::new(&data_dir) }).await?;
    context.ui.status(&format!(
        "Started the local engine, {time_scale} times as fast as the wall clock, at {}",
        record.url
    ));
    Ok(record.url)
}
