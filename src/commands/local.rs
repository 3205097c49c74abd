//! `hydrant local`

use std::path::PathBuf;

use serde::Serialize;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::local::{self, NoLimits, Record, RunOptions};
use crate::ui::{Answer, Style};

/// Run the local engine: AWS for streaming pipelines, on this machine
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Run the engine in the foreground until Ctrl-C
    #[command(after_help = EXAMPLES)]
    Run(Options),
    /// Start the engine in the background
    #[command(after_help = EXAMPLES)]
    Start(Options),
    /// Stop the engine
    Stop(Folder),
    /// Say whether the engine runs, and where
    Status(Folder),
    /// Stop the engine and forget everything that it knows
    Reset(Folder),
}

/// Where an engine keeps its state.
#[derive(Debug, Clone, clap::Args)]
pub struct Folder {
    /// Folder of the engine's state, instead of `.hydrant/local` in the project
    #[arg(long = "data", value_name = "DIR", env = "HYDRANT_LOCAL_DIR", hide_env_values = true)]
    data_dir: Option<PathBuf>,
}

/// How an engine runs.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    #[command(flatten)]
    folder: Folder,
    /// Port on loopback; 0 takes the folder's last one again, or lets the system choose
    #[arg(long, default_value_t = 0, value_name = "PORT")]
    port: u16,
    /// How many times faster than the wall clock buffers, windows and retention run
    #[arg(long, default_value_t = 1.0, value_name = "N", value_parser = local::time_scale)]
    time_scale: f64,
    /// File that says which requests, resources and deliveries fail on purpose
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Switch off AWS's throttles: of these services (firehose, kinesis, lambda), or of all when none is named
    #[arg(
        long,
        value_name = "SERVICE,…",
        num_args = 0..=1,
        default_missing_value = "all",
        value_parser = local::no_limits
    )]
    no_limits: Option<NoLimits>,
}

const EXAMPLES: &str = "Examples:\n  \
    hydrant local start                            As on AWS, at the pace of the wall clock\n  \
    hydrant local start --time-scale 60            A buffer of five minutes takes five seconds\n  \
    hydrant local start --no-limits                For load tests: nothing is throttled\n  \
    hydrant local start --no-limits kinesis        Shards take what comes, the rest is as on AWS";

pub async fn run(context: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Run(options) => {
            let options = options.resolve(context)?;
            local::run(&options, |record| {
                context.ui.status(&format!("The engine keeps its state in {}", options.data_dir.display()));
                context.ui.data(&record.url);
            })
            .await
        }
        Command::Start(options) => start(context, options).await,
        Command::Stop(folder) => {
            let was_running = local::stop(&folder.resolve(context)?).await?;
            context.ui.status(if was_running {
                "Stopped the local engine."
            } else {
                "The local engine was not running."
            });
            Ok(())
        }
        Command::Status(folder) => {
            let record = local::running(&folder.resolve(context)?).await;
            context.ui.show(&Status::of(record));
            Ok(())
        }
        Command::Reset(folder) => reset(context, folder).await,
    }
}

async fn start(context: &Context, options: &Options) -> Result<()> {
    let options = options.resolve(context)?;
    if let Some(record) = local::running(&options.data_dir).await {
        if record.time_scale.to_bits() != options.time_scale.to_bits() {
            let message = format!("the engine runs already, at time scale {}", record.time_scale);
            return Err(Error::usage(message).hint("stop it with `hydrant local stop` and start it again"));
        }
        if record.faults != options.faults {
            let with = match &record.faults {
                Some(file) => format!("with the faults of {}", file.display()),
                None => "without faults".to_owned(),
            };
            let message = format!("the engine runs already, {with}");
            return Err(Error::usage(message).hint("stop it with `hydrant local stop` and start it again"));
        }
        if record.no_limits != options.no_limits {
            let message = format!("the engine runs already, {}", record.no_limits.phrase());
            return Err(Error::usage(message).hint("stop it with `hydrant local stop` and start it again"));
        }
        context.ui.status("The local engine was running already.");
        context.ui.show(&Status::of(Some(record)));
        return Ok(());
    }
    let record = local::start(&options).await?;
    context.ui.show(&Status::of(Some(record)));
    Ok(())
}

async fn reset(context: &Context, folder: &Folder) -> Result<()> {
    let data_dir = folder.resolve(context)?;
    if !data_dir.exists() {
        context.ui.status("There is nothing to forget.");
        return Ok(());
    }
    let question = format!("Forget all stacks, streams and objects in {}?", data_dir.display());
    if !context.options.yes && !context.ui.confirm(&question, "--yes")? {
        context.ui.status("Nothing was changed.");
        return Ok(());
    }
    local::stop(&data_dir).await?;
    local::forget(&data_dir)?;
    context.ui.status("Forgot everything.");
    Ok(())
}

impl Folder {
    fn resolve(&self, context: &Context) -> Result<PathBuf> {
        match &self.data_dir {
            Some(folder) => std::path::absolute(folder)
                .map_err(|error| Error::misused(format!("find {}", folder.display())).because(error)),
            None => Ok(context.project()?.local_dir()),
        }
    }
}

impl Options {
    fn resolve(&self, context: &Context) -> Result<RunOptions> {
        let faults = self.faults.as_ref().map(|file| {
            std::path::absolute(file)
                .map_err(|error| Error::misused(format!("find {}", file.display())).because(error))
        });
        Ok(RunOptions {
            faults: faults.transpose()?,
            data_dir: self.folder.resolve(context)?,
            port: self.port,
            time_scale: self.time_scale,
            no_limits: self.no_limits.clone().unwrap_or_default(),
        })
    }
}

/// Whether an engine runs, and where.
#[derive(Serialize)]
struct Status {
    running: bool,
    url: Option<String>,
    pid: Option<u32>,
    data_dir: Option<PathBuf>,
    time_scale: Option<f64>,
    faults: Option<PathBuf>,
    /// The services whose throttles are switched off.
    no_limits: Option<NoLimits>,
}

impl Status {
    fn of(record: Option<Record>) -> Self {
        Self {
            running: record.is_some(),
            url: record.as_ref().map(|record| record.url.clone()),
            pid: record.as_ref().map(|record| record.pid),
            time_scale: record.as_ref().map(|record| record.time_scale),
            faults: record.as_ref().and_then(|record| record.faults.clone()),
            no_limits: record.as_ref().map(|record| record.no_limits.clone()),
            data_dir: record.map(|record| record.data_dir),
        }
    }
}

impl Answer for Status {
    fn text(&self, style: Style) -> String {
        let (Some(url), Some(pid)) = (&self.url, self.pid) else {
            return "The local engine is not running.".to_owned();
        };
        let scale = self.time_scale.filter(|scale| *scale != 1.0);
        let pace =
            scale.map(|scale| format!(", {scale} times as fast as the wall clock")).unwrap_or_default();
        let faults = self.faults.as_ref().map(|file| format!(", with the faults of {}", file.display()));
        let faults = faults.unwrap_or_default();
        let limits = self.no_limits.as_ref().filter(|off| !off.is_empty());
        let limits = limits.map(|off| format!(", {}", off.phrase())).unwrap_or_default();
        format!("The local engine runs as process {pid}{pace}{faults}{limits}.\n{}", style.cyan(url))
    }
}
