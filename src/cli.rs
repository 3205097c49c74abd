//! The command line: global options, the verbs, and which function each verb calls.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::commands;
use crate::context::Context;
use crate::error::Result;
use crate::resumption;
use crate::stack::DEFAULT_ENVIRONMENT;
use crate::ui::{Format, Ui};

/// Describe a streaming pipeline, rehearse it on your machine, deploy it to AWS.
#[derive(Debug, Parser)]
#[command(
    name = "hydrant",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:\n  \
        hydrant rehearse telemetric         Deploy on the local engine and prove that records arrive\n  \
        hydrant diff telemetric --env prod  Show what a deployment would change\n  \
        hydrant deploy telemetric --local   Deploy on the local engine\n\n\
        Exit codes:\n  \
        0 done                        4 failed and rolled back     8 timed out\n  \
        1 error                       5 stack needs recovery       130, 143 interrupted\n  \
        2 usage or configuration      6 credentials or account\n  \
        3 differences or findings     7 records did not arrive\n\n\
        Environment:\n  \
        HYDRANT_READ_TIMEOUT  Seconds to wait for an answer before asking again [default: 60]"
)]
pub struct Cli {
    #[command(flatten)]
    pub options: GlobalOptions,
    #[command(subcommand)]
    pub command: Command,
}

/// Options that every command takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct GlobalOptions {
    /// Environment of the stack file
    #[arg(long = "env", global = true, default_value = DEFAULT_ENVIRONMENT, value_name = "NAME")]
    pub environment: String,
    /// Region, before the environment's and AWS_REGION
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// Profile of the AWS configuration
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// Endpoint to speak to instead of AWS
    #[arg(long, global = true, value_name = "URL", conflicts_with = "local")]
    pub endpoint_url: Option<String>,
    /// Use the local engine, starting it when it is not running
    #[arg(long, global = true)]
    pub local: bool,
    /// Project folder, instead of the one around the current folder
    #[arg(long, global = true, value_name = "DIR")]
    pub project: Option<PathBuf>,
    /// Form of the answer on stdout
    #[arg(long, global = true, value_parser = Format::of_every_verb(), default_value = "text", value_name = "FORMAT")]
    pub format: Format,
    /// Write one JSON object per event to a file
    #[arg(long, global = true, value_name = "FILE")]
    pub events_file: Option<PathBuf>,
    /// Consent to changes without being asked
    #[arg(long, short, global = true)]
    pub yes: bool,
    /// Print nothing but the answer and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Print what happens inside (-vv for more)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// The verbs; what each one says of itself stands in its own file.
#[derive(Debug, Subcommand)]
pub enum Command {
    Render(commands::render::Args),
    Lint(commands::lint::Args),
    Explain(commands::explain::Args),
    Graph(commands::graph::Args),
    Schema(commands::schema::Args),
    Estimate(commands::estimate::Args),
    Package(commands::package::Args),
    Diff(commands::diff::Args),
    Deploy(commands::deploy::Args),
    Drift(commands::drift::Args),
    Watch(commands::watch::Args),
    Status(commands::status::Args),
    Outputs(commands::outputs::Args),
    Events(commands::events::Args),
    Logs(commands::logs::Args),
    Send(commands::send::Args),
    Read(commands::read::Args),
    Verify(commands::verify::Args),
    Rehearse(commands::rehearse::Args),
    Destroy(commands::destroy::Args),
    Recover(commands::recover::Args),
    Purge(commands::purge::Args),
    /// Run the local engine
    #[command(subcommand)]
    Local(commands::local::Command),
    Doctor(commands::doctor::Args),
    Completions(commands::completions::Args),
}

impl Command {
    /// Returns whether the command works on files alone.
    pub fn is_offline(&self) -> bool {
        matches!(
            self,
            Self::Render(_)
                | Self::Lint(_)
                | Self::Explain(_)
                | Self::Graph(_)
                | Self::Schema(_)
                | Self::Estimate(_)
                | Self::Completions(_)
        )
    }
}

/// Runs the command that the user typed.
pub async fn run(cli: Cli, ui: Ui) -> (Ui, Result<()>) {
    let context = Context { ui, options: cli.options };
    let result = match &cli.command {
        Command::Render(args) => commands::render::run(&context, args),
        Command::Lint(args) => commands::lint::run(&context, args),
        Command::Explain(args) => commands::explain::run(&context, args),
        Command::Graph(args) => commands::graph::run(&context, args),
        Command::Schema(args) => commands::schema::run(&context, args),
        Command::Estimate(args) => commands::estimate::run(&context, args),
        Command::Package(args) => commands::package::run(&context, args).await,
        Command::Diff(args) => commands::diff::run(&context, args).await,
        Command::Deploy(args) => commands::deploy::run(&context, args).await,
        Command::Drift(args) => commands::drift::run(&context, args).await,
        Command::Watch(args) => commands::watch::run(&context, args).await,
        Command::Status(args) => commands::status::run(&context, args).await,
        Command::Outputs(args) => commands::outputs::run(&context, args).await,
        Command::Events(args) => commands::events::run(&context, args).await,
        Command::Logs(args) => commands::logs::run(&context, args).await,
        Command::Send(args) => commands::send::run(&context, args).await,
        Command::Read(args) => commands::read::run(&context, args).await,
        Command::Verify(args) => commands::verify::run(&context, args).await,
        Command::Rehearse(args) => commands::rehearse::run(&context, args).await,
        Command::Destroy(args) => commands::destroy::run(&context, args).await,
        Command::Recover(args) => commands::recover::run(&context, args).await,
        Command::Purge(args) => commands::purge::run(&context, args).await,
        Command::Local(command) => commands::local::run(&context, command).await,
        Command::Doctor(args) => commands::doctor::run(&context, args).await,
        Command::Completions(args) => commands::completions::run(&context, args),
    };
    let result = result.map_err(|error| resumption::resumable(error, &cli.command));
    (context.ui, result)
}
