//! # W8003: Fn::Equals can turn out either way
//!
//! ```yaml
//! Conditions:
//!   Always: !Equals [a, a]
//! ```
//!
//! What compares two texts, or a parameter with itself or with a value that it cannot have, decides nothing. Compare with a
//! parameter, or remove the condition.

use super::shape::is_condition;
use crate::lint::rules::functions::places;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::{Template, function_of_tag, scalar_text};
use crate::yaml::{Node, NodeValue};

pub(super) const RULE: Rule = Rule {
    id: "W8003",
    level: Level::Warning,
    summary: "Fn::Equals can turn out either way",
    source: include_str!("constant.rs"),
    check,
};

/// A side of the comparison.
#[derive(PartialEq)]
enum Side {
    Text(String),
    Ref(String),
}

fn check(context: &Context<'_>, findings: &mut Findings) {
    places::each(context.template, "Fn::Equals", &mut |place| {
        if let [section, name, ..] = place.path
            && section == "Conditions"
            && !context
                .template
                .document()
                .root
                .get(section)
                .and_then(|all| all.get(name))
                .is_some_and(is_condition)
        {
            return;
        }
        let [one, other] = place.argument.items() else { return };
        let (Some(one), Some(other)) = (side(one), side(other)) else { return };
        let message = match (&one, &other) {
            (Side::Text(_), Side::Text(_)) | (Side::Ref(_), Side::Ref(_)) if one == other => "is always true",
            (Side::Text(_), Side::Text(_)) => "is never true",
            (Side::Ref(name), Side::Text(text)) | (Side::Text(text), Side::Ref(name))
                if cannot_be(context.template, name, text) =>
            {
                "is never true"
            }
            _ => return,
        };
        let way = &place.path[..place.path.len() - 1];
        let span =
            context.template.key_span(way).or_else(|| context.template.span(way)).unwrap_or(place.span);
        findings.add(format!("this comparison {message}"), None, span, place.path);
    });
}

/// Says whether a parameter's allowed values exclude a text.
fn cannot_be(template: &Template, name: &str, text: &str) -> bool {
    let Some(parameter) = template.parameters.get(name) else { return false };
    !parameter.allowed_values.is_empty()
        && !parameter.allowed_values.iter().any(|value| scalar_text(value).as_deref() == Some(text))
        && parameter.default_text().as_deref() != Some(text)
}

fn side(node: &Node) -> Option<Side> {
    match (&node.value, function_of_tag(node).as_deref()) {
        (NodeValue::String(name), Some("Ref")) => Some(Side::Ref(name.clone())),
        (NodeValue::String(text), None) => Some(Side::Text(text.clone())),
        (NodeValue::Number(number), None) => Some(Side::Text(number.to_string())),
        (NodeValue::Bool(flag), None) => Some(Side::Text(flag.to_string())),
        (NodeValue::Mapping(entries), None) => match entries.as_slice() {
            [(key, value)] if key.name == "Ref" => Some(Side::Ref(value.as_str()?.to_owned())),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_what_is_decided() {
        let template = "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\nConditions:\n  A: !Equals [x, x]\n  B: !Equals [!Ref P, \
                        !Ref P]\n  C: {'Fn::Equals': [{Ref: P}, c]}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W8003", template).len(), 3);
    }

    #[test]
    fn is_fine_with_what_depends_on_a_parameter() {
        let template = "Parameters: {P: {Type: String, AllowedValues: [a, b]}}\nConditions: {A: !Equals [!Ref P, a], B: !Equals [!Ref \
                        AWS::Region, us-east-1]}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W8003", template), [""; 0]);
    }
}
