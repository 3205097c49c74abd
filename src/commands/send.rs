//! `hydrant send`

use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use clap::ArgGroup;

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::names::physical_names;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::records::{
    self, CheckpointFile, Destination, Entrance, FailedRows, Feed, Gatherer, InputFormat, Layout, Origin,
    Pace, Plan, Rate, Report, Sender, Stop,
};
use crate::stack::{Seconds, Stack};
use crate::ui::{counted, pace};

/// Rows that are made up when nobody says how many.
const DEFAULT_RATE: Rate = Rate(100.0);

/// The largest record with its key that a stream takes unless it is configured for more.
const STREAM_RECORD: usize = 1 << 20;

/// The largest record that a delivery stream takes: 1,000 KiB.
const DELIVERY_RECORD: usize = 1_024_000;

/// How often the checkpoint is written.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// How often a stream is asked for its shards when records fall elsewhere than expected.
const SHARDS_EVERY: Duration = Duration::from_secs(5);

/// Bad rows that are named one by one.
const NAMED: u64 = 20;

/// Send records into a deployed stack
///
/// Reads rows, maps each into a record as `records:` in the stack file says, and puts them into a stream or delivery
/// stream: in batches, several at a time, no faster than the shards take them. What is refused is tried again, record
/// by record. A record may arrive twice when a call got no answer, and the order is not kept.
#[derive(Debug, clap::Args)]
#[command(
    group(ArgGroup::new("input").required(true)),
    after_help = "Examples:\n  \
        hydrant send taxi --local --file trips.csv --skip-bad\n  \
        hydrant send gps --to gps-delivery-stream --file rows.ndjson --pack --checkpoint gps.checkpoint\n  \
        hydrant send gps --generate vehicles --rate 500/s --for 1m\n  \
        tail -f log.ndjson | hydrant send telemetric --file - --as ndjson"
)]
pub struct Args {
    /// Stack to send to: a name in `stacks/`, or a path
    stack: String,
    /// Stream or delivery of the stack file, where it has more than one that takes records
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// File to read; `-` is stdin
    #[arg(long, value_name = "FILE", group = "input")]
    file: Option<PathBuf>,
    /// Form of the input, instead of what the file's name says
    #[arg(long = "as", value_enum, value_name = "FORM")]
    form: Option<InputFormat>,
    /// Make rows up instead of reading them
    #[arg(long, value_enum, value_name = "KIND", group = "input")]
    generate: Option<records::Kind>,
    /// Most rows in a time; 100/s when rows are made up
    #[arg(long, value_name = "RATE")]
    rate: Option<Rate>,
    /// How long to make rows up
    #[arg(long = "for", value_name = "DURATION", default_value = "60s", requires = "generate")]
    duration: Seconds,
    /// Seed of the rows that are made up; the same seed makes the same rows
    #[arg(long, value_name = "NUMBER", requires = "generate")]
    seed: Option<u64>,
    /// Column of the partition key, instead of the stack file's; a row without one goes by its hash
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// Put several rows into one record of up to 5 KB, the step in which Firehose bills
    #[arg(long, conflicts_with = "aggregate")]
    pack: bool,
    /// Put several rows into one Kinesis record, as the Kinesis Producer Library does
    #[arg(long)]
    aggregate: bool,
    /// Pass over rows that are not records instead of stopping at the first
    #[arg(long)]
    skip_bad: bool,
    /// File for rows that could not be sent, instead of `STACK.failed.rows`
    #[arg(long, value_name = "FILE")]
    failed_to: Option<PathBuf>,
    /// File that remembers which rows are done with, so that the same command goes on where it stopped
    #[arg(long, value_name = "FILE", conflicts_with = "generate")]
    checkpoint: Option<PathBuf>,
    /// How long a record is tried
    #[arg(long, value_name = "DURATION", default_value = "5m")]
    give_up_after: Seconds,
    /// Calls at a time; two for each shard, at least 4 and at most 32, when left out
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    in_flight: Option<u16>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let entrance = Entrance::choose(&stack, args.to.as_deref())?;
    check_gathering(args, &entrance)?;
    let layout = layout(args, &entrance)?;
    let origin = origin(args)?;
    let mut checkpoint = open_checkpoint(args, &stack, &entrance)?;
    if args.aggregate {
        warn_of_readers(context, &stack, &entrance);
    }

    let clients = context.clients(&project, &stack).await?;
    let names = physical_names(&clients, &stack.stack_name()).await?;
    let destination = entrance.destination(&clients, &names)?;
    let progress = context.ui.progress("waiting");
    entrance
        .await_ready(&clients, &stack, &names, |name| {
            progress.doing(&format!("waiting until {name} is ACTIVE"))
        })
        .await?;
    drop(progress);

    let scale = context.time_scale(Some(&project)).await;
    let settled = checkpoint.as_ref().map(|file| file.settled().clone()).unwrap_or_default();
    let feed = Feed {
        layout,
        key: args.key.clone(),
        settled: settled.clone(),
        skip_bad: args.skip_bad,
        rate: args.rate.or(args.generate.map(|_| DEFAULT_RATE)),
        largest: if entrance.is_stream { STREAM_RECORD } else { DELIVERY_RECORD },
        origin,
    };
    let plan = plan(args, &clients, destination, scale, checkpoint.is_some()).await?;
    let failed_rows = match &args.failed_to {
        Some(path) => FailedRows::named(path),
        None => FailedRows::of_stack(&stack.name),
    };
    let mut sender = Sender::new(plan, settled, failed_rows, args.skip_bad);
    let ended = send(context, args, &clients, feed, &mut sender, checkpoint.as_mut()).await;
    sender.finish()?;
    if let Some(checkpoint) = &mut checkpoint {
        checkpoint.write(&sender.settled)?;
    }
    ended?;
    let report = Report {
        stack: stack.name.clone(),
        to: entrance.name.to_owned(),
        seconds: (sender.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
        failed_rows: sender.failed_rows.path().map(Path::to_owned),
        is_packed: args.pack,
        tally: sender.tally.clone(),
    };
    context.ui.show(&report);
    verdict(args, sender)
}

fn layout(args: &Args, entrance: &Entrance<'_>) -> Result<Option<Layout>> {
    let Some(records) = entrance.records else { return Ok(None) };
    let mut layout = Layout::of(records);
    if let Some(key) = &args.key {
        layout.key = Some(layout.position(key).ok_or_else(|| {
            let names: Vec<&str> = layout.columns.iter().map(|column| column.name.as_str()).collect();
            Error::usage(format!("the records of `{}` have no column `{key}`", entrance.name))
                .hint(format!("they have {}", names.join(", ")))
        })?);
    }
    Ok(Some(layout))
}

/// Refuses a way of putting rows together that the entrance does not know.
fn check_gathering(args: &Args, entrance: &Entrance<'_>) -> Result<()> {
    let name = entrance.name;
    match entrance.is_stream {
        true if args.pack => {
            Err(Error::usage(format!("--pack is for Firehose, and `{name}` is a stream"))
                .hint("use --aggregate"))
        }
        false if args.aggregate => {
            let message = format!("--aggregate is for Kinesis, and `{name}` is a delivery stream");
            Err(Error::usage(message).hint("use --pack"))
        }
        _ => Ok(()),
    }
}

fn origin(args: &Args) -> Result<Origin> {
    if let Some(kind) = args.generate {
        let count = args.rate.unwrap_or(DEFAULT_RATE).due(Duration::from_secs(args.duration.0));
        return Ok(Origin::MadeUp { kind, count, seed: args.seed });
    }
    let path = args.file.clone().unwrap_or_else(|| PathBuf::from("-"));
    if path.as_os_str() == "-" {
        let format = args.form.ok_or_else(|| {
            Error::usage("the form of stdin is not known").hint("add --as csv, --as ndjson or --as lines")
        })?;
        return Ok(Origin::Stdin { format });
    }
    if args.failed_to.as_ref() == Some(&path) {
        return Err(Error::usage("--failed-to names the file that is read"));
    }
    std::fs::metadata(&path)
        .map_err(|error| Error::misused(format!("read {}", path.display())).because(error))?;
    let format = args.form.unwrap_or_else(|| InputFormat::of_name(&path.to_string_lossy()));
    Ok(Origin::File { path, format })
}

fn open_checkpoint(args: &Args, stack: &Stack, entrance: &Entrance<'_>) -> Result<Option<CheckpointFile>> {
    let to = format!("{}/{}", stack.stack_name(), entrance.name);
    let input = args.file.as_deref().filter(|path| path.as_os_str() != "-");
    args.checkpoint.as_deref().map(|path| CheckpointFile::open(path, &to, input)).transpose()
}

/// Lambda hands aggregates to functions as they are; Firehose takes them apart.
fn warn_of_readers(context: &Context, stack: &Stack, entrance: &Entrance<'_>) {
    for (name, function) in &stack.file.functions {
        if function.reads.as_ref().is_some_and(|reads| reads.stream.value == entrance.name) {
            context
                .ui
                .status(&format!("{name} reads the stream and has to take aggregated records apart itself."));
        }
    }
}

async fn plan(
    args: &Args,
    clients: &Clients,
    destination: Destination,
    scale: f64,
    is_resumable: bool,
) -> Result<Plan> {
    let shards = destination.shards(clients).await?;
    let in_flight = args.in_flight.map_or_else(|| (shards.count() * 2).clamp(4, 32), usize::from);
    let gatherer = match (args.pack, args.aggregate) {
        (true, _) => Gatherer::Pack(None),
        (_, true) => Gatherer::Aggregate(std::collections::HashMap::new()),
        _ => Gatherer::Plain,
    };
    let pace = match &destination {
        Destination::Stream { .. } => Pace::of_shard(scale),
        Destination::Delivery { .. } => Pace::unlimited(),
    };
    let give_up_after = Duration::from_secs(args.give_up_after.0);
    Ok(Plan { destination, shards, pace, gatherer, in_flight, give_up_after, is_resumable })
}

/// Sends until the input ends or the run is stopped.
async fn send(
    context: &Context,
    args: &Args,
    clients: &Clients,
    feed: Feed,
    sender: &mut Sender,
    mut checkpoint: Option<&mut CheckpointFile>,
) -> Result<()> {
    let total = match &feed.origin {
        Origin::File { path, .. } => std::fs::metadata(path).ok().map(|metadata| metadata.len()),
        _ => None,
    };
    let mut interruptions = Interruptions::listen()?;
    let feeding = feed.start().map_err(|error| Error::misused("read the input").because(error))?;
    let mut chunks = Some(feeding.chunks);
    let mut transfer = context.ui.transfer(total);
    let (mut written, mut listed, mut named) = (Instant::now(), Instant::now(), 0);
    while sender.step(&mut chunks, interruptions.next()).await? {
        for (line, why) in sender.passed_over.drain(..) {
            named += 1;
            if named <= NAMED {
                transfer.line(&format!("{}:{line}: {why}", input_name(args)));
            }
        }
        if sender.is_moved() && listed.elapsed() > SHARDS_EVERY {
            listed = Instant::now();
            let shards = sender.destination().shards(clients).await?;
            sender.reshard(shards);
        }
        if let Some(checkpoint) = checkpoint.as_deref_mut()
            && written.elapsed() > CHECKPOINT_EVERY
        {
            written = Instant::now();
            checkpoint.write(&sender.settled)?;
        }
        let (tally, seconds) = (&sender.tally, sender.elapsed().as_secs_f64());
        transfer.show(feeding.bytes.load(Ordering::Relaxed), || {
            format!("{}, {}, {} retried", counted(tally.sent, "row"), pace(tally, seconds), tally.retried)
        });
    }
    if named > NAMED {
        transfer.line(&format!("and {} more bad rows", named - NAMED));
    }
    Ok(())
}

fn input_name(args: &Args) -> String {
    match &args.file {
        Some(path) if path.as_os_str() != "-" => path.display().to_string(),
        Some(_) => "stdin".to_owned(),
        None => "row".to_owned(),
    }
}

/// Says whether everything was sent, and if not, why.
fn verdict(args: &Args, sender: Sender) -> Result<()> {
    let resume = match &args.checkpoint {
        Some(_) => "run the same command again to go on",
        None => "name a file with --checkpoint to be able to go on where it stopped",
    };
    match sender.stop {
        Some(Stop::BadRow { line, why }) => {
            return Err(Error::general(format!("{}:{line}: {why}", input_name(args)))
                .hint("correct the row, or pass over such rows with --skip-bad"));
        }
        Some(Stop::Input(error)) => {
            return Err(Error::failed_to(format!("read {}", input_name(args))).because(error));
        }
        Some(Stop::Refused(error)) => return Err(error.hint(resume)),
        Some(Stop::Asked(kind)) => return Err(Error::new(kind, "stopped before the end").hint(resume)),
        None => {}
    }
    if sender.tally.failed == 0 {
        return Ok(());
    }
    let error =
        Error::new(Kind::General, format!("{} could not be sent", counted(sender.tally.failed, "row")));
    let error = match sender.trouble {
        Some(why) => error.because(why),
        None => error,
    };
    Err(match sender.failed_rows.path() {
        Some(path) => error.hint(format!("send them again with --file {} --as lines", path.display())),
        None => error,
    })
}
