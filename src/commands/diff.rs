//! `hydrant diff`

use std::path::{Path, PathBuf};

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::change_set::{Base, ChangeSet};
use crate::deploy::plan::Plan;
use crate::deploy::plan_file::PlanFile;
use crate::deploy::prepare::{Prepared, prepare};
use crate::deploy::rollout::upload;
use crate::deploy::stack_status::{Situation, situation};
use crate::deploy::{change_set, drift, hot, stacks};
use crate::error::{Error, Kind, Result};
use crate::lint;
use crate::render::render;
use crate::stack::Stack;
use crate::ui::UnseenDrift;

/// Show what a deployment would change
///
/// Asks CloudFormation for a change set and throws it away again; nothing is changed. With `--out` the change set is kept
/// and the functions' code uploaded, so that just this can be executed later, or by somebody else.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant diff telemetric --local\n  hydrant diff telemetric --env prod --exit-code\n  hydrant diff telemetric --env prod --drift\n  \
                        hydrant diff telemetric --env prod --out plan.json\n  hydrant diff telemetric --format json | jq '.[] | select(.loses)'"
)]
pub struct Args {
    /// Stack to compare: a name in `stacks/`, or a path
    stack: String,
    /// Keep the change set, and write to FILE what `hydrant deploy --plan FILE` then executes
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Compare with what there really is, so that drift is planned to be taken back, and is marked
    #[arg(long)]
    drift: bool,
    /// Exit with 3 when there are differences
    #[arg(long)]
    exit_code: bool,
    /// Plan although `hydrant lint` finds errors
    #[arg(long)]
    allow_lint_errors: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    let template = render(&stack, &project.root)?;
    lint::gate(&context.ui, &stack, &template, args.allow_lint_errors)?;
    let clients = context.clients(&project, &stack).await?;

    let base = base(&clients, &stack.stack_name()).await?;
    let progress = context.ui.progress("building the functions");
    let prepared = prepare(&clients, &stack, template, &project.root, &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    progress.doing("planning the changes");
    let change_set = match args.drift {
        true => change_set::create_drift_aware(&clients, &prepared, base).await?,
        false => change_set::create(&clients, &prepared, base).await?,
    };
    drop(progress);
    let kept = match &args.out {
        Some(path) => keep(context, &clients, &stack, &prepared, &change_set, path).await,
        None => Ok(()),
    };
    // An empty change set cannot be executed.
    if kept.is_err() || args.out.is_none() || change_set.plan.is_none() {
        change_set::discard(&clients, &change_set.id, &change_set.stack_id, base).await?;
    }
    kept?;
    let marks = match base == Base::Stack && !stack.environment.protect {
        true => {
            hot::marks_of_stack(&context.ui, &clients, &prepared.stack_name, &stack.environment_name).await?
        }
        false => Vec::new(),
    };

    let plan = change_set.plan.unwrap_or(Plan { changes: Vec::new() });
    context.ui.show(&plan);
    let unseen = match args.drift && base == Base::Stack {
        true => drift::unseen_by_cloudformation(&clients, &stack.stack_name()).await?,
        false => Vec::new(),
    };
    if !unseen.is_empty() {
        let command = context.command("drift", &stack.word());
        let view = UnseenDrift {
            resources: &unseen,
            command: format!("{command} --revert"),
            style: context.ui.style(),
        };
        context.ui.status(&view.to_string());
    }
    if let Some(told) = hot::told(&marks) {
        context.ui.status(&format!("{told} A full deployment settles that."));
    }
    let is_settled = plan.changes.is_empty() && unseen.is_empty() && marks.is_empty();
    match is_settled || !args.exit_code {
        true => Ok(()),
        false => Err(Error::new(Kind::Findings, "")),
    }
}

/// Makes a planned change set executable from a file.
async fn keep(
    context: &Context,
    clients: &Clients,
    stack: &Stack,
    prepared: &Prepared,
    change_set: &ChangeSet,
    path: &Path,
) -> Result<()> {
    if change_set.plan.is_some() {
        upload(context, clients, prepared).await?;
    }
    PlanFile::new(clients, stack, change_set).write(path)?;
    let file = path.display();
    context.ui.status(&format!(
        "Wrote {file}; `hydrant deploy --plan {file}` executes it while the stack stays as it is."
    ));
    Ok(())
}

/// Returns what the changes would build on; a stack that cannot take any now is an error.
async fn base(clients: &Clients, name: &str) -> Result<Base> {
    let deployed = stacks::find(clients, name).await?;
    let Some(status) = deployed.as_ref().and_then(|stack| stack.stack_status()) else {
        return Ok(Base::Nothing);
    };
    let error = Error::general(format!(
        "the stack `{name}` is in {}, so its changes cannot be planned",
        status.as_str()
    ));
    match situation(status) {
        Situation::Absent => Ok(Base::EmptyStack),
        Situation::Ready => Ok(Base::Stack),
        Situation::Underway => Err(error.hint("wait for the operation to end; `hydrant deploy` does")),
        Situation::Dead => Err(error.hint("it is what a failed create left; `hydrant deploy` replaces it")),
        Situation::Stuck => Err(error.hint("see what stopped it, and mend it, with `hydrant recover`")),
    }
}
