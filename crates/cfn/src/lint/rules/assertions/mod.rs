//! The section `Rules`: what must hold of parameters before anything is made. E1700, E1701 and E1702, whose pages say what they
//! ask.

use super::page::by;
use crate::lint::{Context, Findings, Rule, did_you_mean};
use crate::template::function_of_tag;
use crate::yaml::{Key, Node, NodeValue, Span};

#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    by!(Error, shape, "E1700", "a rule has a name and assertions"),
    by!(Error, assertions, "E1701", "an assertion is decided by a rule's function"),
    by!(Error, conditions, "E1702", "a rule's condition is decided by a rule's function"),
];

/// The functions that decide something in a rule.
const DECIDING: &[&str] = &[
    "Condition",
    "Fn::And",
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::Equals",
    "Fn::Not",
    "Fn::Or",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

fn rules<'t>(context: &'t Context<'_>) -> &'t [(Key, Node)] {
    context.template.document().root.get("Rules").map_or(&[], Node::entries)
}

fn shape(context: &Context<'_>, findings: &mut Findings) {
    for (key, rule) in rules(context) {
        let path = ["Rules", &key.name];
        if key.name.is_empty() || !key.name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let message = format!("the rule name `{}` is not made of letters and digits alone", key.name);
            findings.add(message, None, key.span, &path);
            continue;
        }
        let NodeValue::Mapping(members) = &rule.value else {
            findings.add("a rule is an object with `Assertions`", None, key.span, &path);
            continue;
        };
        let Some((of_assertions, assertions)) = rule.entry("Assertions") else {
            let names = members.iter().map(|(member, _)| member.name.as_str());
            let near = names.into_iter().find(|name| did_you_mean(name, &["Assertions"]).is_some());
            let help = near.map(|near| format!("`{near}` is written `Assertions`"));
            findings.add("the rule has no `Assertions`", help, key.span, &path);
            continue;
        };
        if !matches!(assertions.value, NodeValue::Sequence(_)) {
            findings.add("`Assertions` must be a list", None, of_assertions.span, &path);
        }
        for assertion in assertions.items() {
            if !matches!(assertion.value, NodeValue::Mapping(_)) {
                findings.add("an assertion is an object with `Assert`", None, assertion.span, &path);
            }
            if let Some((key, text)) = assertion.entry("AssertDescription")
                && (text.is_collection() || text.tag.is_some() || text.value == NodeValue::Null)
            {
                findings.add("`AssertDescription` must be a text", None, key.span, &path);
            }
        }
    }
}

fn assertions(context: &Context<'_>, findings: &mut Findings) {
    for (key, rule) in rules(context) {
        for assertion in rule.get("Assertions").map_or(&[][..], Node::items) {
            if let Some((of_assert, assert)) = assertion.entry("Assert") {
                decided(&key.name, of_assert.span, assert, findings);
            }
        }
    }
}

fn conditions(context: &Context<'_>, findings: &mut Findings) {
    for (key, rule) in rules(context) {
        if let Some((of_condition, condition)) = rule.entry("RuleCondition") {
            decided(&key.name, of_condition.span, condition, findings);
        }
    }
}

/// Finds what is neither a flag nor a function that gives one.
fn decided(rule: &str, span: Span, node: &Node, findings: &mut Findings) {
    let function = match (function_of_tag(node), node.entries()) {
        (Some(function), _) => Some(function),
        (None, [(key, _)]) => Some(key.name.clone()),
        (None, _) => None,
    };
    let is_decided = match function {
        Some(function) => DECIDING.contains(&function.as_str()),
        None => matches!(node.value, NodeValue::Bool(_)) || matches!(node.as_str(), Some("true" | "false")),
    };
    if !is_decided {
        let help = Some(format!("use one of {}", DECIDING[1..].join(", ")));
        findings.add("nothing is decided here", help, span, &["Rules", rule]);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn found(rule: &str, content: &str) -> usize {
        let template = format!("Rules: {{R: {content}}}\nResources: {{A: {{Type: AWS::SNS::Topic}}}}\n");
        findings(rule, &template).len()
    }

    #[test]
    fn trips_on_another_shape() {
        for content in [
            "[]",
            "{Assertion: []}",
            "{Assertions: {}}",
            "{Assertions: [x]}",
            "{Assertions: [{Assert: true, AssertDescription: []}]}",
        ] {
            assert_eq!(found("E1700", content), 1, "{content}");
        }
        assert_eq!(found("E1701", "{Assertions: [{Assert: !Ref A}, {Assert: x}]}"), 2);
        assert_eq!(found("E1702", "{RuleCondition: !Sub x, Assertions: []}"), 1);
    }

    #[test]
    fn is_fine_with_what_is_decided() {
        let content = "{RuleCondition: !Equals [a, b], Assertions: [{Assert: {'Fn::Contains': [[a], !Ref P]}, AssertDescription: x}]}";
        for rule in ["E1700", "E1701", "E1702"] {
            assert_eq!(found(rule, content), 0, "{rule}");
        }
    }
}
