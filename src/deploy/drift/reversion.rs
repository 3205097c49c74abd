//! The drift-aware change set that takes drift back: the deployed template and values, compared with what there is.

use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, DeploymentMode, Parameter, Stack,
};
use hydrant_cfn::template::Template;

use super::super::change_set::{Base, ChangeSet, deployed_template, discard, says_no_changes, wait};
use super::super::plan::Plan;
use super::super::plan::echo::Parameters;
use super::super::stacks;
use super::detection::is_not_there;
use crate::aws::{Clients, failure};
use crate::error::{Error, Result};

/// Plans to bring a stack's resources back to what was deployed; without a plan when CloudFormation sees no drift.
pub async fn plan(clients: &Clients, name: &str) -> Result<ChangeSet> {
    let what = || format!("plan to revert the drift of `{name}`");
    let Some(stack) = stacks::find(clients, name).await? else {
        return Err(Error::usage(format!("the stack `{name}` is not deployed")));
    };
    let request = clients
        .cloudformation
        .create_change_set()
        .stack_name(name)
        .change_set_name(format!("hydrant-{}", uuid::Uuid::new_v4().simple()))
        .change_set_type(ChangeSetType::Update)
        .deployment_mode(DeploymentMode::RevertDrift)
        .use_previous_template(true)
        .set_parameters(Some(previous_values(&stack)))
        .set_tags(stack.tags.clone())
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam);
    let output = request.send().await.map_err(|error| {
        let is_unknown = is_not_there(&error);
        let error = failure(what(), error);
        match is_unknown {
            true => error.hint("this server has no drift-aware change sets; deploy to put the stack back"),
            false => error,
        }
    })?;
    let (Some(id), Some(stack_id)) = (output.id, output.stack_id) else {
        return Err(Error::failed_to(what()).because("CloudFormation gave no id"));
    };
    let description = wait(clients, &id, &stack_id).await?;
    let has_failed = description.status() == Some(&ChangeSetStatus::Failed);
    if has_failed && !says_no_changes(&description) {
        let reason = description.status_reason().unwrap_or("no reason given").to_owned();
        discard(clients, &id, &stack_id, Base::Stack).await?;
        return Err(Error::failed_to(what()).because(reason));
    }
    let plan = if has_failed {
        None
    } else {
        let template = deployed_template(clients, &stack_id).await?;
        let template = template.and_then(|text| Template::parse(&text).ok());
        Some(Plan::of(&description, template.as_ref(), template.as_ref(), &Parameters::default()))
    };
    Ok(ChangeSet { id, stack_id, base: Base::Stack, plan, newest_event: None })
}

fn previous_values(stack: &Stack) -> Vec<Parameter> {
    let keys = stack.parameters().iter().filter_map(|parameter| parameter.parameter_key());
    keys.map(|key| Parameter::builder().parameter_key(key).use_previous_value(true).build()).collect()
}
