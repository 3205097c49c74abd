//! `hydrant logs`

use jiff::Timestamp;

use crate::context::Context;
use crate::deploy::names::physical_names;
use crate::error::Result;
use crate::logs::{Tail, choose, pause};
use crate::moment::moment;
use crate::ui::LogView;

/// Print what a stack's functions and deliveries wrote into their logs
///
/// Puts the log groups of all functions and deliveries together, oldest line first, each line with its time in UTC and
/// the one that wrote it. With --follow a line that comes late stands after younger ones. With --format json each line
/// is an object of its own: time, source, stream and message.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    hydrant logs telemetric --local\n  \
    hydrant logs telemetric --follow --since 1m\n  \
    hydrant logs telemetric --function consume-positions --filter ERROR\n  \
    hydrant logs gps --env prod --since 2026-01-15T10:30:00Z --format json | jq -r .message")]
pub struct Args {
    /// Stack whose logs to read: a name in `stacks/`, or a path
    stack: String,
    /// Go on with lines that are written later, until Ctrl-C
    #[arg(long)]
    follow: bool,
    /// Only lines since: `10m`, `2026-01-15` or `2026-01-15T10:30:00Z`
    #[arg(long, value_name = "WHEN", default_value = "10m", value_parser = moment)]
    since: Timestamp,
    /// Only the log of this function; may be repeated
    #[arg(long, value_name = "NAME")]
    function: Vec<String>,
    /// Only the log of this delivery; may be repeated
    #[arg(long, value_name = "NAME")]
    delivery: Vec<String>,
    /// Only lines with this text in them
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let names = physical_names(&clients, &stack.stack_name()).await?;
    let sources = choose(&stack, &names, &args.function, &args.delivery)?;

    let since = args.since.as_millisecond().max(0);
    let mut tail = Tail::new(&clients, &sources, since, args.filter.as_deref());
    for group in tail.missing().await? {
        context.ui.status(&format!("The log group {group} is not there; deploy the stack again."));
    }
    let view = LogView::new(&sources, context.ui.format);
    let mut rows = context.ui.rows();
    let mut is_empty = true;
    loop {
        for line in tail.next().await? {
            is_empty = false;
            rows.write(view.write(&line).as_bytes())?;
        }
        rows.flush()?;
        if !args.follow {
            break;
        }
        tokio::time::sleep(pause(&clients, &sources)).await;
    }
    if is_empty {
        let with = args.filter.as_ref().map_or_else(String::new, |text| format!(" with `{text}` in them"));
        context.ui.status(&format!("There are no lines since {}{with}.", args.since.strftime("%F %T UTC")));
    }
    Ok(())
}
