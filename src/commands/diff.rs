//! `hydrant diff`

use std::path::{Path, PathBuf};

use hydrant_cfn::yaml::Spanned;

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::change_set::{Base, ChangeSet};
use crate::deploy::groundwork::upload;
use crate::deploy::plan::Plan;
use crate::deploy::plan::file::PlanFile;
use crate::deploy::plan::last_deployed::LastDeployed;
use crate::deploy::plan::offline;
use crate::deploy::prepare::{Prepared, prepare};
use crate::deploy::stack_status::{Situation, situation};
use crate::deploy::{change_set, drift, hot, stacks, values};
use crate::error::{Error, Kind, Result};
use crate::lint;
use crate::package::{Profile, package};
use crate::project::Project;
use crate::render::{Template, render};
use crate::stack::Stack;
use crate::ui::{ByRegion, UnseenDrift};

/// Show what a deployment would change
///
/// Asks CloudFormation for a change set and throws it away again; nothing is changed. With `--out` the change set is kept
/// and the functions' code uploaded, so that just this can be executed later, or by somebody else. With `--template`
/// nobody is asked: the stack file is compared with what was last deployed from this folder.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant diff telemetric --local\n  hydrant diff telemetric --env prod --exit-code\n  \
                        hydrant diff telemetric --env prod --drift\n  hydrant diff telemetric --env prod --out plan.json\n  \
                        hydrant diff telemetric --template\n  hydrant diff telemetric --format json | jq '.[] | select(.loses)'"
)]
pub struct Args {
    /// Stack to compare: a name in `stacks/`, or a path
    stack: String,
    /// Compare with what was last deployed from here, without asking AWS
    #[arg(long, conflicts_with_all = ["out", "drift"])]
    template: bool,
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
    let stacks = context.in_regions(&project, &args.stack)?;
    if args.out.is_some() && stacks.len() > 1 {
        return Err(Error::usage("a plan is for one region").hint("choose it with --region"));
    }
    let mut plans = Vec::new();
    for stack in &stacks {
        plans.push(plan(context, args, &project, stack).await?);
    }
    let is_settled = plans.iter().all(|one| one.is_settled);
    context.ui.show(&ByRegion(plans.into_iter().map(|one| (one.region, one.plan)).collect()));
    match is_settled || !args.exit_code {
        true => Ok(()),
        false => Err(Error::new(Kind::Findings, "")),
    }
}

/// How a stack differs from its file in one region.
struct Difference {
    region: String,
    plan: Plan,
    /// Whether it does not differ at all.
    is_settled: bool,
}

/// Plans the changes of a stack in one region, and tells what the plan does not say.
async fn plan(context: &Context, args: &Args, project: &Project, stack: &Stack) -> Result<Difference> {
    let template = render(stack, &project.root)?;
    lint::gate(&context.ui, stack, &template, args.allow_lint_errors)?;
    if args.template {
        let (region, plan) = without_aws(context, project, stack, &template)?;
        return Ok(Difference { region, is_settled: plan.changes.is_empty(), plan });
    }
    let clients = context.clients(project, stack).await?;

    let base = base(&clients, &stack.stack_name()).await?;
    let values = values::read(&clients, stack, &project.root).await?;
    let progress = context.ui.progress("building the functions");
    let mut prepared = prepare(&clients, stack, template, &project.root, &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    values.join(&mut prepared);
    progress.doing("planning the changes");
    let change_set = match args.drift {
        true => change_set::create_drift_aware(&clients, &prepared, base).await?,
        false => change_set::create(&clients, &prepared, base).await?,
    };
    drop(progress);
    let kept = match &args.out {
        Some(path) => keep(context, &clients, stack, &prepared, &change_set, path).await,
        None => Ok(()),
    };
    // An empty change set cannot be executed.
    if kept.is_err() || args.out.is_none() || change_set.plan.is_none() {
        change_set::discard(&clients, &change_set.id, &change_set.stack_id, base).await?;
    }
    kept?;
    let plan = change_set.plan.unwrap_or(Plan { changes: Vec::new() });
    let is_seen_whole = base != Base::Stack || !is_changed_beside(context, args, &clients, stack).await?;
    Ok(Difference {
        region: clients.region.clone(),
        is_settled: plan.changes.is_empty() && is_seen_whole,
        plan,
    })
}

/// Tells what was changed past CloudFormation, which no change set says; returns whether anything was.
async fn is_changed_beside(context: &Context, args: &Args, clients: &Clients, stack: &Stack) -> Result<bool> {
    let (ui, name) = (&context.ui, stack.stack_name());
    let unseen = match args.drift {
        true => drift::unseen_by_cloudformation(clients, &name).await?,
        false => Vec::new(),
    };
    if !unseen.is_empty() {
        let command = format!("{} --revert", context.command("drift", &stack.word()));
        ui.status(&UnseenDrift { resources: &unseen, command, style: ui.style() }.to_string());
    }
    let marks = match stack.environment.protect {
        true => Vec::new(),
        false => hot::marks_of_stack(ui, clients, &name, &stack.environment_name).await?,
    };
    if let Some(told) = hot::told(&marks) {
        ui.status(&format!("{told} A full deployment settles that."));
    }
    Ok(!unseen.is_empty() || !marks.is_empty())
}

/// Compares a rendered stack with what was last deployed from here, and returns the region that this was in.
fn without_aws(
    context: &Context,
    project: &Project,
    stack: &Stack,
    template: &Template,
) -> Result<(String, Plan)> {
    let (name, is_nearby) = (stack.stack_name(), context.is_nearby());
    let given = |value: &Option<Spanned<String>>| value.as_ref().map(|value| value.value.clone());
    let (account, region) = (given(&stack.environment.account), given(&stack.environment.region));
    let region = context.options.region.clone().or(region);
    let found = LastDeployed::find(project, is_nearby, &name, account.as_deref(), region.as_deref())?;
    let Some(last) = found else {
        let place = if is_nearby { " to the local engine" } else { "" };
        return Err(Error::usage(format!(
            "{name} was never deployed{place} from here, so there is nothing to compare with"
        ))
        .hint(format!("compare with what is there now: `{}`", context.command("diff", &stack.word())))
        .hint("each successful deployment keeps its template under .hydrant/"));
    };
    let progress = context.ui.progress("building the functions");
    let artifacts = package(stack, &project.root, Profile::fitting(is_nearby), &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    drop(progress);
    // What is no code keeps its value.
    let mut parameters = last.parameters.clone();
    parameters.extend(artifacts.iter().map(|artifact| (artifact.parameter(), artifact.key(&name))));
    context.ui.status(&format!(
        "Compared with the deployment of {} to {} in {}; nobody was asked what happened since.",
        last.at, last.account, last.region
    ));
    let template = template.read().ok_or_else(|| Error::failed_to("read the rendered template"))?;
    let plan = offline::plan(&last, template, parameters, &artifacts)?;
    Ok((last.region, plan))
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
    let found = stacks::find(clients, name).await?;
    let base = Base::of(found.as_ref());
    let Some(status) = found.as_ref().and_then(|stack| stack.stack_status()) else { return Ok(base) };
    let error = Error::general(format!(
        "the stack `{name}` is in {}, so its changes cannot be planned",
        status.as_str()
    ));
    match situation(status) {
        Situation::Absent | Situation::Ready => Ok(base),
        Situation::Underway => Err(error.hint("wait for the operation to end; `hydrant deploy` does")),
        Situation::Dead => Err(error.hint("it is what a failed create left; `hydrant deploy` replaces it")),
        Situation::Stuck => Err(error.hint("see what stopped it, and mend it, with `hydrant recover`")),
    }
}
