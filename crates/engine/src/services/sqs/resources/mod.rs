//! What CloudFormation provisions here.

mod policy;
mod queue;

use std::collections::BTreeMap;

use crate::resource::{ResourceRequest, ResourceType};

/// Returns the resource types of SQS.
pub fn all() -> Vec<Box<dyn ResourceType>> {
    vec![Box::new(queue::QueueResource), Box::new(policy::QueuePolicyResource)]
}

/// Returns the tags of a template's resource: those of the stack under its own.
fn tags(request: &ResourceRequest<'_>) -> BTreeMap<String, String> {
    let own = request.properties["Tags"].as_array().into_iter().flatten();
    let own =
        own.filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].as_str()?.to_owned())));
    let mut tags = request.tags.clone();
    tags.extend(own);
    tags
}

/// Tells whether a resource was made by the very request that comes again after an interruption.
fn is_own(tags: &BTreeMap<String, String>, request: &ResourceRequest<'_>) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|found| found == value);
    has("aws:cloudformation:stack-id", request.stack_id)
        && has("aws:cloudformation:logical-id", request.logical_id)
}
