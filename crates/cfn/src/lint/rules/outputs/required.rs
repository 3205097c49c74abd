//! # E6002: an output has a value, and an export a name
//!
//! ```yaml
//! Outputs:
//!   StreamArn: {Description: The stream, Export: {}}
//! ```
//!
//! CloudFormation refuses the template: "Every Outputs member must contain a Value object". Give the output a `Value`, and its
//! `Export` a `Name`, or remove it.

use crate::lint::{Context, Findings, Level, Rule};
use crate::yaml::NodeValue;

pub(super) const RULE: Rule = Rule {
    id: "E6002",
    level: Level::Error,
    summary: "an output has a value, and an export a name",
    source: include_str!("required.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let outputs = context.template.document().root.get("Outputs");
    for (key, node) in outputs.map_or(&[][..], |outputs| outputs.entries()) {
        let is_output = matches!(node.value, NodeValue::Mapping(_)) && node.tag.is_none();
        if !is_output || key.name.starts_with("Fn::") {
            continue;
        }
        if node.get("Value").is_none() {
            let message = format!("the output `{}` has no `Value`", key.name);
            findings.add(message, None, key.span, &["Outputs", &key.name]);
        }
        if let Some((attribute, export)) = node.entry("Export")
            && export.tag.is_none()
            && export.value != NodeValue::Null
            && export.get("Name").is_none()
        {
            findings.add("`Export` has no `Name`", None, attribute.span, &["Outputs", &key.name, "Export"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_missing_value_and_a_missing_name() {
        let template = "Resources: {A: {Type: Custom::A}}\nOutputs:\n  A: {Vale: x}\n  B: {Value: x, Export: {name: y}}\n";
        assert_eq!(
            findings("E6002", template),
            ["3:3 the output `A` has no `Value`", "4:17 `Export` has no `Name`"]
        );
    }

    #[test]
    fn is_fine_with_a_name_that_is_a_function() {
        let template =
            "Resources: {A: {Type: Custom::A}}\nOutputs: {A: {Value: x, Export: {Name: !Ref A}}}\n";
        assert_eq!(findings("E6002", template), [""; 0]);
    }
}
