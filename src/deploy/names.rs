//! The names that a deployed stack's blocks have in AWS.

use std::collections::BTreeMap;

use super::stacks;
use crate::aws::Clients;
use crate::error::{Error, Result};
use crate::stack::logical_id;

/// The names in AWS of a stack's resources, by logical id.
pub type PhysicalNames = BTreeMap<String, String>;

/// Returns the names in AWS of a deployed stack's resources.
pub async fn physical_names(clients: &Clients, stack_name: &str) -> Result<PhysicalNames> {
    if stacks::find(clients, stack_name).await?.is_none() {
        return Err(Error::usage(format!("the stack `{stack_name}` is not deployed")).hint("deploy it first"));
    }
    let resources = stacks::resources(clients, stack_name).await?;
    let names = resources
        .into_iter()
        .filter_map(|resource| Some((resource.logical_resource_id?, resource.physical_resource_id?)));
    Ok(names.collect())
}

/// Returns the name in AWS of a block of the stack file.
pub fn name_in_aws<'a>(names: &'a PhysicalNames, block: &str) -> Result<&'a str> {
    let id = logical_id(block);
    let name = names.get(&id).map(String::as_str);
    name.ok_or_else(|| {
        Error::general(format!("the deployed stack has no `{id}`")).hint("deploy the stack again")
    })
}
