//! # E4002: metadata is an object without nulls
//!
//! ```yaml
//! Metadata:
//!   Owner:
//! ```
//!
//! CloudFormation refuses nulls wherever they stand: "'null' values are not allowed in templates". Give the key a value, or remove it.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E4002",
    level: Level::Error,
    summary: "metadata is an object without nulls",
    source: include_str!("shape.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, metadata)) = context.template.document().root.entry("Metadata") else { return };
    if metadata.is_collection() && !matches!(metadata.value, NodeValue::Sequence(_)) {
        nulls(key, metadata, &mut vec![key.name.clone()], findings);
    } else if metadata.value != NodeValue::Null {
        findings.add("metadata is an object", None, key.span, &["Metadata"]);
    }
}

fn nulls(key: &Key, node: &Node, path: &mut Vec<String>, findings: &mut Findings) {
    if node.value == NodeValue::Null {
        findings.add(format!("`{}` is null", key.name), None, key.span, path);
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        nulls(key, item, path, findings);
        path.pop();
    }
    for (key, value) in node.entries() {
        path.push(key.name.clone());
        nulls(key, value, path, findings);
        path.pop();
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_nulls() {
        let template = "Metadata:\n  A:\n  B: [{C: null}]\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E4002", template), ["2:3 `A` is null", "3:8 `C` is null"]);
        assert_eq!(findings("E4002", "Metadata: x\nResources: {A: {Type: Custom::A}}\n").len(), 1);
    }

    #[test]
    fn is_fine_with_values() {
        let template = "Metadata: {A: '', B: [{C: false}], D: {}}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E4002", template), [""; 0]);
    }
}
