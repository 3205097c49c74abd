//! What CloudFormation provisions here.

mod policy;
mod queue;

use crate::resource::{AttachedPolicy, ResourceType};

/// Returns the resource types of SQS.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(queue::QueueResource), Box::new(AttachedPolicy(policy::Queues))]
}
