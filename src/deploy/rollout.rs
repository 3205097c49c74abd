//! The whole way of a deployment: check, package, plan; consent, execution and end are `execution`'s.
//!
//! `deploy` and `rehearse` are this with different consent; it speaks to the user through the `Ui` it is given.

use super::change_set::{self, Base, ChangeSet};
use super::destruction::teardown;
use super::execution::{Consent, Deployed, Execution, agree};
use super::hot::{self, Mark};
use super::mode::{Manner, Mode};
use super::plan::last_deployed::LastDeployed;
use super::plan::{Action, Plan};
use super::prepare::{Prepared, prepare};
use super::stack_status::{Situation, situation};
use super::{adoption, artifacts, direct, follow, stacks, values};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::lint;
use crate::project::Project;
use crate::render::{Template, render};
use crate::stack::Stack;
use crate::ui::{PlanView, Ui};

/// Renders a stack and checks it, before anybody is asked anything.
pub fn checked(context: &Context, project: &Project, stack: &Stack, consent: Consent) -> Result<Template> {
    let template = render(stack, &project.root)?;
    lint::gate(&context.ui, stack, &template, consent.lint_errors)?;
    Ok(template)
}

/// A stack whose changes are planned and not yet executed.
pub struct Planned {
    pub clients: Clients,
    pub name: String,
    pub word: String,
    pub environment: String,
    pub prepared: Prepared,
    pub change_set: ChangeSet,
    /// What was changed hot since the last full deployment.
    pub marks: Vec<Mark>,
}

impl Planned {
    /// Returns whether executing it does nothing.
    pub fn is_idle(&self) -> bool {
        self.change_set.plan.is_none() && self.marks.is_empty()
    }

    /// Says what would change.
    pub fn tell(&self, ui: &Ui) {
        match &self.change_set.plan {
            Some(plan) => ui.status(&PlanView::new(plan, ui.style()).to_string()),
            None if !self.marks.is_empty() => ui.status("CloudFormation sees no differences."),
            None => {}
        }
        if let Some(told) = hot::told(&self.marks) {
            ui.status(&told);
            ui.status("The deployment settles that: they will be as the stack file says.");
        }
    }

    /// Throws the plan away, and what making it brought about.
    pub async fn discard(&self) -> Result<()> {
        let ChangeSet { id, stack_id, base, .. } = &self.change_set;
        change_set::discard(&self.clients, id, stack_id, *base).await
    }

    /// Uploads the code and executes the plan; one without changes is thrown away.
    pub async fn execute(&self, context: &Context) -> Result<Deployed> {
        let Self { clients, name, word, environment, marks, .. } = self;
        let template = Some(self.prepared.template.body.as_str());
        let execution = Execution { context, clients, name, word, environment, marks, template };
        if self.change_set.plan.is_none() {
            self.discard().await?;
            let region = &clients.region;
            if !marks.is_empty() {
                let settled = execution.settled().await?;
                context.ui.status(&format!("Settled {name} in {region}: nothing in it is changed hot."));
                return Ok(settled);
            }
            context.ui.status(&format!("Nothing to change: {name} in {region} is as the stack file says."));
            keep(context, clients, &self.prepared);
            return execution.deployed().await;
        }
        upload(context, clients, &self.prepared).await?;
        let deployed = execution.run(&self.change_set).await?;
        keep(context, clients, &self.prepared);
        self.tell_of_the_adopted(context);
        if self.prepared.manner.mode == Mode::Express {
            context.ui.status(&format!(
                "What {name} has may still be getting ready: express does not wait for it."
            ));
        }
        Ok(deployed)
    }
}

impl Planned {
    /// Says that what was taken in may differ from the stack file.
    fn tell_of_the_adopted(&self, context: &Context) {
        let changes = self.change_set.plan.iter().flat_map(|plan| &plan.changes);
        let adopted = changes.filter(|change| change.action == Action::Import);
        let adopted: Vec<&str> = adopted.map(|change| change.logical_id.as_str()).collect();
        if !adopted.is_empty() {
            let drift = context.command("drift", &self.word);
            context.ui.status(&format!(
                "Adopted, as it was: {}. See what differs from the stack file with `{drift}`.",
                adopted.join(", ")
            ));
        }
    }
}

/// Brings a stack to what its file says, and its rendered and checked template.
pub async fn roll_out(
    context: &Context,
    clients: &Clients,
    project: &Project,
    stack: &Stack,
    template: Template,
    consent: Consent,
    manner: Manner,
) -> Result<Deployed> {
    if manner.mode == Mode::Direct {
        return direct::roll_out(context, clients, project, stack, template, consent).await;
    }
    let planned = plan(context, clients, project, stack, template, manner).await?;
    if planned.is_idle() {
        return planned.execute(context).await;
    }
    planned.tell(&context.ui);
    let nothing = Plan { changes: Vec::new() };
    let plan = planned.change_set.plan.as_ref().unwrap_or(&nothing);
    match agree(&context.ui, &[(&planned.name, plan)], consent) {
        Ok(true) => planned.execute(context).await,
        refusal => {
            planned.discard().await?;
            refusal?;
            context.ui.status("Nothing was changed.");
            Ok(Deployed::Declined)
        }
    }
}

/// Packages a stack and works out what would change.
pub async fn plan(
    context: &Context,
    clients: &Clients,
    project: &Project,
    stack: &Stack,
    template: Template,
    manner: Manner,
) -> Result<Planned> {
    let base = make_way(context, clients, stack).await?;
    let mut prepared = build(context, clients, project, stack, template).await?;
    prepared.manner = manner;
    let progress = context.ui.progress("planning the changes");
    let planned = async {
        match manner.adopts {
            true => adoption::plan(clients, &mut prepared, base).await,
            false => change_set::create(clients, &prepared, base).await,
        }
    };
    let (change_set, marks) = tokio::join!(planned, marks(context, clients, stack, base));
    drop(progress);
    let change_set = change_set?;
    let marks = match marks {
        Ok(marks) => marks,
        Err(error) => {
            change_set::discard(clients, &change_set.id, &change_set.stack_id, base).await?;
            return Err(error);
        }
    };
    Ok(Planned {
        clients: clients.clone(),
        name: prepared.stack_name.clone(),
        word: stack.word(),
        environment: stack.environment_name.clone(),
        prepared,
        change_set,
        marks,
    })
}

/// Returns what was changed hot in a stack, where that may be done.
pub async fn marks(context: &Context, clients: &Clients, stack: &Stack, base: Base) -> Result<Vec<Mark>> {
    match base == Base::Stack && !stack.environment.protect {
        true => hot::marks_of_stack(&context.ui, clients, &stack.stack_name(), &stack.environment_name).await,
        false => Ok(Vec::new()),
    }
}

/// Builds and archives a stack's functions and reads the values that it takes.
pub async fn build(
    context: &Context,
    clients: &Clients,
    project: &Project,
    stack: &Stack,
    template: Template,
) -> Result<Prepared> {
    let values = values::read(clients, stack, &project.root).await?;
    let progress = context.ui.progress("building the functions");
    let mut prepared = prepare(clients, stack, template, &project.root, &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    values.join(&mut prepared);
    Ok(prepared)
}

/// Waits for a running operation and clears away what stands in the way; returns what the deployment builds on.
pub async fn make_way(context: &Context, clients: &Clients, stack: &Stack) -> Result<Base> {
    let name = stack.stack_name();
    let ui = &context.ui;
    loop {
        let Some(found) = stacks::find(clients, &name).await? else { return Ok(Base::Nothing) };
        let stack_id = found.stack_id().unwrap_or(&name).to_owned();
        let Some(status) = found.stack_status() else { return Ok(Base::Stack) };
        match situation(status) {
            Situation::Absent => return Ok(Base::EmptyStack),
            Situation::Ready => return Ok(Base::Stack),
            Situation::Underway => {
                ui.status(&format!("`{name}` is in {}; waiting for that to end.", status.as_str()));
                let mut operation = context.operation(clients, &name, &waiting(&name), Vec::new());
                follow::join(clients, &stack_id, |event| operation.show(event)).await?;
            }
            Situation::Dead => {
                ui.status(&format!(
                    "`{name}` is in {}: deleting what a failed create left.",
                    status.as_str()
                ));
                let what = format!("deleting what is left of {name}");
                let mut operation = context.operation(clients, &name, &what, Vec::new());
                let outcome =
                    teardown::delete_stack(clients, &stack_id, &[], &[], |event| operation.show(event))
                        .await?;
                if outcome.status != "DELETE_COMPLETE" {
                    return Err(stuck(context, stack, &outcome.status));
                }
            }
            Situation::Stuck => return Err(stuck(context, stack, status.as_str())),
        }
    }
}

fn waiting(name: &str) -> String {
    format!("waiting for the operation on {name}")
}

fn stuck(context: &Context, stack: &Stack, status: &str) -> Error {
    let message = format!("the stack `{}` cannot be updated from {status}", stack.stack_name());
    let recover = context.command("recover", &stack.word());
    Error::new(Kind::NeedsRecovery, message)
        .hint(format!("see what stopped it, and mend it, with `{recover}`"))
}

/// Keeps what is deployed now for `diff --template`.
pub fn keep(context: &Context, clients: &Clients, prepared: &Prepared) {
    let Prepared { stack_name, template, parameters, .. } = prepared;
    let pairs = parameters.iter().filter_map(|parameter| {
        Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
    });
    context.keep_deployed(clients, &LastDeployed::now(clients, stack_name, &template.body, pairs));
}

/// Uploads the code that is not there yet.
pub async fn upload(context: &Context, clients: &Clients, prepared: &Prepared) -> Result<()> {
    if prepared.artifacts.is_empty() {
        return Ok(());
    }
    let progress = context.ui.progress("uploading the functions' code");
    artifacts::ensure_bucket(clients).await?;
    let uploaded = artifacts::upload_code(clients, &prepared.stack_name, &prepared.artifacts).await?;
    if !uploaded.is_empty() {
        progress.line(&format!("Uploaded the code of {}.", uploaded.join(", ")));
    }
    Ok(())
}
