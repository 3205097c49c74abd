//! `hydrant destroy`

use crate::context::Context;
use crate::deploy::destruction::{Drain, Survey, refuse_protected};
use crate::deploy::fleet::{Landing, Outcome, in_region, leads};
use crate::deploy::sequence;
use crate::error::{Error, Result};
use crate::interrupt::Interruptions;
use crate::project::Project;
use crate::stack::{Stack, order};
use crate::ui::HoldingsView;

/// Delete stacks and, with consent, their data
///
/// Says first what would be lost: objects in buckets and records in streams. Deleting those needs a consent of
/// its own, `--delete-data`. Then functions are stopped that produce records, and Firehose is given the time to deliver what
/// it holds, before buckets are emptied and the stack goes. Of several stacks those go first that others do not depend on.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant destroy telemetric --local\n  hydrant destroy telemetric --yes --delete-data\n  hydrant destroy telemetric --retain TelemetricDataBucket\n  \
                        hydrant destroy --all --env dev"
)]
pub struct Args {
    /// Stacks to delete: names in `stacks/`, paths, or patterns such as `orders-*`
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    stacks: Vec<String>,
    /// Delete every stack of the project in this environment
    #[arg(long)]
    all: bool,
    /// Consent to deleting the stacks' objects and records
    #[arg(long)]
    delete_data: bool,
    /// Do not wait until Firehose has delivered what it holds
    #[arg(long)]
    no_drain: bool,
    /// Resource that stays in the account, with its data and without a stack
    #[arg(long, value_name = "LOGICAL_ID")]
    retain: Vec<String>,
    /// Stacks that are deleted at the same time
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let names = project.select(&args.stacks)?;
    let stacks = context.stacks(&project, &names)?;
    for stack in &stacks {
        refuse_protected(stack)?;
    }
    let prerequisites = order::reversed(&order::prerequisites(&stacks)?);
    let surveys = survey(context, args, &project, &stacks).await?;
    let going: Vec<&str> = surveys.iter().map(|survey| survey.name.as_str()).collect();
    surveys.iter().try_for_each(|survey| survey.refuse_in_use(&going))?;
    if !agree(context, args, &surveys)? {
        context.ui.status("Nothing was deleted.");
        return Ok(());
    }
    let drain = match args.no_drain {
        true => Drain::Skip,
        false => Drain::AtScale(context.time_scale(Some(&project)).await),
    };
    let mut interruptions = Interruptions::listen()?;
    tokio::select! {
        ended = delete(context, &surveys, &prerequisites, args.concurrency.into(), drain) => ended,
        kind = interruptions.next() => {
            Err(Error::new(kind, "interrupted; what CloudFormation is deleting goes on without you"))
        }
    }
}

/// Deletes the stacks, those first that others do not depend on.
async fn delete(
    context: &Context,
    surveys: &[Survey],
    prerequisites: &[Vec<usize>],
    most: usize,
    drain: Drain,
) -> Result<()> {
    if let [survey] = surveys {
        return survey.delete(context, drain).await;
    }
    let places: Vec<_> = surveys.iter().map(|survey| (&*survey.name, &*survey.clients.region)).collect();
    let leads = leads(&places);
    let outcomes = sequence::run(prerequisites, most, |place| {
        let survey = &surveys[place];
        let context = context.for_one_of_many(&leads[place]);
        async move { survey.delete(&context, drain).await }
    })
    .await;
    let landing = |(survey, result): (&Survey, _)| {
        let done = if survey.found.is_some() { Outcome::Deleted } else { Outcome::Unchanged };
        Landing::new(&survey.name, &survey.clients.region, done, result)
    };
    context.ui.show_fleet(surveys.iter().zip(outcomes).map(landing).collect(), "deleted")
}

/// Looks at each stack and says what it has.
async fn survey(context: &Context, args: &Args, project: &Project, stacks: &[Stack]) -> Result<Vec<Survey>> {
    let mut surveys = Vec::new();
    for stack in stacks {
        let clients = context.clients(project, stack).await?;
        let survey = Survey::take(context, clients, stack, &args.retain, !args.no_drain).await?;
        if let Some(found) = &survey.found {
            let (resources, style) = (found.resources.len(), context.ui.style());
            let several =
                stacks.iter().any(|other| other.name == stack.name && other.region() != stack.region());
            let lead =
                if several { in_region(&survey.name, &survey.clients.region) } else { survey.name.clone() };
            let view = HoldingsView::new(&lead, resources, &found.holdings, !args.no_drain, style);
            context.ui.status(&view.to_string());
        }
        surveys.push(survey);
    }
    let is_kept = |name: &&String| surveys.iter().any(|survey| survey.retained().contains(name));
    match args.retain.iter().find(|name| !is_kept(name)) {
        Some(name) => Err(Error::usage(format!("there is no resource `{name}` to retain"))
            .hint("`hydrant status STACK` lists a stack's resources by their logical ids")),
        None => Ok(surveys),
    }
}

/// Asks for what was not consented to; there is nothing to ask when there is nothing to delete.
fn agree(context: &Context, args: &Args, surveys: &[Survey]) -> Result<bool> {
    let there: Vec<&Survey> = surveys.iter().filter(|survey| survey.found.is_some()).collect();
    let full: Vec<&str> =
        there.iter().filter(|survey| survey.has_data()).map(|survey| survey.name.as_str()).collect();
    if !full.is_empty() && !args.delete_data {
        let holds = if full.len() == 1 { "holds" } else { "hold" };
        return Err(Error::usage(format!("{} {holds} data that would be lost", full.join(", ")))
            .hint("consent to losing it with --delete-data, or save it first"));
    }
    if there.is_empty() || context.options.yes {
        return Ok(true);
    }
    let places: Vec<_> = there.iter().map(|survey| (&*survey.name, &*survey.clients.region)).collect();
    let names = leads(&places);
    let data = match full.len() {
        0 => "",
        _ if there.len() == 1 => " and its data",
        _ => " and their data",
    };
    context.ui.confirm(&format!("Delete {}{data}?", names.join(", ")), "--yes")
}
