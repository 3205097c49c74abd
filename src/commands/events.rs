//! `hydrant events`

use hydrant_cfn::template::Template;
use hydrant_cfn::template::graph::dependencies;

use crate::context::Context;
use crate::deploy::follow::timeline::{Timeline, of_newest_operation};
use crate::deploy::{change_set, stacks};
use crate::error::{Error, Result};
use crate::ui::{EventList, Gantt, History};

/// Print what happened to a stack
///
/// Ends with a picture of the last operation: when each resource began, how long it took, and which chain of resources
/// decided how long it all took.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant events telemetric --local\n  hydrant events telemetric --failed\n  hydrant events telemetric --gantt --format json | jq .critical_path\n  \
                        hydrant events telemetric --format json | jq '.[].reason'"
)]
pub struct Args {
    /// Stack to ask: a name in `stacks/`, or a path
    stack: String,
    /// Print only what failed
    #[arg(long)]
    failed: bool,
    /// Print only the picture of the last operation, or its data
    #[arg(long, conflicts_with = "failed")]
    gantt: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let clients = context.clients(&project, &stack).await?;
    let name = stack.stack_name();
    if stacks::find(&clients, &name).await?.is_none() {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    }
    let events = stacks::events_after(&clients, &name, None).await?;
    let template = change_set::deployed_template(&clients, &name).await?;
    let template = template.and_then(|text| Template::parse(&text).ok());
    let order = template.and_then(|template| dependencies(&template).ok());
    let timeline = Timeline::of(of_newest_operation(&events));
    let now = jiff::Timestamp::now().as_millisecond();
    let last_operation = Gantt::of(&name, &timeline, order.as_ref(), now);
    match last_operation {
        Some(gantt) if args.gantt => context.ui.show(&gantt),
        None if args.gantt => {
            return Err(Error::usage(format!("there was no operation on the stack `{name}` yet")));
        }
        last_operation => {
            let last_operation = last_operation.filter(|_| !args.failed);
            context.ui.show(&History { events: EventList::of(&events, args.failed), last_operation });
        }
    }
    Ok(())
}
