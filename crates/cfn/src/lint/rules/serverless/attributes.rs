//! # W3001: a serverless resource has the attributes of a resource
//!
//! ```yaml
//! Transform: AWS::Serverless-2016-10-31
//! Resources:
//!   F: {Type: AWS::Serverless::Function, Timeout: 3, Properties: {Handler: h.h, Runtime: python3.13, CodeUri: s3://b/k}}
//! ```
//!
//! The transform drops what it does not know beside `Properties`. What is meant as a property goes under `Properties`.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::yaml::Node;

pub(super) const RULE: Rule = Rule {
    id: "W3001",
    level: Level::Warning,
    summary: "a serverless resource has the attributes of a resource",
    source: include_str!("attributes.rs"),
    check,
};

const ATTRIBUTES: &[&str] = &[
    "Condition",
    "Connectors",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "IgnoreGlobals",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
    "Version",
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(resources) = context.template.document().root.get("Resources") else { return };
    for (key, resource) in resources.entries() {
        let resource_type = resource.get("Type").and_then(Node::as_str).unwrap_or_default();
        if !resource_type.starts_with("AWS::Serverless::") {
            continue;
        }
        for (attribute, _) in resource.entries() {
            if !ATTRIBUTES.contains(&attribute.name.as_str()) {
                let message = format!("the serverless transform ignores `{}` here", attribute.name);
                let path = ["Resources", &key.name, &attribute.name];
                findings.add(message, did_you_mean(&attribute.name, ATTRIBUTES), attribute.span, &path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(attribute: &str) -> String {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources: {{T: {{Type: AWS::Serverless::SimpleTable, {attribute}: x}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_property_beside_the_properties() {
        assert_eq!(findings("W3001", &template("TableName")).len(), 1);
        assert_eq!(findings("E3001", &template("TableName")), [""; 0]);
    }

    #[test]
    fn is_fine_with_an_attribute() {
        assert_eq!(findings("W3001", &template("Condition")), [""; 0]);
    }
}
