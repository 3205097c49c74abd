//! # H0001: no value is null
//!
//! CloudFormation refuses a template with a null anywhere: "'null' values are not allowed in templates". In YAML a key with
//! nothing after it is null. The source is CloudFormation's own message, which its documentation does not list.
//!
//! ```yaml
//! Resources:
//!   Stream:
//!     Type: AWS::Kinesis::Stream
//!     Properties:
//! ```
//!
//! Give the key a value, remove it, or write `!Ref AWS::NoValue` where a condition should leave it out.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{Node, NodeValue, Span};

pub(super) const RULE: Rule = Rule {
    id: "H0001",
    level: Level::Error,
    summary: "no value is null",
    source: include_str!("nulls.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (key, value) in context.template.document().root.entries() {
        visit(value, key.span, &mut vec![key.name.clone()], findings);
    }
}

fn visit(node: &Node, key: Span, path: &mut Vec<String>, findings: &mut Findings) {
    match &node.value {
        NodeValue::Null => findings.add("null is not allowed in a template", None, key, path),
        NodeValue::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                visit(item, item.span, path, findings);
                path.pop();
            }
        }
        NodeValue::Mapping(entries) => {
            for (key, value) in entries {
                path.push(key.name.clone());
                visit(value, key.span, path, findings);
                path.pop();
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_key_without_a_value() {
        let template = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties:\n";
        assert_eq!(findings("H0001", template), ["4:5 null is not allowed in a template"]);
    }

    #[test]
    fn is_fine_with_empty_text_and_empty_objects() {
        let template = "Resources:\n  A:\n    Type: AWS::SNS::Topic\n    Properties: {TopicName: ''}\n    Metadata: {}\n";
        assert_eq!(findings("H0001", template), [""; 0]);
    }
}
