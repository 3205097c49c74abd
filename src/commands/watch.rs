//! `hydrant watch`

use std::convert::Infallible;
use std::time::Duration;

use jiff::Timestamp;

use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::execution::{Consent, agree};
use crate::deploy::ground::Ground;
use crate::deploy::hot::{self, HotDeployment, Outcome};
use crate::deploy::mode::Manner;
use crate::deploy::names::physical_names;
use crate::deploy::{rollout, stacks};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::logs::{Tail, choose, pause};
use crate::project::Project;
use crate::render::Template;
use crate::stack::Stack;
use crate::ui::{LogView, counted};
use crate::watch::{Notices, Scope, Snapshot};

/// How long to wait before looking again for logs that are not there.
const WITHOUT_LOGS: Duration = Duration::from_secs(2);

/// Deploy a stack hot whenever it is saved
///
/// Does what `deploy --hot` does, at once and then on every save of the stack file, a template, a layer, or the source of a
/// function's crate or of a crate that it depends on. To start it is to consent to that. What the compiler or the
/// linter finds is shown, and the watch goes on. A change that needs a full deployment is named; on a terminal you are asked
/// whether to make it. In between, the lines of the stack's logs are shown. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  hydrant watch telemetric --local\n  hydrant watch telemetric --no-logs\n  \
                        hydrant watch telemetric --local --format json | jq -r .message"
)]
pub struct Args {
    /// Stack to watch: a name in `stacks/`, or a path
    stack: String,
    /// Show no lines of the stack's logs
    #[arg(long)]
    no_logs: bool,
    /// Deploy although `hydrant lint` finds errors
    #[arg(long)]
    allow_lint_errors: bool,
}

pub async fn run(context: &Context, args: &Args) -> Result<()> {
    let project = context.project()?;
    let stack = context.stack(&project, &args.stack)?;
    hot::refuse(context, &stack)?;
    let clients = context.clients(&project, &stack).await?;
    let watch = Watch { context, clients: &clients, project: &project, args };
    let logs = async {
        match args.no_logs {
            true => std::future::pending().await,
            false => watch.logs(&stack).await,
        }
    };
    tokio::select! {
        ended = watch.rounds(&stack) => ended,
        never = logs => match never {},
    }
}

/// How a round came out.
enum Round {
    Over,
    /// Something only a full deployment changes, of this stack and its checked template.
    NeedsFull(Box<Stack>, Template, String),
}

struct Watch<'a> {
    context: &'a Context,
    clients: &'a Clients,
    project: &'a Project,
    args: &'a Args,
}

impl Watch<'_> {
    /// Deploys, waits for a save, and deploys again, until Ctrl-C.
    async fn rounds(&self, stack: &Stack) -> Result<()> {
        let ui = &self.context.ui;
        let mut interruptions = Interruptions::listen()?;
        let mut notices = Notices::new()?;
        let mut scope = self.scope(stack);
        let crates = counted(scope.crates as u64, "crate");
        let name = stack.stack_name();
        ui.status(&format!("Watching {} and {crates} for {name}; Ctrl-C ends it.", stack.path.display()));
        loop {
            let before = scope.snapshot();
            notices.listen_to(&before.folders)?;
            let round = tokio::select! {
                round = self.round() => round,
                interruption = interruptions.next() => {
                    let again = self.context.command("deploy --hot", &self.args.stack);
                    return Err(Error::new(interruption, "interrupted in the middle of a hot deployment")
                        .hint(format!("bring it to its end with `{again}`")));
                }
            };
            match round {
                Ok(Round::Over) => {}
                Ok(Round::NeedsFull(stack, template, why)) => {
                    if let Some(interruption) =
                        self.in_full(&stack, template, &why, &mut interruptions).await?
                    {
                        return ended(interruption);
                    }
                }
                Err(error) => ui.error(&error),
            }
            if let Some(interruption) = self.saved(&scope, &before, &mut notices, &mut interruptions).await? {
                return ended(interruption);
            }
            // The stack may be made of other crates now; one that cannot be read is made of those that it was.
            match self.context.stack(self.project, &self.args.stack) {
                Ok(stack) => scope = self.scope(&stack),
                Err(_) => scope.join(Scope::of_file(&stack.path)),
            }
        }
    }

    /// Returns where the stack's files are, as far as cargo says.
    fn scope(&self, stack: &Stack) -> Scope {
        Scope::of(self.project, stack).unwrap_or_else(|error| {
            self.context.ui.error(&error);
            Scope::of_file(&stack.path)
        })
    }

    /// Waits until a file is other than `before`; returns how the user ended that instead.
    async fn saved(
        &self,
        scope: &Scope,
        before: &Snapshot,
        notices: &mut Notices,
        interruptions: &mut Interruptions,
    ) -> Result<Option<Kind>> {
        loop {
            let now = scope.snapshot();
            let changed = now.changed_since(before, &self.project.root);
            if !changed.is_empty() {
                self.context.ui.status(&format!("\nSaved: {}.", changed.join(", ")));
                return Ok(None);
            }
            notices.listen_to(&now.folders)?;
            tokio::select! {
                () = notices.next() => {}
                interruption = interruptions.next() => return Ok(Some(interruption)),
            }
        }
    }

    async fn round(&self) -> Result<Round> {
        let Self { context, clients, project, args } = self;
        let stack = context.stack(project, &args.stack)?;
        hot::refuse(context, &stack)?;
        let template = rollout::checked(context, project, &stack, self.consent())?;
        let deployment =
            HotDeployment { context, clients, project, stack: &stack, consent: true, shows_progress: false };
        match deployment.run(template.clone()).await? {
            Outcome::NeedsFull(obstacles) => {
                Ok(Round::NeedsFull(Box::new(stack), template, hot::listed(&obstacles)))
            }
            Outcome::Done(_) | Outcome::Declined => Ok(Round::Over),
        }
    }

    fn consent(&self) -> Consent {
        Consent { changes: true, losses: false, lint_errors: self.args.allow_lint_errors }
    }

    /// Offers the full deployment of what cannot be changed hot; returns how the user ended the watch instead.
    async fn in_full(
        &self,
        stack: &Stack,
        template: Template,
        why: &str,
        interruptions: &mut Interruptions,
    ) -> Result<Option<Kind>> {
        let Self { context, clients, project, args } = self;
        let ui = &context.ui;
        ui.status(&format!("This cannot be changed hot: {why}."));
        let command = context.command("deploy", &args.stack);
        if !ui.can_ask() {
            ui.status(&format!("Deploy in full with `{command}`"));
            return Ok(None);
        }
        let planned = async {
            let ground = Ground::look((*clients).clone(), stack).await?;
            rollout::plan(context, project, stack, template, ground, Manner::default()).await
        };
        let planned = match planned.await {
            Ok(planned) => planned,
            Err(error) => {
                ui.error(&error);
                return Ok(None);
            }
        };
        planned.tell(ui);
        if let Some(plan) = &planned.change_set.plan
            && let Err(error) = agree(ui, &[(&planned.name, plan)], self.consent())
        {
            planned.discard().await?;
            ui.error(&error.hint(format!("deploy in full with `{command} --delete-data`")));
            return Ok(None);
        }
        let question = format!("Deploy these changes to {} in full?", planned.name);
        let answer = tokio::select! {
            answer = ui.confirm_meanwhile(&question) => answer,
            interruption = interruptions.next() => {
                planned.discard().await?;
                return Ok(Some(interruption));
            }
        };
        match answer {
            Ok(true) => match planned.execute(context).await {
                Err(error) if error.kind.is_interruption() => return Err(error),
                Err(error) => ui.error(&error),
                Ok(_) => {}
            },
            _ => {
                planned.discard().await?;
                ui.status("Nothing was changed.");
            }
        }
        Ok(None)
    }

    /// Shows the lines of the stack's logs as they come.
    async fn logs(&self, stack: &Stack) -> Infallible {
        let since = Timestamp::now().as_millisecond();
        let mut told = String::new();
        loop {
            if let Err(error) = self.tail(stack, since).await {
                let error = error.to_string();
                if error != told {
                    self.context.ui.status(&format!("The logs cannot be shown: {error}."));
                    told = error;
                }
            }
            tokio::time::sleep(WITHOUT_LOGS).await;
        }
    }

    async fn tail(&self, stack: &Stack, since: i64) -> Result<()> {
        let name = stack.stack_name();
        if stacks::find(self.clients, &name).await?.is_none() {
            return Ok(());
        }
        let names = physical_names(self.clients, &name).await?;
        // Before its first deployment it has none.
        let Ok(sources) = choose(stack, &names, &[], &[]) else { return Ok(()) };
        let view = LogView::new(&sources, self.context.ui.format);
        let mut tail = Tail::new(self.clients, &sources, since, None);
        let mut rows = self.context.ui.rows();
        loop {
            for line in tail.next().await? {
                rows.write(view.write(&line).as_bytes())?;
            }
            rows.flush()?;
            tokio::time::sleep(pause(self.clients, &sources)).await;
        }
    }
}

/// Ctrl-C is how a watch ends that waits; whatever else ends it says so.
fn ended(interruption: Kind) -> Result<()> {
    match interruption {
        Kind::Interrupted => Ok(()),
        other => Err(Error::new(other, "ended while waiting; nothing was under way")),
    }
}
