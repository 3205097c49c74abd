//! The whole way of a hot deployment: build, compare, ask, change. It speaks to the user through the `Ui` it is given.

use std::time::Instant;

use aws_sdk_cloudformation::types::Stack as DeployedStack;
use tokio::sync::{mpsc, oneshot};

use super::apply::apply;
use super::comparison::{Change, Obstacle};
use super::mark;
use super::plan::{Built, HotPlan, There};
use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::stack_status::{Situation, situation};
use crate::deploy::{stacks, values};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::package::{Profile, Remembered, build_functions, layers};
use crate::project::Project;
use crate::render::Template;
use crate::stack::{Stack, is_production};
use crate::ui::{HotView, counted};

/// Refuses an environment in which nothing may be other than CloudFormation knows it.
pub fn refuse(context: &Context, stack: &Stack) -> Result<()> {
    let (name, file) = (&stack.environment_name, stack.path.display());
    let why = match (stack.environment.protect, is_production(name)) {
        (true, _) => "is protected",
        (false, true) => "is production by its name",
        (false, false) => return Ok(()),
    };
    let full = context.command_in(name, "deploy", &stack.word());
    Err(Error::usage(format!("the environment `{name}` of {file} {why}, and nothing is changed hot there"))
        .hint(format!("deploy in full with `{full}`")))
}

/// How a hot deployment ended that did not fail.
#[derive(Debug)]
pub enum Outcome {
    Done(Box<DeployedStack>),
    Declined,
    /// Nothing was changed: these cannot be changed by direct calls.
    NeedsFull(Vec<Obstacle>),
}

/// Names what only a full deployment changes.
pub fn listed(obstacles: &[Obstacle]) -> String {
    let list: Vec<String> = obstacles.iter().map(ToString::to_string).collect();
    list.join(", ")
}

/// A stack, and where it is deployed.
pub struct HotDeployment<'a> {
    pub context: &'a Context,
    pub clients: &'a Clients,
    pub project: &'a Project,
    pub stack: &'a Stack,
    /// Whether the user has agreed to what changes.
    pub consent: bool,
    /// Whether to show what is being built, where nothing else is written meanwhile.
    pub shows_progress: bool,
}

impl HotDeployment<'_> {
    /// Brings functions and delivery streams to what the stack file and its rendered and checked template say.
    pub async fn run(&self, template: Template) -> Result<Outcome> {
        let Self { clients, stack, .. } = self;
        let name = stack.stack_name();
        let Some(deployed) = self.deployed().await? else {
            return Ok(Outcome::NeedsFull(vec![Obstacle::new(&name, "not deployed yet")]));
        };
        let (built, there, values) = tokio::try_join!(
            self.build(),
            There::read(clients, deployed.clone()),
            values::read(clients, stack, &self.project.root),
        )?;
        let mut remembered = Remembered::open(&self.project.root);
        let plan = HotPlan::new(clients, stack, template, there, built, values, &mut remembered)?;
        if !plan.obstacles.is_empty() {
            return Ok(Outcome::NeedsFull(plan.obstacles));
        }
        self.execute(&name, plan, deployed).await
    }

    async fn execute(&self, name: &str, plan: HotPlan, deployed: DeployedStack) -> Result<Outcome> {
        let ui = &self.context.ui;
        let region = &self.clients.region;
        if plan.is_effective() {
            ui.status(&HotView::new(&plan, ui.style()).to_string());
            if !self.consent && !ui.confirm(&format!("Change this hot in {name}?"), "--yes")? {
                ui.status("Nothing was changed.");
                return Ok(Outcome::Declined);
            }
        } else {
            ui.status(&format!("Nothing to change hot: {name} in {region} is as the stack file says."));
        }
        let started = Instant::now();
        apply(self.clients, name, &plan.changes).await.map_err(|error| {
            error.hint("what was changed is marked so; mend it and run the same command again")
        })?;
        let changed = plan.changes.iter().filter(|change| change.is_effective()).count();
        if changed > 0 {
            let seconds = started.elapsed().as_secs_f64();
            let what = counted(changed as u64, "resource");
            ui.status(&format!("Changed {what} of {name} hot in {seconds:.1} s."));
            if plan.changes.iter().any(Change::takes_minutes) && !self.clients.is_nearby() {
                ui.status("Firehose takes a few minutes until new settings are in effect.");
            }
        }
        if !plan.marks.is_empty() {
            ui.status(&format!("Marked until the next full deployment: {}.", mark::listed(&plan.marks)));
        }
        Ok(Outcome::Done(Box::new(deployed)))
    }

    /// Returns the stack when it takes updates, or nothing when there is none; in between is an error.
    async fn deployed(&self) -> Result<Option<DeployedStack>> {
        let name = self.stack.stack_name();
        let Some(found) = stacks::find(self.clients, &name).await? else { return Ok(None) };
        let Some(status) = found.stack_status() else { return Ok(Some(found)) };
        let message = format!("the stack `{name}` is in {}, and takes no changes now", status.as_str());
        let command = |verb: &str| self.context.command(verb, &self.stack.word());
        match situation(status) {
            Situation::Ready => Ok(Some(found)),
            Situation::Absent | Situation::Dead => Ok(None),
            Situation::Underway => {
                Err(Error::usage(message).hint(format!("follow it to its end with `{}`", command("deploy"))))
            }
            Situation::Stuck => Err(Error::new(ErrorKind::NeedsRecovery, message)
                .hint(format!("see what stopped it, and mend it, with `{}`", command("recover")))),
        }
    }

    /// Builds what the stack runs, in a thread of its own: the compiler takes its time.
    async fn build(&self) -> Result<Built> {
        let progress = self.shows_progress.then(|| self.context.ui.progress("building the functions"));
        let (stack, root) = (self.stack.clone(), self.project.root.clone());
        let profile = Profile::fitting(self.clients.is_nearby());
        let (names, mut news) = mpsc::unbounded_channel::<String>();
        let (done, result) = oneshot::channel();
        std::thread::spawn(move || {
            let mut progress = |name: &str| drop(names.send(name.to_owned()));
            let binaries = match stack.file.functions.is_empty() {
                true => Ok(Vec::new()),
                false => build_functions(&stack, &root, profile, &mut progress),
            };
            let built = binaries.and_then(|binaries| Ok(Built { binaries, layers: layers(&stack, &root)? }));
            // Whoever asked may have gone.
            let _ = done.send(built);
        });
        while let Some(name) = news.recv().await {
            if let Some(progress) = &progress {
                progress.doing(&format!("building the functions: {name}"));
            }
        }
        result.await.unwrap_or_else(|_| Err(Error::failed_to("build the functions")))
    }
}
