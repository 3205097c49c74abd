//! What every deployment needs, however it goes about it: room for the stack, its packages, and what is remembered of it.

use super::change_set::Base;
use super::destruction::teardown;
use super::ground::Ground;
use super::hot::{self, Mark};
use super::plan::last_deployed::LastDeployed;
use super::prepare::{Prepared, prepare};
use super::stack_status::{Situation, situation};
use super::{artifacts, follow, values};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::project::Project;
use crate::render::Template;
use crate::stack::Stack;

/// Waits for a running operation and clears away what stands in the way; returns what the deployment builds on.
pub async fn make_way(context: &Context, stack: &Stack, mut ground: Ground) -> Result<Ground> {
    let name = stack.stack_name();
    let ui = &context.ui;
    loop {
        let clients = &ground.clients;
        let Some(found) = &ground.stack else { return Ok(ground) };
        let Some(status) = found.stack_status() else { return Ok(ground) };
        let stack_id = found.stack_id().unwrap_or(&name);
        match situation(status) {
            Situation::Absent | Situation::Ready => return Ok(ground),
            Situation::Underway => {
                ui.status(&format!("`{name}` is in {}; waiting for that to end.", status.as_str()));
                follow::outlast(context, clients, &name, stack_id).await?;
            }
            Situation::Dead => {
                ui.status(&format!(
                    "`{name}` is in {}: deleting what a failed create left.",
                    status.as_str()
                ));
                let what = format!("deleting what is left of {name}");
                let mut operation = context.operation(clients, &name, &what, Vec::new());
                let outcome =
                    teardown::delete_stack(clients, stack_id, &[], &[], |event| operation.show(event))
                        .await?;
                if outcome.status != "DELETE_COMPLETE" {
                    return Err(stuck(context, stack, &outcome.status));
                }
            }
            Situation::Stuck => return Err(stuck(context, stack, status.as_str())),
        }
        ground = Ground::look(clients.clone(), stack).await?;
    }
}

fn stuck(context: &Context, stack: &Stack, status: &str) -> Error {
    let message = format!("the stack `{}` cannot be updated from {status}", stack.stack_name());
    let recover = context.command("recover", &stack.word());
    Error::new(Kind::NeedsRecovery, message)
        .hint(format!("see what stopped it, and mend it, with `{recover}`"))
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

/// Returns what was changed hot in a stack, where that may be done.
pub async fn marks(context: &Context, clients: &Clients, stack: &Stack, base: Base) -> Result<Vec<Mark>> {
    match base == Base::Stack && !stack.environment.protect {
        true => hot::marks_of_stack(&context.ui, clients, &stack.stack_name(), &stack.environment_name).await,
        false => Ok(Vec::new()),
    }
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

/// Keeps what is deployed now for `diff --template`.
pub fn keep(context: &Context, clients: &Clients, prepared: &Prepared) {
    let Prepared { stack_name, template, parameters, .. } = prepared;
    let pairs = parameters.iter().filter_map(|parameter| {
        Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
    });
    context.keep_deployed(clients, &LastDeployed::now(clients, stack_name, template, pairs));
}
