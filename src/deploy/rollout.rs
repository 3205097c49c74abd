//! The whole way of a deployment: check, package, plan; consent, execution and end are `execution`'s.
//!
//! `deploy` and `rehearse` are this with different consent; it speaks to the user through the `Ui` it is given.

use super::change_set::{self, ChangeSet};
use super::execution::{Consent, Deployed, Execution, agree};
use super::ground::Ground;
use super::groundwork::{build, keep, make_way, marks, upload};
use super::hot::{self, Mark};
use super::mode::{Manner, Mode};
use super::plan::{Action, Plan};
use super::prepare::Prepared;
use super::{adoption, direct};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::Result;
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
        let template = self.prepared.template.read();
        let execution = Execution { context, clients, name, word, environment, marks, template };
        if self.change_set.plan.is_none() {
            return self.put_aside(&execution).await;
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

    /// Throws a plan without changes away; what was changed hot is put as the stack file says.
    async fn put_aside(&self, execution: &Execution<'_>) -> Result<Deployed> {
        let Self { clients, name, marks, .. } = self;
        let (ui, region) = (&execution.context.ui, &clients.region);
        if !marks.is_empty() {
            self.discard().await?;
            let settled = execution.settled().await?;
            ui.status(&format!("Settled {name} in {region}: nothing in it is changed hot."));
            return Ok(settled);
        }
        // It changes nothing of the stack, which may be read meanwhile; and what is kept is written.
        let kept = async { keep(execution.context, clients, &self.prepared) };
        let (discarded, deployed, ()) = tokio::join!(self.discard(), execution.deployed(), kept);
        discarded?;
        ui.status(&format!("Nothing to change: {name} in {region} is as the stack file says."));
        deployed
    }

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
    project: &Project,
    stack: &Stack,
    template: Template,
    ground: Ground,
    consent: Consent,
    manner: Manner,
) -> Result<Deployed> {
    if manner.mode == Mode::Direct {
        return direct::roll_out(context, project, stack, template, ground, consent).await;
    }
    let planned = plan(context, project, stack, template, ground, manner).await?;
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
    project: &Project,
    stack: &Stack,
    template: Template,
    ground: Ground,
    manner: Manner,
) -> Result<Planned> {
    let ground = make_way(context, stack, ground).await?;
    let base = ground.base();
    let clients = ground.clients;
    let mut prepared = build(context, &clients, project, stack, template).await?;
    prepared.manner = manner;
    let progress = context.ui.progress("planning the changes");
    let planned = async {
        match manner.adopts {
            true => adoption::plan(&clients, &mut prepared, base).await,
            false => change_set::create(&clients, &prepared, base).await,
        }
    };
    let (change_set, marks) = tokio::join!(planned, marks(context, &clients, stack, base));
    drop(progress);
    let change_set = change_set?;
    let marks = match marks {
        Ok(marks) => marks,
        Err(error) => {
            change_set::discard(&clients, &change_set.id, &change_set.stack_id, base).await?;
            return Err(error);
        }
    };
    Ok(Planned {
        clients,
        name: prepared.stack_name.clone(),
        word: stack.word(),
        environment: stack.environment_name.clone(),
        prepared,
        change_set,
        marks,
    })
}
