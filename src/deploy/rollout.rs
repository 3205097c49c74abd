//! The whole way of a deployment: check, package, plan, consent, execute, follow.
//!
//! `deploy` and `rehearse` are this with different consent; it speaks to the user through the `Ui` it is given.

use aws_sdk_cloudformation::types::Stack as DeployedStack;

use super::attend::{Attended, attend};
use super::change_set::{self, Base, ChangeSet};
use super::failure::{Failure, advice, first_failure};
use super::follow::{Outcome, follow};
use super::prepare::{Prepared, prepare};
use super::stack_status::{Situation, is_success, situation};
use super::validation::{self, Validated};
use super::{artifacts, stacks, teardown};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interruptions;
use crate::lint;
use crate::project::Project;
use crate::render::render;
use crate::stack::Stack;
use crate::ui::PlanView;

/// What the user agreed to beforehand.
#[derive(Debug, Clone, Copy)]
pub struct Consent {
    /// To the changes.
    pub changes: bool,
    /// To losing data.
    pub losses: bool,
}

/// How a deployment ended that did not fail.
#[derive(Debug)]
pub enum Deployed {
    Done(Box<DeployedStack>),
    Declined,
}

/// Brings a stack to what its file says.
pub async fn roll_out(
    context: &Context,
    clients: &Clients,
    project: &Project,
    stack: &Stack,
    consent: Consent,
) -> Result<Deployed> {
    let ui = &context.ui;
    let template = render(stack, &project.root)?;
    lint::refuse_errors(stack, &template)?;
    let base = make_way(context, clients, stack).await?;

    let progress = ui.progress("building the functions");
    let prepared = prepare(clients, stack, template, &project.root, &mut |name| {
        progress.doing(&format!("building the functions: {name}"));
    })?;
    progress.doing("planning the changes");
    let change_set = change_set::create(clients, &prepared, base).await?;
    drop(progress);

    let Some(plan) = &change_set.plan else {
        change_set::discard(clients, &change_set.id, &change_set.stack_id, base).await?;
        ui.status(&format!(
            "Nothing to change: {} in {} is as the stack file says.",
            prepared.stack_name, clients.region
        ));
        return deployed(clients, &prepared.stack_name).await;
    };
    ui.status(&PlanView::new(plan, ui.style()).to_string());
    if let Err(refusal) = agree(context, &prepared, &change_set, consent) {
        change_set::discard(clients, &change_set.id, &change_set.stack_id, base).await?;
        return match refusal {
            Refusal::Declined => {
                ui.status("Nothing was changed.");
                Ok(Deployed::Declined)
            }
            Refusal::Error(error) => Err(error),
        };
    }
    upload(context, clients, &prepared).await?;
    let outcome = execute(context, clients, stack, &change_set).await?;
    conclude(context, clients, stack, &change_set, outcome).await
}

/// Waits for a running operation and clears away what stands in the way; returns what the deployment builds on.
async fn make_way(context: &Context, clients: &Clients, stack: &Stack) -> Result<Base> {
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
                let mut operation = ui.operation("waiting", 0);
                follow(clients, &stack_id, None, |event| operation.show(event)).await?;
            }
            Situation::Dead => {
                ui.status(&format!(
                    "`{name}` is in {}: deleting what a failed create left.",
                    status.as_str()
                ));
                let mut operation = ui.operation("deleting", 0);
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

fn stuck(context: &Context, stack: &Stack, status: &str) -> Error {
    let message = format!("the stack `{}` cannot be updated from {status}", stack.stack_name());
    let recover = context.command("recover", &stack.word());
    Error::new(Kind::NeedsRecovery, message)
        .hint(format!("see what stopped it, and mend it, with `{recover}`"))
}

/// Why a plan is not carried out.
enum Refusal {
    Declined,
    Error(Error),
}

fn agree(
    context: &Context,
    prepared: &Prepared,
    change_set: &ChangeSet,
    consent: Consent,
) -> Result<(), Refusal> {
    let losses: Vec<String> = change_set
        .plan
        .iter()
        .flat_map(super::plan::Plan::losses)
        .filter_map(|change| Some(format!("{} loses {}", change.logical_id, change.loses?)))
        .collect();
    if !losses.is_empty() && !consent.losses {
        return Err(Refusal::Error(
            Error::usage(format!("this would lose data: {}", losses.join(", ")))
                .hint("consent to that with --delete-data"),
        ));
    }
    if consent.changes {
        return Ok(());
    }
    match context.ui.confirm(&format!("Deploy these changes to {}?", prepared.stack_name), "--yes") {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::Declined),
        Err(error) => Err(Refusal::Error(error)),
    }
}

async fn upload(context: &Context, clients: &Clients, prepared: &Prepared) -> Result<()> {
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

async fn execute(
    context: &Context,
    clients: &Clients,
    stack: &Stack,
    change_set: &ChangeSet,
) -> Result<Outcome> {
    let (name, resume) = (stack.stack_name(), context.command("deploy", &stack.word()));
    let mut interruptions = Interruptions::listen()?;
    let cursor = stacks::newest_event(clients, &change_set.stack_id).await?;
    let total = change_set.plan.as_ref().map_or(0, |plan| plan.changes.len());
    let operation = context.ui.operation(&format!("deploying {name}"), total);
    change_set::execute(clients, change_set).await?;
    let attended = Attended { stack: &name, resume: &resume, cursor };
    attend(clients, change_set, attended, &mut interruptions, operation).await
}

/// Says how it ended; what a failed create left behind is removed.
async fn conclude(
    context: &Context,
    clients: &Clients,
    stack: &Stack,
    change_set: &ChangeSet,
    outcome: Outcome,
) -> Result<Deployed> {
    let name = &stack.stack_name();
    if is_success(&outcome.status) {
        context.ui.status(&format!(
            "{} {name} in {}.",
            if change_set.base.is_create() { "Created" } else { "Updated" },
            clients.region
        ));
        return deployed(clients, name).await;
    }
    let kind =
        if outcome.status.ends_with("ROLLBACK_COMPLETE") { Kind::RolledBack } else { Kind::NeedsRecovery };
    let mut error = Error::new(kind, format!("failed to deploy {name}: it ended in {}", outcome.status));
    if let Some(failure) = first_cause(clients, change_set, &outcome).await {
        let cause = format!("{} ({}) failed: {}", failure.logical_id, failure.resource_type, failure.reason);
        error = error.because(cause);
        if let Some(advice) = advice(&failure) {
            error = error.hint(advice);
        }
    }
    if kind == Kind::NeedsRecovery {
        error =
            error.hint(format!("lead it out of that with `{}`", context.command("recover", &stack.word())));
    }
    if change_set.base.is_create() && kind == Kind::RolledBack {
        let mut operation = context.ui.operation("removing what the failed create left", 0);
        teardown::delete_stack(clients, &change_set.stack_id, &[], &[], |event| operation.show(event))
            .await?;
        artifacts::remove(clients, name).await?;
        error = error.hint("nothing was left behind; mend it and deploy again");
    }
    Err(error)
}

/// Returns what went wrong first; for what was refused before anything was made, the validation's own events say it.
async fn first_cause(clients: &Clients, change_set: &ChangeSet, outcome: &Outcome) -> Option<Failure> {
    let failure = first_failure(&outcome.events)?;
    if !validation::is_meant_by(&failure.reason) {
        return Some(failure);
    }
    let findings = validation::findings(clients, Validated::Stack(&change_set.stack_id)).await;
    findings.into_iter().next().or(Some(failure))
}

async fn deployed(clients: &Clients, name: &str) -> Result<Deployed> {
    match stacks::find(clients, name).await? {
        Some(stack) => Ok(Deployed::Done(Box::new(stack))),
        None => Err(Error::general(format!("the stack `{name}` is gone"))),
    }
}
