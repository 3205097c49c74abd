//! # E6001: an output has an alphanumeric name and only the attributes that outputs have
//!
//! ```yaml
//! Outputs:
//!   stream-arn: {Vale: !GetAtt Stream.Arn}
//! ```
//!
//! An output has `Value`, and may have `Description`, `Condition` and `Export`. That `Value` is there is for E6002.

use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use crate::yaml::{Key, Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "E6001",
    level: Level::Error,
    summary: "an output has an alphanumeric name and only the attributes that outputs have",
    source: include_str!("shape.rs"),
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
    for (attribute, _) in entries {
        let name = attribute.name.as_str();
        let path = ["Outputs", &key.name, name];
        if !KEYS.contains(&name) {
            let message = format!("`{name}` is not an attribute of an output");
            findings.add(message, did_you_mean(name, KEYS), attribute.span, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_bad_name_and_an_unknown_attribute() {
        let template = "Resources: {A: {Type: Custom::A}}\nOutputs:\n  stream-arn: {Value: x}\n  B: {Vale: x}\n  C: {Value: x, \
                        Export: {}}\n";
        assert_eq!(
            findings("E6001", template),
            [
                "3:3 the output name `stream-arn` is not made of letters and digits alone",
                "4:7 `Vale` is not an attribute of an output (did you mean `Value`?)",
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
