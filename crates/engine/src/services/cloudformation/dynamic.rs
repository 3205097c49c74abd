//! Dynamic references: `{{resolve:ssm:name:version}}` in a property stands for a value that is kept elsewhere.
//!
//! A stack keeps the reference and not the value: change sets compare references, and the value goes only to the
//! service that makes the resource. Secrets Manager is refused by name.

use std::collections::BTreeSet;

use serde_json::Value;

use super::design::{Design, View};
use super::exports::Exports;
use super::stack::Stack;
use crate::aws::Aws;
use crate::error::AwsError;
use crate::identity::Caller;
use crate::services::ssm::Kind;

const OPEN: &str = "{{resolve:";

/// The properties that take a secure value, as AWS's documentation lists them for types that are here.
const SECURE: [(&str, &str); 2] = [
    ("AWS::IAM::User", "LoginProfile/Password"),
    ("AWS::KinesisFirehose::DeliveryStream", "RedshiftDestinationConfiguration/Password"),
];

/// A reference as a text contains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The whole reference, braces included.
    text: String,
    /// `ssm` or `ssm-secure`, or what else stands there.
    store: String,
    /// What follows the store: name and version.
    rest: String,
}

impl Reference {
    fn name_and_version(&self) -> Result<(&str, Option<&str>), String> {
        let incorrect =
            || format!("Incorrect format is used in the following SSM reference: [{}]", self.text);
        let (name, version) = match self.rest.split_once(':') {
            Some((name, version)) => (name, Some(version)),
            None => (self.rest.as_str(), None),
        };
        let is_version = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if name.is_empty() || version.is_some_and(|version| !is_version(version)) {
            return Err(incorrect());
        }
        Ok((name, version))
    }
}

/// Whether a reference stands anywhere in `value`.
pub fn stands_in(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(OPEN),
        Value::Array(items) => items.iter().any(stands_in),
        Value::Object(members) => members.values().any(stands_in),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns the references in a text, in order.
fn references(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        let inside = &rest[at + OPEN.len()..];
        let Some(end) = inside.find("}}") else { break };
        let (store, name) = inside[..end].split_once(':').unwrap_or((&inside[..end], ""));
        found.push(Reference {
            text: format!("{OPEN}{}}}}}", &inside[..end]),
            store: store.to_owned(),
            rest: name.to_owned(),
        });
        rest = &inside[end..];
    }
    found
}

/// Refuses a design with references that cannot be resolved.
pub fn check_design(
    aws: &Aws,
    caller: &Caller,
    design: &Design,
    stack: &Stack,
    exports: &Exports,
) -> Result<(), String> {
    let nothing = BTreeSet::new();
    let view = View { resources: &stack.resources, exports, unknown: &nothing };
    check(aws, caller, &design.with_dynamic_references(&view)?)
}

/// Refuses references that cannot be resolved, before anything is made.
///
/// Properties come as far resolved as is known; a reference that a function makes up is met later.
fn check(aws: &Aws, caller: &Caller, resources: &[(&str, Value)]) -> Result<(), String> {
    let (mut missing, mut insecure) = (Vec::new(), Vec::new());
    for (resource_type, properties) in resources {
        let mut visit = |path: &str, text: &str| -> Result<(), String> {
            for reference in references(text) {
                // What a function left in place makes up is not known yet.
                if reference.rest.contains("${") {
                    continue;
                }
                if reference.store == "ssm-secure" && !SECURE.contains(&(resource_type, path)) {
                    insecure.push(format!("{resource_type}/Properties/{path}"));
                    continue;
                }
                if value_of(aws, caller, &reference)?.is_none() {
                    missing.push(format!("{}:{}", reference.store, reference.rest));
                }
            }
            Ok(())
        };
        walk(properties, &mut String::new(), &mut visit)?;
    }
    if !insecure.is_empty() {
        return Err(format!("SSM Secure reference is not supported in: [{}]", insecure.join(",")));
    }
    if !missing.is_empty() {
        return Err(format!("Parameters: [{}] cannot be found.", missing.join(", ")));
    }
    Ok(())
}

fn walk(
    value: &Value,
    path: &mut String,
    visit: &mut impl FnMut(&str, &str) -> Result<(), String>,
) -> Result<(), String> {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => items.iter().try_for_each(|item| walk(item, path, visit)),
        Value::Object(members) => members.iter().try_for_each(|(name, member)| {
            let length = path.len();
            if length > 0 {
                path.push('/');
            }
            path.push_str(name);
            let walked = walk(member, path, visit);
            path.truncate(length);
            walked
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

/// Returns `value` with every reference in it replaced by what it stands for.
pub fn resolve(aws: &Aws, caller: &Caller, value: &Value) -> Result<Value, String> {
    match value {
        Value::String(text) => {
            let mut resolved = text.clone();
            for reference in references(text) {
                let stored = value_of(aws, caller, &reference)?.ok_or_else(|| {
                    format!("Parameters: [{}:{}] cannot be found.", reference.store, reference.rest)
                })?;
                resolved = resolved.replace(&reference.text, &stored);
            }
            Ok(Value::String(resolved))
        }
        Value::Array(items) => items.iter().map(|item| resolve(aws, caller, item)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| Ok((name.clone(), resolve(aws, caller, member)?)))
            .collect::<Result<_, String>>()
            .map(Value::Object),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(value.clone()),
    }
}

/// Returns what a reference stands for; `None` when there is no such parameter, or not of that kind.
fn value_of(aws: &Aws, caller: &Caller, reference: &Reference) -> Result<Option<String>, String> {
    let is_secure = match reference.store.as_str() {
        "ssm" => false,
        "ssm-secure" => true,
        other => {
            let what = format_args!("the dynamic reference to `{other}`");
            return Err(AwsError::not_supported(what).message);
        }
    };
    let (name, version) = reference.name_and_version()?;
    let stored =
        aws.services.ssm.read_parameter(aws, caller, name, version).map_err(|error| error.message)?;
    let stored = stored.filter(|stored| (stored.kind == Kind::SecureString) == is_secure);
    Ok(stored.map(|stored| stored.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_references_within_a_text() {
        let found = references("a-{{resolve:ssm:/x:2}}-{{resolve:ssm-secure:y}}-{{resolve:ssm:");
        let parts: Vec<_> = found.iter().map(Reference::name_and_version).collect();
        assert_eq!(parts, [Ok(("/x", Some("2"))), Ok(("y", None))]);
        assert_eq!(found[1].text, "{{resolve:ssm-secure:y}}");
        let incorrect = &references("{{resolve:ssm-secure:/some/parameter:}}")[0];
        assert!(
            incorrect.name_and_version().unwrap_err().ends_with("[{{resolve:ssm-secure:/some/parameter:}}]")
        );
    }
}
