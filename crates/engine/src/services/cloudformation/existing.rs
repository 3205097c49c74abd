//! Resources that exist already and that a change set takes into its stack (`ImportExistingResources`).
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html> says which: those
//! with a static name of their own, a policy that keeps them, and no other stack. They are taken in as they are; what of
//! them differs from the template is drift. Not as on AWS: they do not get the tags of the stack until their next update.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hydrant_cfn::schema::ResourceSchema;
use serde_json::{Map, Value};

use super::design::{Design, Wanted};
use super::provision::Job;
use super::stack::Stack;
use super::stack_resource::{Instance, RemovalPolicy, StackResource};
use super::status::ResourceStatus;
use super::suffix;
use crate::aws::Aws;
use crate::identity::Caller;

/// Returns the physical ids of what the design asks for, the stack lacks and the account has, by logical ids.
pub async fn importable(
    aws: &Arc<Aws>,
    caller: &Caller,
    stack: &Stack,
    design: &Design,
) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for wanted in design.order() {
        let is_in_stack = stack.resources.get(&wanted.logical_id).is_some_and(|resource| resource.exists());
        let Some(name) = static_name(wanted).filter(|_| !is_in_stack && stays(wanted)) else { continue };
        let resource = as_found(wanted, &name);
        let job = Job::new(stack, &resource, &resource.current).on_behalf_of(caller);
        if job.find(aws).await.is_ok() && !has_stack(aws, stack, &wanted.resource_type, &name) {
            found.insert(wanted.logical_id.clone(), name);
        }
    }
    found
}

/// Returns the name that the template itself gives, without any function.
fn static_name(wanted: &Wanted) -> Option<String> {
    let is_read_only = |schema: ResourceSchema, name: &str| schema.read_only().any(|one| one.is(&[name]));
    let schema = wanted.schema()?;
    let mut identifier = schema.primary_identifier();
    let (Some(name), None) = (identifier.next(), identifier.next()) else { return None };
    let name = name.dotted();
    let value = wanted.properties.get(&name).filter(|_| !is_read_only(schema, &name))?;
    value.as_str().map(str::to_owned)
}

fn stays(wanted: &Wanted) -> bool {
    matches!(wanted.deletion_policy, RemovalPolicy::Retain | RemovalPolicy::RetainExceptOnCreate)
}

/// Whether a resource belongs to another stack.
fn has_stack(aws: &Aws, stack: &Stack, resource_type: &str, name: &str) -> bool {
    aws.services.cloudformation.registry.read(|state| {
        let others = state.stacks.values().filter(|other| {
            (&other.account, &other.region) == (&stack.account, &stack.region) && !other.status.is_gone()
        });
        others.flat_map(|other| other.resources.values()).any(|resource| {
            resource.exists()
                && resource.resource_type == resource_type
                && resource.current.physical_id.as_deref() == Some(name)
        })
    })
}

/// Returns a resource as it would stand in its stack.
fn as_found(wanted: &Wanted, name: &str) -> StackResource {
    StackResource {
        logical_id: wanted.logical_id.clone(),
        resource_type: wanted.resource_type.clone(),
        status: ResourceStatus::ImportInProgress,
        status_reason: None,
        updated_at: crate::clock::Timestamp(0),
        current: Instance {
            physical_id: Some(name.to_owned()),
            attributes: Map::new(),
            is_secret: false,
            properties: Value::Object(Map::new()),
            suffix: suffix(),
            tags: BTreeMap::new(),
            deletion_policy: wanted.deletion_policy,
            update_replace_policy: wanted.update_replace_policy,
            depends_on: BTreeSet::new(),
            metadata: None,
            description: None,
        },
        before: None,
        discarded: Vec::new(),
        leaving: None,
        is_taken_in: false,
        drift: None,
    }
}
