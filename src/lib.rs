//! Describe a streaming pipeline, rehearse it on your machine, deploy it to AWS.
//!
//! ```text
//! stacks/*.yaml → Stack → Template → Findings → Artifacts → Plan → Events → Outputs → Receipts → Verdict
//!    load          render    lint      package     diff     deploy   outputs    send       verify
//! ```
//! Everything left of `Plan` is synchronous and free of network and clock; everything right of it speaks to
//! AWS, or to the local engine in its place, through the clients that `aws` makes.

mod aws;
mod cli;
mod commands;
mod context;
mod deploy;
mod diagnostic;
mod doctor;
mod error;
mod estimate;
mod interrupt;
mod lint;
mod local;
mod logs;
mod moment;
mod package;
mod project;
mod purge;
mod records;
mod render;
mod resumption;
mod stack;
mod ui;
mod verify;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use tracing_subscriber::EnvFilter;

/// Names the variable that says what to log, as `tracing` filters do.
const LOG_VARIABLE: &str = "HYDRANT_LOG";

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let options = &cli.options;
    log_to_stderr(options.verbose);
    let mut ui = ui::Ui::new(options.format, options.quiet);
    if let Err(error) = ui.open_events_file(options.events_file.as_deref()) {
        ui.error(&error);
        return ExitCode::from(error.kind.exit_code());
    }
    // What asks nobody needs no threads to wait on.
    let mut builder = match cli.command.is_offline() {
        true => tokio::runtime::Builder::new_current_thread(),
        false => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = builder.worker_threads(2).enable_all().build();
    let (ui, result) = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(cli::run(cli, ui));
            // The program ends now; nobody needs to see the threads to their end.
            runtime.shutdown_background();
            ended
        }
        Err(error) => (ui, Err(error::Error::failed_to("start the async runtime").because(error))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            ui.error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Shows what happens inside: this program's own notes with `-v`, the SDK's too with `-vv`.
fn log_to_stderr(verbose: u8) {
    let default = match verbose {
        // Setting up a filter that lets nothing through takes a millisecond.
        0 if std::env::var_os(LOG_VARIABLE).is_none() => return,
        0 => "off",
        1 => "hydrant=debug,hydrant_engine=info",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
}
