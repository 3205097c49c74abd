//! # E7001: a mapping is an object of objects, and its keys are letters and digits
//!
//! ```yaml
//! Mappings:
//!   Sizes: {prod: 4}
//! ```
//!
//! Below a mapping's name stand keys of a first and of a second level, and below these texts, numbers or lists.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E7001",
    level: Level::Error,
    summary: "a mapping is an object of objects, and its keys are letters and digits",
    source: include_str!("shape.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, mappings)) = context.template.document().root.entry("Mappings") else { return };
    if !is_object(mappings) {
        findings.add("mappings are an object", None, key.span, &["Mappings"]);
    }
    for (map, node) in mappings.entries().iter().filter(|(key, _)| key.name != "Fn::Transform") {
        object(map, node, &["Mappings", &map.name], findings);
        for (first, node) in node.entries().iter().filter(|(key, _)| key.name != "Fn::Transform") {
            object(first, node, &["Mappings", &map.name, &first.name], findings);
            for (second, value) in node.entries().iter().filter(|(key, _)| key.name != "Fn::Transform") {
                let path = ["Mappings", &map.name, &first.name, &second.name];
                if second.name.is_empty() || !second.name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    let message =
                        format!("the second key `{}` is not made of letters and digits alone", second.name);
                    findings.add(message, None, second.span, &path);
                }
                if value.tag.is_some() || matches!(value.value, NodeValue::Mapping(_)) {
                    let message = "a mapping holds texts, numbers and lists";
                    findings.add(message, None, second.span, &path);
                }
            }
        }
    }
}

fn is_object(node: &Node) -> bool {
    matches!(node.value, NodeValue::Mapping(_) | NodeValue::Null) && node.tag.is_none()
}

fn object(key: &Key, node: &Node, path: &[&str], findings: &mut Findings) {
    if !is_object(node) {
        findings.add(format!("`{}` is an object of keys", key.name), None, key.span, path);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_is_too_flat_too_deep_or_oddly_named() {
        let template = "Mappings:\n  A: x\n  B: {c: y}\n  D:\n    e:\n      f: {g: h}\n      i-j: k\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E7001", template).len(), 4);
    }

    #[test]
    fn is_fine_with_two_levels() {
        let template =
            "Mappings: {A: {us-east-1: {b: [1, 2], '32': x}}}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E7001", template), [""; 0]);
    }
}
