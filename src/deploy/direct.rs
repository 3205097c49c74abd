//! Deployment without a change set: quicker by the time that planning takes, and nobody sees what it will do.

use aws_sdk_cloudformation::types::Capability;

use super::change_set::{self, Base, ChangeSet};
use super::destruction::teardown;
use super::execution::{Consent, Deployed, Execution};
use super::ground::Ground;
use super::groundwork::{build, keep, make_way, marks, upload};
use super::prepare::Prepared;
use super::stacks;
use crate::aws::{Clients, code, failure};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::interrupt::Interruptions;
use crate::project::Project;
use crate::render::Template;
use crate::stack::Stack;

/// Brings a stack to its rendered and checked template.
pub async fn roll_out(
    context: &Context,
    project: &Project,
    stack: &Stack,
    template: Template,
    ground: Ground,
    consent: Consent,
) -> Result<Deployed> {
    let name = stack.stack_name();
    if stack.environment.protect {
        let message = format!("the environment `{}` is protected", stack.environment_name);
        return Err(Error::usage(message).hint("deploy it with a plan: leave out `--mode direct`"));
    }
    let ground = make_way(context, stack, ground).await?;
    let (clients, base) = (&ground.clients, ground.base());
    if base == Base::Stack && !consent.losses {
        return Err(Error::usage("a direct deployment does not say beforehand which data it loses").hint(
            "see that first, without `--mode direct`, or consent to whatever it is with --delete-data",
        ));
    }
    if !consent.changes && !context.ui.confirm(&format!("Deploy {name} without a plan?"), "--yes")? {
        context.ui.status("Nothing was changed.");
        return Ok(Deployed::Declined);
    }
    let prepared = build(context, clients, project, stack, template).await?;
    upload(context, clients, &prepared).await?;
    if base == Base::EmptyStack {
        // CreateStack takes the shell that somebody's change set left for a stack of that name.
        if let Some(stack_id) = ground.stack.as_ref().and_then(|stack| stack.stack_id()) {
            teardown::delete_stack(clients, stack_id, &[], &[], |_| ()).await?;
        }
    }
    let (word, environment) = (stack.word(), stack.environment_name.clone());
    let template = prepared.template.read();
    let marks = &marks(context, clients, stack, base).await?;
    let execution =
        Execution { context, clients, name: &name, word: &word, environment: &environment, template, marks };
    let mut interruptions = Interruptions::listen()?;
    let cursor = if base == Base::Stack { stacks::newest_event(clients, &name).await? } else { None };
    let Some(stack_id) = start(clients, &prepared, base).await? else {
        context
            .ui
            .status(&format!("Nothing to change: {name} in {} is as the stack file says.", clients.region));
        return execution.deployed().await;
    };
    let change_set = ChangeSet { id: String::new(), stack_id, base, plan: None, newest_event: None };
    let deployed = execution.follow(&change_set, cursor, &mut interruptions).await?;
    keep(context, clients, &prepared);
    Ok(deployed)
}

/// Sets the operation going; returns the stack's id, or nothing when there is nothing to change.
async fn start(clients: &Clients, prepared: &Prepared, base: Base) -> Result<Option<String>> {
    let what = || format!("deploy `{}` directly", prepared.stack_name);
    let too_large = prepared.template.is_too_large_for_a_request();
    let url = if too_large { Some(change_set::upload_template(clients, prepared).await?) } else { None };
    let body = (!too_large).then(|| prepared.template.body().to_owned());
    let capabilities = vec![Capability::CapabilityIam, Capability::CapabilityNamedIam];
    let token = uuid::Uuid::new_v4().to_string();
    if base.is_create() {
        let request = clients
            .cloudformation
            .create_stack()
            .stack_name(&prepared.stack_name)
            .set_template_body(body)
            .set_template_url(url)
            .set_parameters(Some(prepared.parameters.clone()))
            .set_tags(Some(prepared.tags.clone()))
            .set_capabilities(Some(capabilities))
            .retain_except_on_create(true)
            .client_request_token(token);
        let output = request.send().await.map_err(|error| failure(what(), error))?;
        return Ok(output.stack_id);
    }
    let request = clients
        .cloudformation
        .update_stack()
        .stack_name(&prepared.stack_name)
        .set_template_body(body)
        .set_template_url(url)
        .set_parameters(Some(prepared.parameters.clone()))
        .set_tags(Some(prepared.tags.clone()))
        .set_capabilities(Some(capabilities))
        .client_request_token(token);
    match request.send().await {
        Ok(output) => Ok(output.stack_id),
        Err(error) if code(&error) == Some("ValidationError") && says_no_updates(&error) => Ok(None),
        Err(error) => Err(failure(what(), error)),
    }
}

fn says_no_updates<E, R>(error: &aws_sdk_cloudformation::error::SdkError<E, R>) -> bool
where
    E: aws_sdk_cloudformation::error::ProvideErrorMetadata,
{
    let message = error.as_service_error().and_then(|error| error.message()).unwrap_or_default();
    message.contains("No updates are to be performed")
}
