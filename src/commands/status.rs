//! `hydrant status`

use futures::StreamExt as _;
use serde_json::{Map, Value};

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::{hot, stacks};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::stack::{DEFAULT_ENVIRONMENT, Stack};
use crate::ui::{ByRegion, StackView, Table};

/// How many stacks are asked for at a time.
const AT_ONCE: usize = 8;

/// Show the state of a stack and its resources, or of all stacks
///
/// With a stack, its resources. Without one, a line for each stack of the project and each of its environments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  hydrant status\n  hydrant status telemetric --local\n  \
                        hydrant status telemetric --env prod --format json")]
pub struct Args {
    /// Stack to look at: a name in `stacks/`, or a path
    stack: Option<String>,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let Some(word) = &args.stack else { return all(context, &project).await };
    let mut answers = Vec::new();
    for stack in context.in_regions(&project, word)? {
        let clients = context.clients(&project, &stack).await?;
        let name = stack.stack_name();
        let Some(deployed) = stacks::find(&clients, &name).await? else {
            return Err(Error::usage(format!("the stack `{name}` is not deployed")));
        };
        let resources = stacks::resources(&clients, &name).await?;
        let marks = hot::marks(&clients, &resources).await?;
        answers.push((clients.region, StackView::of(&deployed, &resources, marks)));
    }
    context.ui.show(&ByRegion(answers));
    Ok(())
}

/// Shows every stack of the project in every environment that its file names.
async fn all(context: &Context, project: &Project) -> Result<()> {
    let mut places = Vec::new();
    for name in project.select(&[])? {
        let file = project.stack(&name, DEFAULT_ENVIRONMENT)?.file;
        let mut environments: Vec<&str> = file.environments.keys().map(|name| name.value.as_str()).collect();
        if environments.is_empty() {
            environments.push(DEFAULT_ENVIRONMENT);
        }
        for environment in environments {
            let stack = project.stack(&name, environment)?;
            places.extend(stack.in_regions(context.options.region.as_deref()));
        }
    }
    let progress = context.ui.progress(&format!("asking for {} stacks", places.len()));
    let looks = places.iter().map(|stack| row(context, project, stack));
    let rows: Vec<Map<String, Value>> = futures::stream::iter(looks).buffered(AT_ONCE).collect().await;
    drop(progress);
    let columns = ["stack", "environment", "region", "status", "changed"].map(str::to_owned).to_vec();
    let hot = rows.iter().filter_map(|row| {
        Some(format!("{} was changed hot: {}", row["stack"].as_str()?, row["changed_hot"].as_str()?))
    });
    let hot: Vec<String> = hot.collect();
    context.ui.show(&Table::new(columns, rows));
    hot.iter().for_each(|line| context.ui.status(line));
    Ok(())
}

/// Returns what is known of a stack; that another account or region cannot be asked is part of that.
async fn row(context: &Context, project: &Project, stack: &Stack) -> Map<String, Value> {
    let named = stack.environment.region.as_ref().map(|region| region.value.clone());
    let (region, found) = match context.clients(project, stack).await {
        Ok(clients) => (Some(clients.region.clone()), look(&clients, stack).await),
        Err(error) => (named, Err(error)),
    };
    let (status, changed, hot) =
        found.unwrap_or_else(|error| (format!("unknown: {}", error.message), None, None));
    Map::from_iter([
        ("stack".to_owned(), stack.stack_name().into()),
        ("environment".to_owned(), stack.environment_name.clone().into()),
        ("region".to_owned(), region.into()),
        ("status".to_owned(), status.into()),
        ("changed".to_owned(), changed.into()),
        ("changed_hot".to_owned(), hot.into()),
    ])
}

/// Returns a stack's status, when it last changed, in UTC, and what of it was changed hot since.
async fn look(clients: &Clients, stack: &Stack) -> Result<(String, Option<String>, Option<String>)> {
    let name = stack.stack_name();
    let Some(deployed) = stacks::find(clients, &name).await? else {
        return Ok(("not deployed".to_owned(), None, None));
    };
    let status = deployed.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
    let changed = deployed.last_updated_time().or(deployed.creation_time()).map(ToString::to_string);
    let hot = match stack.environment.protect {
        true => Vec::new(),
        // Who may see the stack may not see its functions; the stack's status stands all the same.
        false => match stacks::resources(clients, &name).await {
            Ok(resources) => hot::marks(clients, &resources).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        },
    };
    let names: Vec<String> = hot.into_iter().map(|mark| mark.logical_id).collect();
    Ok((status, changed, (!names.is_empty()).then(|| names.join(", "))))
}
