//! What becomes of a resource that goes: E3035, E3036 and W3011, each with its page.

use crate::lint::{Context, Findings, did_you_mean};
use crate::template::function_of_tag;
use crate::yaml::{Node, NodeValue};

/// The types of which AWS can take a last snapshot.
const WITH_SNAPSHOTS: &[&str] = &[
    "AWS::DocDB::DBCluster",
    "AWS::EC2::Volume",
    "AWS::ElastiCache::CacheCluster",
    "AWS::ElastiCache::ReplicationGroup",
    "AWS::Neptune::DBCluster",
    "AWS::RDS::DBCluster",
    "AWS::RDS::DBInstance",
    "AWS::Redshift::Cluster",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let attribute = match findings.rule {
        "E3035" => "DeletionPolicy",
        "E3036" => "UpdateReplacePolicy",
        _ => return one_without_the_other(context, findings),
    };
    let Some(resources) = context.template.document().root.get("Resources") else { return };
    for (key, node) in resources.entries() {
        let Some((written, value)) = node.entry(attribute) else { continue };
        let resource_type = node.get("Type").and_then(Node::as_str).unwrap_or_default();
        let path = ["Resources", &key.name, attribute];
        let mut allowed = vec!["Delete", "Retain"];
        if attribute == "DeletionPolicy" {
            allowed.push("RetainExceptOnCreate");
        }
        if WITH_SNAPSHOTS.contains(&resource_type) {
            allowed.push("Snapshot");
        }
        let expands = context.template.has_transform("AWS::LanguageExtensions");
        match &value.value {
            NodeValue::String(text) if value.tag.is_none() && allowed.contains(&text.as_str()) => {}
            NodeValue::String(text) if value.tag.is_none() => {
                let near = did_you_mean(text, &allowed);
                let help = near.or_else(|| Some(format!("it is one of {}", allowed.join(", "))));
                let message = format!("`{attribute}` of {resource_type} cannot be `{text}`");
                findings.add(message, help, context.template.place(&path), &path);
            }
            // Functions are allowed where AWS expands them first; of the others cfn-lint takes some, too.
            _ if expands => {}
            _ if is_choice(value) => {}
            NodeValue::Mapping(_) | NodeValue::Sequence(_) | NodeValue::Bool(_) | NodeValue::Number(_) => {
                findings.add(format!("`{attribute}` is a text"), None, written.span, &path);
            }
            _ if function_of_tag(value).is_some() => {
                findings.add(format!("`{attribute}` is a text, not a function"), None, written.span, &path);
            }
            _ => {}
        }
    }
}

fn one_without_the_other(context: &Context<'_>, findings: &mut Findings) {
    let Some(resources) = context.template.document().root.get("Resources") else { return };
    for (key, node) in resources.entries() {
        let retained = |attribute: &str| node.get(attribute).map(|value| value.as_str() != Some("Delete"));
        let message = match (retained("DeletionPolicy"), retained("UpdateReplacePolicy")) {
            (Some(true), None) => {
                "`DeletionPolicy` keeps the resource, but a replacement deletes it: `UpdateReplacePolicy` is missing"
            }
            (None, Some(true)) => {
                "`UpdateReplacePolicy` keeps the resource, but a deletion does not: `DeletionPolicy` is missing"
            }
            _ => continue,
        };
        findings.add(message, None, key.span, &["Resources", &key.name]);
    }
}

/// Says whether a value is a function that picks among texts.
fn is_choice(value: &Node) -> bool {
    let is_one =
        |function: &str| matches!(function, "Fn::FindInMap" | "Fn::If" | "Fn::Select" | "Fn::Sub" | "Ref");
    match (function_of_tag(value), value.entries()) {
        (Some(function), _) => is_one(&function),
        (None, [(key, _)]) => is_one(&key.name),
        _ => false,
    }
}
