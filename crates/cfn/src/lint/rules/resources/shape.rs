//! # E3001: a resource has a type, an alphanumeric name and only the attributes that resources have
//!
//! ```yaml
//! Resources:
//!   my-stream:
//!     Type: AWS::Kinesis::Stream
//!     Property: {ShardCount: 1}
//! ```
//!
//! Name resources with letters and digits only; what AWS should know of a resource stands under `Properties`.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::template::RESOURCE_ATTRIBUTES;
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E3001",
    level: Level::Error,
    summary: "a resource has a type, an alphanumeric name and only the attributes that resources have",
    source: include_str!("shape.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(resources) = context.template.document().root.get("Resources") else {
        return;
    };
    let loops = context.template.has_transform("AWS::LanguageExtensions");
    for (key, node) in resources.entries() {
        if key.name == "Fn::Transform" || loops && key.name.starts_with("Fn::ForEach::") {
            continue;
        }
        name(key, findings);
        match &node.value {
            NodeValue::Mapping(entries) if node.tag.is_none() => shape(context, key, entries, findings),
            // Nothing at all is another rule's finding.
            NodeValue::Null => {}
            _ => findings.add(
                "a resource is an object with a `Type`",
                None,
                key.span,
                &["Resources", &key.name],
            ),
        }
    }
}

fn name(key: &Key, findings: &mut Findings) {
    let path = ["Resources", &key.name];
    if key.name.is_empty() || !key.name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        let message = format!("the resource name `{}` is not made of letters and digits alone", key.name);
        findings.add(message, None, key.span, &path);
    }
    if key.name.len() > 255 {
        findings.add("a resource name has at most 255 characters", None, key.span, &path);
    }
}

fn shape(context: &Context<'_>, key: &Key, entries: &[(Key, Node)], findings: &mut Findings) {
    if !entries.iter().any(|(attribute, _)| attribute.name == "Type") {
        let near = entries
            .iter()
            .map(|(attribute, _)| attribute)
            .find(|attribute| attribute.name.eq_ignore_ascii_case("type"));
        let help = near.map(|near| format!("`{}` is written `Type`", near.name));
        findings.add(
            format!("the resource `{}` has no `Type`", key.name),
            help,
            key.span,
            &["Resources", &key.name],
        );
    }
    let serverless = context.template.has_transform("AWS::Serverless-2016-10-31");
    let resource_type = entries.iter().find(|(attribute, _)| attribute.name == "Type");
    let resource_type = resource_type.and_then(|(_, value)| value.as_str()).unwrap_or_default();
    for (attribute, value) in entries {
        let path = ["Resources", &key.name, &attribute.name];
        let name = attribute.name.as_str();
        // SAM's own attributes; what is unknown on its types is ignored, of which another rule warns.
        let of_sam = serverless && matches!(name, "Connectors" | "IgnoreGlobals")
            || resource_type.starts_with("AWS::Serverless::");
        if !RESOURCE_ATTRIBUTES.contains(&name) && !of_sam {
            let message = format!("`{name}` is not an attribute of a resource");
            findings.add(message, did_you_mean(name, RESOURCE_ATTRIBUTES), attribute.span, &path);
            continue;
        }
        let fits = match name {
            "Type" | "Condition" => {
                value.tag.is_none() && matches!(value.value, NodeValue::String(_) | NodeValue::Null)
            }
            "Properties" => {
                value.tag.is_some() || matches!(value.value, NodeValue::Mapping(_) | NodeValue::Null)
            }
            "Metadata" | "UpdatePolicy" | "CreationPolicy" => {
                value.tag.is_some() || matches!(value.value, NodeValue::Mapping(_) | NodeValue::Null)
            }
            _ => true,
        };
        if !fits {
            let wanted = if matches!(name, "Type" | "Condition") { "text" } else { "an object" };
            findings.add(format!("`{name}` must be {wanted}"), None, attribute.span, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_bad_name_a_missing_type_and_an_unknown_attribute() {
        let template = "Resources:\n  my-topic: {Type: AWS::SNS::Topic}\n  B: {Properties: {}}\n  C: {Type: AWS::SNS::Topic, \
                        DependOn: B}\n  D: []\n  E: {Type: [x]}\n";
        let found = findings("E3001", template);
        assert_eq!(
            found,
            [
                "2:3 the resource name `my-topic` is not made of letters and digits alone",
                "3:3 the resource `B` has no `Type`",
                "4:30 `DependOn` is not an attribute of a resource (did you mean `DependsOn`?)",
                "5:3 a resource is an object with a `Type`",
                "6:7 `Type` must be text",
            ]
        );
    }

    #[test]
    fn is_fine_with_every_attribute() {
        let template = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    DependsOn: []\n    Metadata: {}\n    \
                        DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain\n    UpdatePolicy: {}\n    CreationPolicy: \
                        {}\n";
        assert_eq!(findings("E3001", template), [""; 0]);
    }
}
