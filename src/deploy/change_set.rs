//! Change sets: made, waited for, read as a [`Plan`], executed or thrown away.

use std::time::{Duration, Instant};

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, DeploymentMode, Parameter, Stack,
};
use futures::future::OptionFuture;
use hydrant_cfn::template::Template;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::drift::is_not_there;
use super::failure::validation::{self, Validated};
use super::plan::echo::Parameters;
use super::plan::{Plan, Setting};
use super::prepare::Prepared;
use super::stack_status::{Situation, situation};
use super::{artifacts, stacks};
use crate::aws::{Clients, failure};
use crate::error::{Error, Kind, Result};

/// How long CloudFormation may take to work out a change set.
const LIMIT: Duration = Duration::from_secs(600);

/// How long the newest event that was read counts as the newest: another operation may have begun and ended since.
const FRESH: Duration = Duration::from_secs(10);

/// A change set that was made and not yet executed.
#[derive(Debug)]
pub struct ChangeSet {
    pub id: String,
    pub stack_id: String,
    /// What it builds on.
    pub base: Base,
    /// What it would change; nothing when the stack is as it should be.
    pub plan: Option<Plan>,
    /// The stack's newest event when it was planned, and when that was; nothing where nobody has looked.
    pub newest_event: Option<(String, Instant)>,
}

impl ChangeSet {
    /// Returns the stack's newest event, as it was read moments ago; nothing when that was too long ago.
    pub fn newest_event(&self) -> Option<&str> {
        let (event, read) = self.newest_event.as_ref()?;
        (read.elapsed() < FRESH).then_some(event)
    }
}

/// What a change set builds on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Base {
    /// There is no stack; making the change set makes an empty one.
    Nothing,
    /// An empty stack, which somebody's change set left.
    EmptyStack,
    /// A stack with resources.
    Stack,
}

impl Base {
    /// Returns what a change set for a stack builds on that was looked for.
    pub fn of(found: Option<&Stack>) -> Self {
        let Some(found) = found else { return Self::Nothing };
        match found.stack_status().map(situation) {
            Some(Situation::Absent) => Self::EmptyStack,
            _ => Self::Stack,
        }
    }

    /// Returns whether executing the change set creates the stack.
    pub fn is_create(self) -> bool {
        self != Self::Stack
    }
}

/// Makes a change set for a stack and reads what it would change.
pub async fn create(clients: &Clients, prepared: &Prepared, base: Base) -> Result<ChangeSet> {
    create_as(clients, prepared, base, None).await
}

/// Makes one that compares with what there really is, so that it takes drift back, too; where there is nothing yet,
/// or the server cannot do that, an ordinary one.
pub async fn create_drift_aware(clients: &Clients, prepared: &Prepared, base: Base) -> Result<ChangeSet> {
    let mode = (!base.is_create()).then_some(DeploymentMode::RevertDrift);
    create_as(clients, prepared, base, mode).await
}

async fn create_as(
    clients: &Clients,
    prepared: &Prepared,
    base: Base,
    mode: Option<DeploymentMode>,
) -> Result<ChangeSet> {
    let what = || format!("plan the changes of `{}`", prepared.stack_name);
    let name = format!("hydrant-{}", uuid::Uuid::new_v4().simple());
    let mut request = clients
        .cloudformation
        .create_change_set()
        .stack_name(&prepared.stack_name)
        .change_set_name(&name)
        // Whoever repeats the call, its answer lost, is given the change set that it has made.
        .client_token(&name)
        .change_set_type(if base.is_create() { ChangeSetType::Create } else { ChangeSetType::Update })
        .set_parameters(Some(prepared.parameters.clone()))
        .set_tags(Some(prepared.tags.clone()))
        .set_deployment_config(prepared.manner.mode.config())
        .set_import_existing_resources(prepared.manner.adopts.then_some(true))
        .capabilities(Capability::CapabilityIam)
        .capabilities(Capability::CapabilityNamedIam);
    if prepared.template.is_too_large_for_a_request() {
        request = request.template_url(upload_template(clients, prepared).await?);
    } else {
        request = request.template_body(prepared.template.body());
    }
    let sent = match request.clone().set_deployment_mode(mode.clone()).send().await {
        Err(error) if mode.is_some() && is_not_there(&error) => request.send().await,
        sent => sent,
    };
    let output = sent.map_err(|error| failure(what(), error))?;
    let (Some(id), Some(stack_id)) = (output.id, output.stack_id) else {
        return Err(Error::failed_to(what()).because("CloudFormation gave no id"));
    };
    // A new stack has one event, one that is there has pages of them: those are read only when there is something to execute.
    let is_new = base.is_create();
    let newest_event =
        |is_wanted: bool| OptionFuture::from(is_wanted.then(|| newest_event(clients, &stack_id)));
    let (description, early) = tokio::join!(wait(clients, &id, &stack_id), newest_event(is_new));
    let description = description?;
    if mode.is_some() && description.deployment_mode().is_none() {
        tracing::info!("this server has no drift-aware change sets; what it plans leaves drift aside");
    }
    if description.status() != Some(&ChangeSetStatus::Failed) {
        let explained = explained(clients, prepared, base, &stack_id, &description);
        let (plan, late) = tokio::join!(explained, newest_event(!is_new));
        return Ok(ChangeSet {
            plan: Some(plan?),
            newest_event: early.or(late).flatten(),
            id,
            stack_id,
            base,
        });
    }
    if says_no_changes(&description) {
        return Ok(ChangeSet { id, stack_id, base, plan: None, newest_event: None });
    }
    let reason = reason(clients, &id, &description).await;
    discard(clients, &id, &stack_id, base).await?;
    Err(Error::failed_to(what()).because(reason))
}

/// Returns a stack's newest event and when it was read; where that fails it is asked again when it is needed.
async fn newest_event(clients: &Clients, stack_id: &str) -> Option<(String, Instant)> {
    let newest = stacks::newest_event(clients, stack_id).await.ok().flatten();
    newest.map(|event| (event, Instant::now()))
}

/// Returns what a change set would do and what that means, beside what is deployed.
async fn explained(
    clients: &Clients,
    prepared: &Prepared,
    base: Base,
    stack_id: &str,
    description: &DescribeChangeSetOutput,
) -> Result<Plan> {
    // As it is now: since somebody looked first, functions were built, and others may have deployed.
    let (deployed, stack) = match base.is_create() {
        true => (None, None),
        false => tokio::try_join!(deployed_template(clients, stack_id), stacks::find(clients, stack_id))?,
    };
    let parameters = parameters(stack.as_ref(), prepared);
    let deployed = deployed.and_then(|text| Template::parse(&text).ok());
    let (deployed, new) = (deployed.as_ref(), prepared.template.read());
    let mut plan = Plan::of(description, deployed, new, &parameters);
    plan.count(clients).await;
    plan.explain(&Setting {
        deployed,
        new,
        parameters: &parameters,
        artifacts: &prepared.artifacts,
        account: &clients.account,
        region: &clients.region,
        stack_name: &prepared.stack_name,
    });
    Ok(plan)
}

/// Returns why CloudFormation could not work a change set out; what it found where it looked before says more than it.
async fn reason(clients: &Clients, id: &str, description: &DescribeChangeSetOutput) -> String {
    let reason = description.status_reason().unwrap_or("no reason given").to_owned();
    if !validation::is_meant_by(&reason) {
        return reason;
    }
    let findings = validation::findings(clients, Validated::ChangeSet(id)).await;
    let lines = findings
        .iter()
        .map(|found| format!("{} ({}): {}", found.logical_id, found.resource_type, found.reason));
    lines.reduce(|all, line| format!("{all}; {line}")).unwrap_or(reason)
}

/// Throws a change set away, and the empty stack that making it brought about; one that was there before stays.
pub async fn discard(clients: &Clients, id: &str, stack_id: &str, base: Base) -> Result<()> {
    let what = "throw the change set away";
    let cloudformation = &clients.cloudformation;
    cloudformation
        .delete_change_set()
        .change_set_name(id)
        .stack_name(stack_id)
        .send()
        .await
        .map_err(|error| failure(what, error))?;
    if base == Base::Nothing {
        cloudformation
            .delete_stack()
            .stack_name(stack_id)
            .send()
            .await
            .map_err(|error| failure(what, error))?;
    }
    Ok(())
}

/// Sets a change set going.
pub async fn execute(clients: &Clients, change_set: &ChangeSet) -> Result<()> {
    let request = clients
        .cloudformation
        .execute_change_set()
        .change_set_name(&change_set.id)
        .stack_name(&change_set.stack_id)
        .client_request_token(uuid::Uuid::new_v4().to_string())
        // What a failed create made is not kept, whatever is to be kept later: nothing is in it, and nobody knows it.
        .set_retain_except_on_create(change_set.base.is_create().then_some(true));
    request.send().await.map(drop).map_err(|error| failure("execute the change set", error))
}

/// Uploads a template that is too large for a request and returns its URL.
pub(super) async fn upload_template(clients: &Clients, prepared: &Prepared) -> Result<String> {
    let body = prepared.template.body().as_bytes();
    let key = format!("{}/template-{}.yaml", prepared.stack_name, &crate::package::sha256(body)[..16]);
    artifacts::upload_template(clients, &key, body.to_vec()).await
}

/// Waits until CloudFormation has worked a change set out, and returns all pages of it as one.
pub(super) async fn wait(clients: &Clients, id: &str, stack_id: &str) -> Result<DescribeChangeSetOutput> {
    let started = Instant::now();
    let longest = Duration::from_millis(if clients.is_nearby() { 50 } else { 1000 });
    let mut pause = if clients.is_nearby() { Duration::from_millis(5) } else { longest };
    loop {
        let description = describe(clients, id, stack_id).await?;
        match description.status() {
            Some(ChangeSetStatus::CreateComplete | ChangeSetStatus::Failed) => return Ok(description),
            _ if started.elapsed() > LIMIT => {
                return Err(Error::new(
                    Kind::TimedOut,
                    "CloudFormation did not work the change set out in ten minutes",
                ));
            }
            _ => tokio::time::sleep(pause).await,
        }
        pause = (pause * 2).min(longest);
    }
}

async fn describe(clients: &Clients, id: &str, stack_id: &str) -> Result<DescribeChangeSetOutput> {
    let mut next_token = None;
    let mut whole: Option<DescribeChangeSetOutput> = None;
    loop {
        let request = clients
            .cloudformation
            .describe_change_set()
            .change_set_name(id)
            .stack_name(stack_id)
            .include_property_values(true)
            .set_next_token(next_token);
        let mut page = request.send().await.map_err(|error| failure("read the change set", error))?;
        next_token = page.next_token.take();
        whole = Some(match whole {
            Some(mut whole) => {
                whole.changes.get_or_insert_default().append(page.changes.get_or_insert_default());
                whole
            }
            None => page,
        });
        if let (None, Some(whole)) = (&next_token, whole.take_if(|_| next_token.is_none())) {
            return Ok(whole);
        }
    }
}

pub(super) fn says_no_changes(description: &DescribeChangeSetOutput) -> bool {
    let reason = description.status_reason().unwrap_or_default();
    reason.contains("didn't contain changes") || reason.contains("No updates are to be performed")
}

/// Returns the template that a stack was last deployed with.
pub async fn deployed_template(clients: &Clients, stack_id: &str) -> Result<Option<String>> {
    let output = clients
        .cloudformation
        .get_template()
        .stack_name(stack_id)
        .send()
        .await
        .map_err(|error| failure("read the deployed template", error))?;
    Ok(output.template_body.filter(|body| !body.is_empty()))
}

/// Returns the parameters that a stack has, and those that it would have.
fn parameters(stack: Option<&Stack>, prepared: &Prepared) -> Parameters {
    let pairs = |parameters: &[Parameter]| {
        let pair = |parameter: &Parameter| {
            // What nobody may see is compared by CloudFormation and not here.
            if prepared.secrets.iter().any(|secret| Some(secret.as_str()) == parameter.parameter_key()) {
                return None;
            }
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        };
        parameters.iter().filter_map(pair).collect()
    };
    Parameters {
        before: stack.map(|stack| pairs(stack.parameters())).unwrap_or_default(),
        after: pairs(&prepared.parameters),
    }
}

/// Reads a property value as the change set writes it: JSON where it is JSON, text elsewhere.
pub fn property_value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}
