//! Who may do what: roles and those who take them, policies and what the pipeline needs, functions and those who call them.

mod action_resource;
mod calls;
mod everything;
mod invocation;
mod permission;
mod policy_order;
mod principal;
mod trust;

use crate::lint::Rule;
use crate::template::Template;
use serde_json::Value;

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    trust::RULE,
    permission::RULE,
    policy_order::RULE,
    invocation::RULE,
    action_resource::RULE,
    everything::RULE,
    principal::RULE,
];

/// Returns the way to something in the properties of a resource.
fn properties(logical_id: &str, rest: &[&str]) -> Vec<String> {
    let start = ["Resources", logical_id, "Properties"];
    start.iter().chain(rest).map(|step| (*step).to_owned()).collect()
}

/// Types with policies of an identity: lists of them, and those that are one.
const WITH_POLICIES: [&str; 3] = ["AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::User"];
const POLICIES: [&str; 6] = [
    "AWS::IAM::GroupPolicy",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::RolePolicy",
    "AWS::IAM::UserPolicy",
    "AWS::SSO::PermissionSet",
];

/// Visits every policy of an identity, with the way to it.
fn documents<'t>(template: &'t Template, visit: &mut impl FnMut(&[String], &'t Value)) {
    for (logical_id, resource) in &template.resources {
        let kind = resource.resource_type.as_str();
        if POLICIES.contains(&kind)
            && let Some(document) = resource.properties.get("PolicyDocument")
        {
            visit(&properties(logical_id, &["PolicyDocument"]), document);
        }
        let policies = resource.properties.get("Policies").filter(|_| WITH_POLICIES.contains(&kind));
        for (index, policy) in policies.and_then(Value::as_array).into_iter().flatten().enumerate() {
            if let Some(document) = policy.get("PolicyDocument") {
                visit(&properties(logical_id, &["Policies", &index.to_string(), "PolicyDocument"]), document);
            }
        }
    }
}
