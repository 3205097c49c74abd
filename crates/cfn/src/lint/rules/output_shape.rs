//! # E6001: an output has a value, an alphanumeric name and nothing unknown
//!
//! ```yaml
//! Outputs:
//!   stream-arn: {Vale: !GetAtt Stream.Arn}
//! ```
//!
//! An output has `Value`, and may have `Description`, `Condition` and `Export` with a `Name`.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E6001",
    level: Level::Error,
    summary: "an output has a value, an alphanumeric name and nothing unknown",
    source: include_str!("output_shape.rs"),
    check,
};

const KEYS: &[&str] = &["Condition", "Description", "Export", "Value"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    let outputs = context.template.document().root.get("Outputs");
    let loops = context.template.has_transform("AWS::LanguageExtensions");
    for (key, node) in outputs.map_or(&[][..], |outputs| outputs.entries()) {
        if key.name == "Fn::Transform" || loops && key.name.starts_with("Fn::ForEach::") {
            continue;
        }
        if key.name.is_empty() || !key.name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("the output name `{}` is not made of letters and digits alone", key.name);
            findings.add(message, None, key.span, &["Outputs", &key.name]);
        }
        match &node.value {
            NodeValue::Mapping(entries) if node.tag.is_none() => shape(key, entries, findings),
            NodeValue::Null => {}
            _ => {
                findings.add("an output is an object with a `Value`", None, key.span, &["Outputs", &key.name])
            }
        }
    }
}

fn shape(key: &Key, entries: &[(Key, Node)], findings: &mut Findings) {
    for (attribute, value) in entries {
        let name = attribute.name.as_str();
        let path = ["Outputs", &key.name, name];
        if !KEYS.contains(&name) {
            let message = format!("`{name}` is not an attribute of an output");
            findings.add(message, did_you_mean(name, KEYS), attribute.span, &path);
        }
        if name == "Export" && value.get("Name").is_none() && value.tag.is_none() {
            findings.add("`Export` has no `Name`", None, attribute.span, &path);
        }
    }
    if !entries.iter().any(|(attribute, _)| attribute.name == "Value") {
        let message = format!("the output `{}` has no `Value`", key.name);
        findings.add(message, None, key.span, &["Outputs", &key.name]);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_bad_name_a_missing_value_and_an_unknown_attribute() {
        let template = "Resources: {A: {Type: Custom::A}}\nOutputs:\n  stream-arn: {Value: x}\n  B: {Vale: x}\n  C: {Value: x, \
                        Export: {}}\n";
        assert_eq!(
            findings("E6001", template),
            [
                "3:3 the output name `stream-arn` is not made of letters and digits alone",
                "4:3 the output `B` has no `Value`",
                "4:7 `Vale` is not an attribute of an output (did you mean `Value`?)",
                "5:17 `Export` has no `Name`",
            ]
        );
    }

    #[test]
    fn is_fine_with_everything_an_output_may_have() {
        let template = "Conditions: {C: !Equals [a, b]}\nResources: {A: {Type: Custom::A}}\nOutputs:\n  A: {Value: x, Condition: \
                        C, Description: y, Export: {Name: !Sub \"${AWS::StackName}-x\"}}\n";
        assert_eq!(findings("E6001", template), [""; 0]);
    }
}
