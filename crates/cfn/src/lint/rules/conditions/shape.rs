//! # E8001: a condition is a name and a condition function
//!
//! ```yaml
//! Conditions:
//!   IsProd: prod
//! ```
//!
//! Below `Conditions` stand names of letters, digits, `&` and `_`, each with `Fn::Equals`, `Fn::And`, `Fn::Or`, `Fn::Not` or
//! another `Condition`.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::function_of_tag;
use crate::yaml::{Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E8001",
    level: Level::Error,
    summary: "a condition is a name and a condition function",
    source: include_str!("shape.rs"),
    check,
};

/// What a condition may be.
pub(super) const FUNCTIONS: &[&str] = &["Condition", "Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, conditions)) = context.template.document().root.entry("Conditions") else { return };
    let is_object = matches!(conditions.value, NodeValue::Mapping(_)) && conditions.tag.is_none();
    if !is_object && conditions.value != NodeValue::Null {
        findings.add("conditions are an object", None, key.span, &["Conditions"]);
    }
    let loops = context.template.has_transform("AWS::LanguageExtensions");
    for (name, condition) in conditions.entries() {
        let path = ["Conditions", &name.name];
        if name.name == "Fn::Transform" || loops && name.name.starts_with("Fn::ForEach::") {
            continue;
        }
        let character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'&';
        if name.name.is_empty() || name.name.len() > 255 || !name.name.bytes().all(character) {
            let message = format!("the condition name `{}` is not made of letters and digits", name.name);
            findings.add(message, None, name.span, &path);
        } else if !is_condition(condition) && condition.value != NodeValue::Null {
            let message = format!("`{}` is not a condition function", name.name);
            findings.add(message, None, name.span, &path);
        }
    }
}

/// Says whether a node is one of the functions that conditions are.
pub(super) fn is_condition(node: &Node) -> bool {
    let function = match (function_of_tag(node), node.entries()) {
        (Some(function), _) => function,
        (None, [(key, _)]) => key.name.clone(),
        (None, _) => return matches!(node.value, NodeValue::Bool(_)),
    };
    FUNCTIONS.contains(&function.as_str()) || function == "Fn::Transform"
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_is_no_condition() {
        let template = "Conditions:\n  A: prod\n  B: {C: {Fn::Equals: [a, b]}}\n  d-e: !Equals [a, b]\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E8001", template).len(), 3);
        assert_eq!(findings("E8001", "Conditions: [a]\nResources: {A: {Type: Custom::A}}\n").len(), 1);
    }

    #[test]
    fn is_fine_with_each_function() {
        let template = "Conditions:\n  A: !Equals [a, b]\n  B_c: !Not [!Condition A]\n  D: {Condition: A}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E8001", template), [""; 0]);
    }
}
