//! `hydrant deploy`

use std::future::ready;
use std::path::{Path, PathBuf};

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::execution::{Consent, Deployed, Execution, agree};
use crate::deploy::ground::Ground;
use crate::deploy::hot::{self, HotDeployment, Outcome};
use crate::deploy::mode::{Manner, Mode};
use crate::deploy::plan::Plan;
use crate::deploy::plan::file::{PlanFile, Standing};
use crate::deploy::plan::last_deployed::LastDeployed;
use crate::deploy::rollout::{checked, roll_out};
use crate::deploy::{change_set, fleet};
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::render::Template;
use crate::stack::{Environment, Stack};
use crate::ui::{Outputs, PlanView};

/// Create or update a stack
///
/// Renders, checks and packages the stack, shows what would change, asks, and follows the change to its end.
/// When there is nothing to change it says so and exits with 0. With `--plan` it executes exactly what `diff --out`
/// has planned, or refuses when the stack has moved since. Several stacks are planned together, agreed to once, and
/// deployed at the same time where none depends on another.
///
/// With `--hot`, for development, what changed of functions' code, variables, memory and timeouts, and of deliveries'
/// buffers, prefixes and compression, goes straight there, in a moment. It is marked until the next full deployment,
/// which settles it. When anything else has changed, nothing is done; nor is it in production or where `protect` is set.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant deploy telemetric --local\n  hydrant deploy telemetric --env prod --yes\n  \
                        hydrant deploy telemetric --yes --events-file events.ndjson\n  hydrant deploy --all --env prod\n  \
                        hydrant deploy orders 'billing-*' --concurrency 2\n  hydrant deploy --plan plan.json --yes\n  \
                        hydrant deploy telemetric --hot --yes\n  \
                        hydrant deploy telemetric --mode express --yes\n  hydrant deploy telemetric --adopt"
)]
pub struct Args {
    /// Stacks to deploy: names in `stacks/`, paths, or patterns such as `orders-*`
    #[arg(required_unless_present_any = ["plan", "all"], conflicts_with_all = ["plan", "all"])]
    stacks: Vec<String>,
    /// Deploy every stack of the project
    #[arg(long, conflicts_with = "plan")]
    all: bool,
    /// Stacks that are deployed at the same time
    #[arg(long, default_value_t = 4, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
    /// Execute what `hydrant diff --out FILE` has planned
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Put new code and settings straight into functions and deliveries, without CloudFormation
    #[arg(long, conflicts_with_all = ["plan", "all"])]
    hot: bool,
    /// How CloudFormation goes about it
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["plan", "hot"], value_name = "MODE")]
    mode: Mode,
    /// Take in what exists already under the stack's names, such as a bucket that `destroy --retain` left
    #[arg(long, conflicts_with_all = ["plan", "hot"])]
    adopt: bool,
    /// Consent to losing data, as when a stream is replaced
    #[arg(long)]
    delete_data: bool,
    /// Deploy although `hydrant lint` finds errors
    #[arg(long)]
    allow_lint_errors: bool,
}

impl Args {
    fn manner(&self) -> Manner {
        Manner { mode: self.mode, adopts: self.adopt }
    }
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let consent = Consent {
        changes: context.options.yes,
        losses: args.delete_data,
        lint_errors: args.allow_lint_errors,
    };
    let manner = args.manner();
    if manner.adopts && manner.mode == Mode::Direct {
        return Err(Error::usage("`--adopt` needs a change set, and `--mode direct` makes none"));
    }
    let deployed = match &args.plan {
        Some(plan) => execute_plan(context, plan, consent).await?,
        None => {
            let project = context.project()?;
            let names = project.select(&args.stacks)?;
            let stacks = context.stacks(&project, &names)?;
            let [stack] = stacks.as_slice() else {
                if args.hot {
                    return Err(Error::usage("one stack in one region is changed hot at a time"));
                }
                return deploy_all(context, args, &project, &stacks, consent).await;
            };
            if args.hot {
                hot::refuse(context, stack)?;
            }
            let check = || checked(context, &project, stack, consent).map_err(name_the_flag);
            if args.hot {
                let (template, clients) =
                    context.ask_beside(&project, stack, check, |clients| ready(Ok(clients))).await?;
                roll_out_hot(context, &clients, &project, stack, template, consent).await?
            } else {
                let place = stack.clone();
                let look = |clients| async move { Ground::look(clients, &place).await };
                let (template, ground) = context.ask_beside(&project, stack, check, look).await?;
                roll_out(context, &project, stack, template, ground, consent, manner).await?
            }
        }
    };
    if let Deployed::Done(deployed) = deployed {
        context.ui.show(&Outputs::of(&deployed));
    }
    Ok(())
}

/// Says how to deploy what was refused for its findings.
fn name_the_flag(error: Error) -> Error {
    match error.kind {
        Kind::Findings => error.hint("deploy it all the same with --allow-lint-errors"),
        _ => error,
    }
}

/// Changes directly what can be; when something else has changed too, nothing is.
async fn roll_out_hot(
    context: &Context,
    clients: &Clients,
    project: &Project,
    stack: &Stack,
    template: Template,
    consent: Consent,
) -> Result<Deployed> {
    let deployment =
        HotDeployment { context, clients, project, stack, consent: consent.changes, shows_progress: true };
    match deployment.run(template).await? {
        Outcome::Done(stack) => Ok(Deployed::Done(stack)),
        Outcome::Declined => Ok(Deployed::Declined),
        Outcome::NeedsFull(obstacles) => {
            let full = context.command("deploy", &stack.word());
            Err(Error::usage(format!("this cannot be changed hot: {}", hot::listed(&obstacles)))
                .hint(format!("deploy in full with `{full}`")))
        }
    }
}

async fn deploy_all(
    context: &Context,
    args: &Args,
    project: &Project,
    stacks: &[Stack],
    consent: Consent,
) -> Result<()> {
    if args.mode == Mode::Direct {
        return Err(Error::usage("`--mode direct` deploys one stack, and these are several")
            .hint("deploy them one after the other, or leave it out"));
    }
    let most = args.concurrency.into();
    let landings = fleet::roll_out(context, project, stacks, consent, args.manner(), most).await;
    match landings.map_err(name_the_flag)? {
        Some(landings) => context.ui.show_fleet(landings, "deployed"),
        None => Ok(()),
    }
}

async fn execute_plan(context: &Context, path: &Path, consent: Consent) -> Result<Deployed> {
    let file = PlanFile::read(path)?;
    if let Some(region) = context.options.region.as_ref().filter(|region| **region != file.region) {
        return Err(Error::usage(format!("the plan is for {}, not for {region}", file.region)));
    }
    let environment = Environment::at(&file.region, &file.account);
    let clients = context.clients_in(None, &environment).await?;
    let PlanFile { stack: word, environment, stack_name: name, .. } = &file;
    // What was changed hot since the plan was made is settled too.
    let marks = hot::marks_of_stack(&context.ui, &clients, name, environment).await?;
    let execution =
        Execution { context, clients: &clients, name, word, environment, marks: &marks, template: None };
    let ui = &context.ui;
    let Some(change_set) = file.change_set() else {
        ui.status(&format!("Nothing to change: the plan for {} is empty.", file.stack_name));
        return execution.deployed().await;
    };
    match file.standing(&clients, &change_set).await? {
        Standing::Waiting => {}
        Standing::Underway => {
            ui.status("The plan is being executed; following it to its end.");
            return kept(context, &clients, execution.join(&change_set).await?).await;
        }
        Standing::Done => {
            ui.status("The plan was executed already.");
            return execution.settled().await;
        }
    }
    let plan = Plan { changes: file.changes.clone() };
    ui.status(&PlanView::new(&plan, ui.style()).to_string());
    if !agree(ui, &[(name, &plan)], consent)? {
        ui.status("Nothing was changed; the plan can still be executed.");
        return Ok(Deployed::Declined);
    }
    kept(context, &clients, execution.run(&change_set).await?).await
}

/// Keeps what an executed plan has deployed for `diff --template`.
async fn kept(context: &Context, clients: &Clients, deployed: Deployed) -> Result<Deployed> {
    if let Deployed::Done(stack) = &deployed {
        let template = change_set::deployed_template(clients, stack.stack_id().unwrap_or_default()).await?;
        let name = stack.stack_name().unwrap_or_default();
        let pairs = stack.parameters().iter().filter_map(|parameter| {
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        });
        if let Some(template) = template {
            let template = Template::new(template);
            context.keep_deployed(clients, &LastDeployed::now(clients, name, &template, pairs));
        }
    }
    Ok(deployed)
}
