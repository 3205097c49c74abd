//! IAM's resource types for CloudFormation.

mod access_key;
mod managed_policy;
mod policy;
mod role;
#[cfg(test)]
mod tests;
mod user;

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde_json::Value;

use super::holders::{Holder, Policies};
use crate::error::AwsError;
use crate::resource::{ResourceRequest, ResourceType};

/// Returns every type that IAM provisions.
pub(super) fn all() -> Vec<Box<dyn ResourceType>> {
    vec![
        Box::new(role::RoleType),
        Box::new(user::UserType),
        Box::new(access_key::AccessKeyType),
        Box::new(policy::PolicyType),
        Box::new(managed_policy::ManagedPolicyType),
    ]
}

/// Returns a document as text: a template writes it as an object, or as JSON in a string.
fn document(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    }
}

/// Returns the policies that the properties of a role or user give it.
fn policies(properties: &Value) -> Policies {
    let inline = properties.get("Policies").and_then(Value::as_array).into_iter().flatten();
    let named = |policy: &Value| {
        Some((policy["PolicyName"].as_str()?.to_owned(), document(policy.get("PolicyDocument"))))
    };
    let inline: IndexMap<_, _> = inline.filter_map(named).collect();
    Policies { inline, attached: texts(properties, "ManagedPolicyArns") }
}

/// Returns the texts of a list property; an absent one is empty.
fn texts(properties: &Value, property: &str) -> Vec<String> {
    let items = properties.get(property).and_then(Value::as_array);
    items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the roles and users that a policy's properties name.
fn holders(properties: &Value) -> Vec<(Holder, String)> {
    let named = |(holder, property)| texts(properties, property).into_iter().map(move |name| (holder, name));
    Holder::all().into_iter().flat_map(named).collect()
}

/// Returns the stack's own tags and those in the properties, which win.
fn tags(request: &ResourceRequest<'_>) -> BTreeMap<String, String> {
    // CloudFormation does not put its aws:cloudformation:* tags on IAM's resources, as their schemas say.
    let of_stack = request.tags.iter().filter(|(key, _)| !key.starts_with("aws:"));
    let mut tags: BTreeMap<String, String> =
        of_stack.map(|(key, value)| (key.clone(), value.clone())).collect();
    for tag in request.properties.get("Tags").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(key), Some(value)) = (tag["Key"].as_str(), scalar(&tag["Value"])) {
            tags.insert(key.to_owned(), value);
        }
    }
    tags
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Returns who owns what this request makes.
fn owner(request: &ResourceRequest<'_>) -> String {
    format!("{}#{}#{}", request.stack_id, request.logical_id, request.suffix)
}

/// Tells whether an error says that something is not there.
fn is_gone(error: &AwsError) -> bool {
    error.code == "NoSuchEntity"
}
