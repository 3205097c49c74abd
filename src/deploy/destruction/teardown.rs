//! Takes a stack down: its objects first (`empty`), then the stack, and once more when Firehose was quicker.

use aws_sdk_cloudformation::types::{StackEvent, StackResourceSummary};

pub use super::empty::empty_buckets;
use crate::aws::{Clients, failure};
use crate::deploy::follow::{Outcome, follow};
use crate::deploy::stacks::newest_event;
use crate::error::Result;

/// How often the deletion is tried: a delivery stream that was emptying its buffer may have refilled the bucket.
const ROUNDS: usize = 3;

/// Deletes a stack and follows the deletion to its end.
///
/// See [`Deletion`] for what the lists say.
pub async fn delete_stack(
    clients: &Clients,
    stack_id: &str,
    resources_to_empty: &[StackResourceSummary],
    retained: &[String],
    seen: impl FnMut(&StackEvent),
) -> Result<Outcome> {
    let cursor = newest_event(clients, stack_id).await?;
    Deletion { clients, stack_id, resources_to_empty, retained }.begin_after(cursor, seen).await
}

/// A stack that is to go.
pub struct Deletion<'a> {
    pub clients: &'a Clients,
    pub stack_id: &'a str,
    /// Resources whose data may go: a bucket among them that was refilled meanwhile is emptied again.
    pub resources_to_empty: &'a [StackResourceSummary],
    /// Resources that stay. CloudFormation takes such only for a stack whose deletion has failed.
    pub retained: &'a [String],
}

impl Deletion<'_> {
    /// Begins it and follows it to its end; the event `cursor` was the stack's newest.
    pub async fn begin_after(
        self,
        mut cursor: Option<String>,
        mut seen: impl FnMut(&StackEvent),
    ) -> Result<Outcome> {
        let Self { clients, stack_id, resources_to_empty, retained } = self;
        let mut round = 1;
        loop {
            clients
                .cloudformation
                .delete_stack()
                .stack_name(stack_id)
                .set_retain_resources((!retained.is_empty()).then(|| retained.to_vec()))
                .send()
                .await
                .map_err(|error| failure(format!("delete the stack `{stack_id}`"), error))?;
            let outcome = follow(clients, stack_id, cursor, &mut seen).await?;
            let is_refilled = outcome.status == "DELETE_FAILED" && round < ROUNDS;
            if !is_refilled || empty_buckets(clients, resources_to_empty, |_, _| ()).await? == 0 {
                return Ok(outcome);
            }
            round += 1;
            cursor = newest_event(clients, stack_id).await?;
        }
    }
}
