//! # E1032: Fn::ForEach has a transform, a variable, a collection and what to repeat
//!
//! ```yaml
//! Resources:
//!   Fn::ForEach::Topics:
//!     - Name
//!     - [Orders, Returns]
//!     - Topic${Name}: {Type: AWS::SNS::Topic}
//! ```
//!
//! Without `Transform: AWS::LanguageExtensions` CloudFormation takes the loop for a resource's name and refuses it. The loop is a list:
//! the variable's name, the list that it runs through or a `Ref` to one, and an object with what to repeat.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E1032",
    level: Level::Error,
    summary: "Fn::ForEach has a transform, a variable, a collection and what to repeat",
    source: include_str!("for_each.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let extended = context.template.has_transform("AWS::LanguageExtensions");
    for (key, node) in context.template.document().root.entries() {
        if !matches!(key.name.as_str(), "Metadata" | "Parameters" | "Mappings") {
            walk(node, &mut vec![key.name.clone()], extended, findings);
        }
    }
}

fn walk(node: &Node, path: &mut Vec<String>, extended: bool, findings: &mut Findings) {
    for (key, value) in node.entries() {
        path.push(key.name.clone());
        if key.name.starts_with("Fn::ForEach::") {
            loop_at(key, value, path, extended, findings);
        }
        walk(value, path, extended, findings);
        path.pop();
    }
    for (index, item) in node.items().iter().enumerate() {
        path.push(index.to_string());
        walk(item, path, extended, findings);
        path.pop();
    }
}

fn loop_at(key: &Key, value: &Node, path: &[String], extended: bool, findings: &mut Findings) {
    if !extended {
        let help = Some("add `Transform: AWS::LanguageExtensions`".to_owned());
        findings.add("`Fn::ForEach` needs the transform AWS::LanguageExtensions", help, key.span, path);
        return;
    }
    let [variable, collection, repeated] = value.items() else {
        let message = "`Fn::ForEach` takes a list: variable, collection, what to repeat";
        findings.add(message, None, key.span, path);
        return;
    };
    let is_text = variable.tag.is_none() && variable.as_str().is_some();
    let is_list = collection.tag.is_some()
        || matches!(collection.value, NodeValue::Sequence(_))
        || collection.entries().len() == 1;
    let is_object = matches!(repeated.value, NodeValue::Mapping(_));
    for (fits, part, wanted) in [
        (is_text, variable, "the variable of `Fn::ForEach` is a name"),
        (is_list, collection, "`Fn::ForEach` runs through a list or a `Ref` to one"),
        (is_object, repeated, "what `Fn::ForEach` repeats is an object"),
    ] {
        if !fits {
            findings.add(wanted, None, part.span, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    const LOOP: &str =
        "Resources:\n  Fn::ForEach::T:\n    - N\n    - [a, b]\n    - Topic${N}: {Type: AWS::SNS::Topic}\n";

    #[test]
    fn trips_without_the_transform_and_on_another_shape() {
        assert_eq!(findings("E1032", LOOP).len(), 1);
        let other = LOOP.replace("    - [a, b]\n", "    - a\n");
        assert_eq!(findings("E1032", &format!("Transform: AWS::LanguageExtensions\n{other}")).len(), 1);
        let other = LOOP.replace("    - N\n", "");
        assert_eq!(findings("E1032", &format!("Transform: AWS::LanguageExtensions\n{other}")).len(), 1);
    }

    #[test]
    fn is_fine_with_the_transform() {
        assert_eq!(findings("E1032", &format!("Transform: [AWS::LanguageExtensions]\n{LOOP}")), [""; 0]);
    }
}
