//! `hydrant status`

use serde_json::{Map, Value};

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::{hot, stacks};
use crate::error::{Error, Result};
use crate::project::Project;
use crate::stack::{DEFAULT_ENVIRONMENT, Stack};
use crate::ui::{ByRegion, StackView, Table};

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
    let mut rows = Vec::new();
    let progress = context.ui.progress("asking for the stacks");
    for name in project.select(&[])? {
        let file = project.stack(&name, DEFAULT_ENVIRONMENT)?.file;
        let mut environments: Vec<&str> = file.environments.keys().map(|name| name.value.as_str()).collect();
        if environments.is_empty() {
            environments.push(DEFAULT_ENVIRONMENT);
        }
        for environment in environments {
            let stack = project.stack(&name, environment)?;
            progress.doing(&format!("asking for {}", stack.stack_name()));
            for stack in stack.in_regions(context.options.region.as_deref()) {
                rows.push(row(context, project, &stack).await);
            }
        }
    }
    drop(progress);
    let columns = ["stack", "environment", "region", "status", "changed"].map(str::to_owned).to_vec();
    context.ui.show(&Table::new(columns, rows));
    Ok(())
}

/// Returns what is known of a stack; that another account or region cannot be asked is part of that.
async fn row(context: &Context, project: &Project, stack: &Stack) -> Map<String, Value> {
    let mut row = Map::new();
    let region = stack.environment.region.as_ref().map(|region| region.value.clone());
    row.insert("stack".to_owned(), stack.stack_name().into());
    row.insert("environment".to_owned(), stack.environment_name.clone().into());
    row.insert("region".to_owned(), region.into());
    let found = async {
        let clients = context.clients(project, stack).await?;
        row.insert("region".to_owned(), clients.region.clone().into());
        look(&clients, &stack.stack_name()).await
    };
    match found.await {
        Ok((status, changed)) => {
            row.insert("status".to_owned(), status.into());
            row.insert("changed".to_owned(), changed.into());
        }
        Err(error) => {
            row.insert("status".to_owned(), format!("unknown: {}", error.message).into());
            row.insert("changed".to_owned(), Value::Null);
        }
    }
    row
}

/// Returns a stack's status, and when it last changed, in UTC.
async fn look(clients: &Clients, name: &str) -> Result<(String, Option<String>)> {
    let Some(stack) = stacks::find(clients, name).await? else {
        return Ok(("not deployed".to_owned(), None));
    };
    let status = stack.stack_status().map(|status| status.as_str().to_owned()).unwrap_or_default();
    let changed = stack.last_updated_time().or(stack.creation_time()).map(ToString::to_string);
    Ok((status, changed))
}
