//! # E5001: a module has neither tags nor policies of its own
//!
//! ```yaml
//! Bucket: {Type: My::Team::Bucket::MODULE, CreationPolicy: {…}, Properties: {Tags: []}}
//! ```
//!
//! A module becomes several resources, so what belongs to one resource cannot stand on it: `CreationPolicy`, `UpdatePolicy` and
//! tags. The metadata key `AWS::CloudFormation::Module` is CloudFormation's own. Make them parameters of the module.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E5001",
    level: Level::Error,
    summary: "a module has neither tags nor policies of its own",
    source: include_str!("module.rs"),
    check,
};

const RESERVED: &str = "AWS::CloudFormation::Module";

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        if !resource.resource_type.ends_with("::MODULE") {
            continue;
        }
        let mut refuse = |below: &[&str]| {
            let path: Vec<&str> =
                ["Resources", logical_id.as_str()].into_iter().chain(below.iter().copied()).collect();
            let span = context.template.key_span(&path).unwrap_or_default();
            let name = below.last().copied().unwrap_or_default();
            let message = match name {
                RESERVED => format!("the metadata key `{RESERVED}` is CloudFormation's own"),
                _ => format!("a module cannot have `{name}`"),
            };
            findings.add(message, None, span, &path);
        };
        if resource.creation_policy.is_some() {
            refuse(&["CreationPolicy"]);
        }
        if resource.update_policy.is_some() {
            refuse(&["UpdatePolicy"]);
        }
        let given = |value: &Value| {
            !matches!(value, Value::Null) && value.as_array().is_none_or(|list| !list.is_empty())
        };
        if resource.properties.get("Tags").is_some_and(given) {
            refuse(&["Properties", "Tags"]);
        }
        if resource.metadata.as_ref().is_some_and(|metadata| metadata.get(RESERVED).is_some()) {
            refuse(&["Metadata", RESERVED]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_belongs_to_one_resource() {
        let template = "Resources:\n  M:\n    Type: A::B::C::MODULE\n    CreationPolicy: {A: b}\n    UpdatePolicy: {A: b}\n    Metadata:\n      \
                        AWS::CloudFormation::Module: {A: b}\n    Properties:\n      Tags: [{Key: a, Value: b}]\n";
        assert_eq!(findings("E5001", template).len(), 4);
    }

    #[test]
    fn is_fine_with_parameters_of_the_module() {
        let template =
            "Resources:\n  M: {Type: A::B::C::MODULE, Properties: {Name: x}, Metadata: {Mine: x}}\n";
        assert_eq!(findings("E5001", template), [""; 0]);
    }
}
