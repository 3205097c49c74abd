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

use super::Iam;
use super::holders::{Holder, Policies};
use crate::error::AwsError;
use crate::identity::Caller;
use crate::resource::{self, ResourceRequest, ResourceType};

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

/// Returns inline policies as the list that templates write.
fn inline_list(inline: &IndexMap<String, String>) -> Value {
    let list = inline.iter();
    list.map(|(name, document)| serde_json::json!({"PolicyName": name, "PolicyDocument": document})).collect()
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
    let mut tags = request.all_tags();
    // CloudFormation does not put its aws:cloudformation:* tags on IAM's resources, as their schemas say.
    tags.retain(|key, _| !key.starts_with("aws:"));
    tags
}

/// Refuses to make a role or user with these policies unless the caller may.
fn authorize_create(
    iam: &Iam,
    caller: &Caller,
    holder: Holder,
    (path, name): (Option<&str>, &str),
    policies: &Policies,
) -> Result<(), AwsError> {
    let arn = format!("arn:aws:iam::{}:{}{}{name}", caller.account, holder.name(), path.unwrap_or("/"));
    iam.authorize(caller, &format!("iam:Create{}", holder.entity()), &arn, None, &[])?;
    if !policies.inline.is_empty() {
        iam.authorize(caller, &format!("iam:{}", holder.action("Put")), &arn, None, &[])?;
    }
    let attach = format!("iam:{}", holder.action("Attach"));
    let mut attached = policies.attached.iter();
    attached.try_for_each(|policy| iam.authorize(caller, &attach, &arn, None, &[("iam:PolicyARN", policy)]))
}

/// Takes the template's own policies from a role or user and deletes it; what others gave it keeps it there.
fn delete(iam: &Iam, caller: &Caller, holder: Holder, name: &str, own: &Policies) -> Result<(), AwsError> {
    holder.authorize_action(iam, caller, &format!("Delete{}", holder.entity()), name)?;
    let stripped = holder.change(iam, &caller.account, name, |inline, attached| {
        Policies::apply(Policies::default(), own, inline, attached);
        Ok(())
    });
    gone_is_fine(stripped.and_then(|()| holder.delete(iam, &caller.account, name)))
}

/// Takes for done what is gone already.
fn gone_is_fine(outcome: Result<(), AwsError>) -> Result<(), AwsError> {
    resource::gone_is_fine(outcome, "NoSuchEntity")
}
