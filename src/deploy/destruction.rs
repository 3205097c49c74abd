//! Takes a stack down: surveyed first, so that it can be said what would be lost, then emptied, then deleted.

use aws_sdk_cloudformation::types::StackResourceSummary;

use super::failure::first_failure;
use super::follow::{Outcome, follow};
use super::inventory::{self, Holding};
use super::stack_status::{Situation, situation};
use super::{artifacts, stacks, teardown};
use crate::aws::Clients;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::stack::Stack;

/// A stack that is to go, and what it has.
pub struct Survey {
    pub clients: Clients,
    pub name: String,
    /// The word by which commands find the stack file.
    word: String,
    /// Its id and what is in it; nothing when there is no such stack.
    pub found: Option<Found>,
}

/// What a stack has.
pub struct Found {
    stack_id: String,
    pub resources: Vec<StackResourceSummary>,
    pub holdings: Vec<Holding>,
}

impl Survey {
    /// Waits until no operation runs on the stack, and looks at what it has.
    pub async fn take(context: &Context, clients: Clients, stack: &Stack) -> Result<Self> {
        let (name, word) = (stack.stack_name(), stack.word());
        let found = match settled(context, &clients, &name).await? {
            Some(stack_id) => {
                let resources = stacks::resources(&clients, &stack_id).await?;
                let holdings = inventory::take(&clients, &resources).await?;
                Some(Found { stack_id, resources, holdings })
            }
            None => None,
        };
        Ok(Self { clients, name, word, found })
    }

    /// Returns whether there is data that can be counted.
    pub fn has_data(&self) -> bool {
        self.found.iter().flat_map(|found| &found.holdings).any(Holding::is_data)
    }

    /// Deletes the stack, the objects in its buckets and its code.
    pub async fn delete(&self, context: &Context) -> Result<()> {
        let Self { clients, name, .. } = self;
        let Some(Found { stack_id, resources, .. }) = &self.found else {
            artifacts::remove(clients, name).await?;
            context.ui.status(&format!("There is no stack {name} in {}; nothing to delete.", clients.region));
            return Ok(());
        };
        let mut operation = context.ui.operation(&format!("deleting {name}"), resources.len());
        teardown::empty_buckets(clients, resources, |bucket, total| {
            operation.doing(&format!("emptying {bucket}: {total} objects deleted"));
        })
        .await?;
        let seen = |event: &_| operation.show(event);
        let outcome = teardown::delete_stack(clients, stack_id, resources, &[], seen).await?;
        drop(operation);
        if outcome.status != "DELETE_COMPLETE" {
            let recover = context.command("recover", &self.word);
            return Err(remains(clients, name, stack_id, &outcome, &recover).await?);
        }
        artifacts::remove(clients, name).await?;
        context.ui.status(&format!("Deleted {name} from {}; nothing is left of it.", clients.region));
        Ok(())
    }
}

/// Waits until no operation runs on the stack; returns its id, or nothing when there is no stack.
async fn settled(context: &Context, clients: &Clients, name: &str) -> Result<Option<String>> {
    while let Some(found) = stacks::find(clients, name).await? {
        let stack_id = found.stack_id().unwrap_or(name).to_owned();
        if found.stack_status().map(situation) != Some(Situation::Underway) {
            return Ok(Some(stack_id));
        }
        context.ui.status(&format!("An operation on {name} is under way; waiting for it to end."));
        follow(clients, &stack_id, None, |_| ()).await?;
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
