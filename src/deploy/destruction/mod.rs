//! Takes a stack down: surveyed first, so that it can be said what would be lost, then brought to rest, emptied, deleted.

pub(super) mod empty;
pub(super) mod imports;
pub mod inventory;
pub(super) mod quiet;
pub(super) mod retention;
pub mod teardown;

use std::collections::BTreeMap;

use aws_sdk_cloudformation::types::{Stack as DeployedStack, StackResourceSummary};

use self::inventory::Holding;
use self::quiet::Delivery;
use self::teardown::Deletion;
use crate::aws::Clients;
use crate::context::Context;
use crate::deploy::failure::first_failure;
use crate::deploy::follow::awaited;
use crate::deploy::follow::{self, Outcome};
use crate::deploy::plan::last_deployed::LastDeployed;
use crate::deploy::stack_status::{Situation, is_success, situation};
use crate::deploy::{artifacts, stacks};
use crate::error::{Error, Kind, Result};
use crate::stack::Stack;

/// Refuses to delete a stack of a protected environment.
pub fn refuse_protected(stack: &Stack) -> Result<()> {
    if !stack.environment.protect {
        return Ok(());
    }
    let message =
        format!("the environment `{}` of {} is protected", stack.environment_name, stack.path.display());
    Err(Error::usage(message).hint("remove `protect: true` from it first"))
}

/// Whether Firehose may deliver what it holds before its delivery streams go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drain {
    Skip,
    /// In time that goes by so many times as fast as on AWS.
    AtScale(f64),
}

/// A stack that is to go, and what it has.
pub struct Survey {
    pub clients: Clients,
    pub name: String,
    /// The word by which commands find the stack file.
    word: String,
    /// Its id and what is in it; nothing when there is no such stack.
    pub found: Option<Found>,
    /// Resources that stay in the account, by logical id.
    retained: Vec<String>,
}

/// What a stack has that goes with it.
pub struct Found {
    stack_id: String,
    pub resources: Vec<StackResourceSummary>,
    pub holdings: Vec<Holding>,
    /// None where nothing depends on them.
    deliveries: Vec<Delivery>,
    /// The names of its exports that other stacks import, and these stacks.
    used: BTreeMap<String, Vec<String>>,
}

impl Survey {
    /// Waits until no operation runs on the stack, and looks at what it has beside those resources in `retained`;
    /// `drains` says whether Firehose will be given time to deliver.
    pub async fn take(
        context: &Context,
        clients: Clients,
        stack: &Stack,
        retained: &[String],
        drains: bool,
    ) -> Result<Self> {
        let (name, word) = (stack.stack_name(), stack.word());
        let mut kept = Vec::new();
        let found = match settled(context, &clients, &name).await? {
            Some((stack_id, deployed)) => {
                let mut resources = stacks::resources(&clients, &stack_id).await?;
                resources.retain(|resource| {
                    let id = resource.logical_resource_id().unwrap_or_default();
                    let stays = retained.iter().any(|name| name == id);
                    if stays {
                        kept.push(id.to_owned());
                    }
                    !stays
                });
                let deliveries = async {
                    match drains || quiet::has_functions(&resources) {
                        true => quiet::deliveries(&clients, &resources).await,
                        false => Ok(Vec::new()),
                    }
                };
                let (holdings, deliveries, used) = tokio::try_join!(
                    inventory::take(&clients, &resources),
                    deliveries,
                    imports::in_use(&clients, &deployed),
                )?;
                Some(Found { stack_id, resources, holdings, deliveries, used })
            }
            None => None,
        };
        Ok(Self { clients, name, word, found, retained: kept })
    }

    /// Returns the resources of the stack that are to stay.
    pub fn retained(&self) -> &[String] {
        &self.retained
    }

    /// Refuses to delete a stack whose exports others import that are not in `going`.
    pub fn refuse_in_use(&self, going: &[&str]) -> Result<()> {
        match &self.found {
            Some(found) => imports::refuse(&self.name, &found.used, going),
            None => Ok(()),
        }
    }

    /// Returns whether there is data that can be counted.
    pub fn has_data(&self) -> bool {
        self.found.iter().flat_map(|found| &found.holdings).any(Holding::is_data)
    }

    /// Stops what produces records, and deletes the stack, the objects in its buckets and its code.
    pub async fn delete(&self, context: &Context, drain: Drain) -> Result<()> {
        let Self { clients, name, .. } = self;
        let Some(found) = &self.found else {
            artifacts::remove(clients, name).await?;
            context.ui.status(&format!("There is no stack {name} in {}; nothing to delete.", clients.region));
            return Ok(());
        };
        let Found { stack_id, resources, .. } = found;
        self.keep(context, stack_id).await?;
        self.come_to_rest(context, found, drain).await?;
        let awaited = awaited::of_deletion(resources);
        let mut operation = context.operation(clients, name, &format!("deleting {name}"), awaited);
        let emptied = teardown::empty_buckets(clients, resources, |bucket, total| {
            operation.doing(&format!("emptying {bucket}: {total} objects deleted"));
        });
        let newest_event = || stacks::newest_event(clients, stack_id);
        let (emptied, cursor) = tokio::try_join!(emptied, newest_event())?;
        // What took time may have let another operation go by.
        let cursor = if emptied > 0 { newest_event().await? } else { cursor };
        let seen = |event: &_| operation.show(event);
        let deletion = Deletion { clients, stack_id, resources_to_empty: resources, retained: &[] };
        let (outcome, code) =
            tokio::join!(deletion.begin_after(cursor, seen), artifacts::list(clients, name));
        let outcome = outcome?;
        operation.remember();
        drop(operation);
        if outcome.status != "DELETE_COMPLETE" {
            let recover = context.command("recover", &self.word);
            return Err(remains(clients, name, stack_id, &outcome, &recover).await?);
        }
        artifacts::remove_listed(clients, name, code?).await?;
        if let Ok(project) = context.project() {
            LastDeployed::forget(&project, clients, name);
        }
        let left = match self.retained.as_slice() {
            [] => "nothing is left of it".to_owned(),
            kept => {
                let adopt = format!("{} --adopt", context.command("deploy", &self.word));
                format!("{} stayed in the account, and `{adopt}` takes it back", kept.join(", "))
            }
        };
        context.ui.status(&format!("Deleted {name} from {}; {left}.", clients.region));
        Ok(())
    }

    /// Stops what produces records, and lets Firehose deliver what it holds.
    async fn come_to_rest(&self, context: &Context, found: &Found, drain: Drain) -> Result<()> {
        let Self { clients, name, .. } = self;
        let Found { resources, holdings, deliveries, .. } = found;
        let quiet::Stopped { functions, unstoppable } = quiet::stop(clients, resources, deliveries).await?;
        if !functions.is_empty() {
            context.ui.status(&format!("Stopped {}.", functions.join(", ")));
        }
        if !unstoppable.is_empty() {
            let allow = "that takes the right to lambda:PutFunctionConcurrency";
            context.ui.status(&format!("Could not stop {}; {allow}.", unstoppable.join(", ")));
        }
        let Drain::AtScale(scale) = drain else { return Ok(()) };
        let full: Vec<_> = deliveries.iter().filter(|delivery| !delivery.is_idle(holdings)).collect();
        if full.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = full.iter().map(|delivery| delivery.logical_id.as_str()).collect();
        let ids = ids.join(", ");
        let progress = context.ui.progress(&format!("letting {ids} of {name} deliver"));
        progress.line(&format!("Letting {ids} deliver; --no-drain would skip that."));
        let left = |left| progress.doing(&format!("letting {ids} of {name} deliver: {left} s at most"));
        quiet::drain(&full, scale, left).await;
        Ok(())
    }

    /// Makes CloudFormation keep what is to stay.
    async fn keep(&self, context: &Context, stack_id: &str) -> Result<()> {
        let Self { clients, name, retained, .. } = self;
        if retained.is_empty() {
            return Ok(());
        }
        let mut operation = context.ui.operation(&format!("keeping {}", retained.join(", ")), retained.len());
        let marked =
            retention::mark(clients, name, stack_id, retained, |event| operation.show(event)).await?;
        match marked.filter(|outcome| !is_success(&outcome.status)) {
            None => Ok(()),
            Some(outcome) => Err(Error::new(
                Kind::RolledBack,
                format!("failed to keep {} of {name}: it ended in {}", retained.join(", "), outcome.status),
            )
            .hint("nothing was deleted")),
        }
    }
}

/// Waits until no operation runs on the stack; returns its id and itself, or nothing when there is no stack.
async fn settled(
    context: &Context,
    clients: &Clients,
    name: &str,
) -> Result<Option<(String, DeployedStack)>> {
    while let Some(found) = stacks::find(clients, name).await? {
        let stack_id = found.stack_id().unwrap_or(name).to_owned();
        if found.stack_status().map(situation) != Some(Situation::Underway) {
            return Ok(Some((stack_id, found)));
        }
        context.ui.status(&format!("An operation on {name} is under way; waiting for it to end."));
        follow::outlast(context, clients, name, &stack_id).await?;
    }
    Ok(None)
}

/// Returns the failure of a deletion, with what could not be deleted.
async fn remains(
    clients: &Clients,
    name: &str,
    stack_id: &str,
    outcome: &Outcome,
    recover: &str,
) -> Result<Error> {
    let resources = stacks::resources(clients, stack_id).await?;
    let left: Vec<&str> = resources.iter().filter_map(|resource| resource.logical_resource_id()).collect();
    let mut error =
        Error::new(Kind::NeedsRecovery, format!("failed to delete {name}: it ended in {}", outcome.status));
    if let Some(failure) = first_failure(&outcome.events) {
        error =
            error.because(format!("{} ({}): {}", failure.logical_id, failure.resource_type, failure.reason));
    }
    Ok(error.hint(format!("still there: {}", left.join(", "))).hint(format!(
        "mend it and run the same command again, or keep what cannot be deleted: `{recover} --retain {}`",
        left.join(" --retain ")
    )))
}
