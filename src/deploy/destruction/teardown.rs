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
/// With resources whose data may go, a bucket that was refilled meanwhile is emptied again. Resources in `retained` stay;
/// CloudFormation takes such only for a stack whose deletion has failed.
pub async fn delete_stack(
    clients: &Clients,
    stack_id: &str,
    resources_to_empty: &[StackResourceSummary],
    retained: &[String],
    mut seen: impl FnMut(&StackEvent),
) -> Result<Outcome> {
    let mut round = 1;
    loop {
        let cursor = newest_event(clients, stack_id).await?;
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
    }
}
