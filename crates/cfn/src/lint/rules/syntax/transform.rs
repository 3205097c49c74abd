//! # E1005: Transform names transforms
//!
//! ```yaml
//! Transform:
//!   - Type: AWS::Include
//! ```
//!
//! A transform is a name, or an object with `Name` and, if it takes any, `Parameters`; of several there is a list.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::yaml::{Node, NodeValue, Span};

pub(super) const RULE: Rule = Rule {
    id: "E1005",
    level: Level::Error,
    summary: "Transform names transforms",
    source: include_str!("transform.rs"),
    check,
};

const MEMBERS: &[&str] = &["Name", "Parameters"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, transform)) = context.template.document().root.entry("Transform") else { return };
    match &transform.value {
        NodeValue::Sequence(items) if transform.tag.is_none() => {
            items.iter().for_each(|item| one(item, item.span, findings));
        }
        _ => one(transform, key.span, findings),
    }
}

fn one(node: &Node, span: Span, findings: &mut Findings) {
    let path = ["Transform"];
    match &node.value {
        NodeValue::String(_) if node.tag.is_none() => {}
        NodeValue::Mapping(entries) if node.tag.is_none() => {
            if node.get("Name").is_none() {
                findings.add("the transform has no `Name`", None, span, &path);
            }
            for (key, value) in entries {
                let fits = match key.name.as_str() {
                    "Name" => value.as_str().is_some(),
                    "Parameters" => matches!(value.value, NodeValue::Mapping(_)),
                    other => {
                        let message = format!("`{other}` is neither `Name` nor `Parameters`");
                        findings.add(message, did_you_mean(other, MEMBERS), key.span, &path);
                        continue;
                    }
                };
                if !fits {
                    let wanted = if key.name == "Name" { "a text" } else { "an object" };
                    findings.add(format!("`{}` must be {wanted}", key.name), None, key.span, &path);
                }
            }
        }
        _ => findings.add("a transform is a name, or an object with `Name`", None, span, &path),
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn found(transform: &str) -> usize {
        let template = format!("Transform: {transform}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}\n");
        findings("E1005", &template).len()
    }

    #[test]
    fn trips_on_what_names_nothing() {
        assert_eq!(found("{key: x}"), 2);
        assert_eq!(found("[1, {Name: [], Parameters: x}]"), 3);
        assert_eq!(found(""), 1);
    }

    #[test]
    fn is_fine_with_names_and_parameters() {
        assert_eq!(
            found("[AWS::Serverless-2016-10-31, {Name: AWS::Include, Parameters: {Location: s3://a/b}}]"),
            0
        );
    }
}
