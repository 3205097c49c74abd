//! The arguments of functions in conditions: E8003 to E8006, each with its page.

use super::shape;
use crate::lint::rules::functions::places::{self, Place};
use crate::lint::{Context, Findings};
use crate::template::function_of_tag;
use crate::yaml::{Node, NodeValue};

/// What may be compared beside texts.
const COMPARED: &[&str] = &[
    "Fn::FindInMap",
    "Fn::Join",
    "Fn::Length",
    "Fn::Select",
    "Fn::Split",
    "Fn::Sub",
    "Fn::ToJsonString",
    "Ref",
];

/// What a rule of the section `Rules` may use beside condition functions.
const OF_RULES: &[&str] = &[
    "Fn::Contains",
    "Fn::EachMemberEquals",
    "Fn::EachMemberIn",
    "Fn::RefAll",
    "Fn::ValueOf",
    "Fn::ValueOfAll",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let (function, least, most) = match findings.rule {
        "E8003" => ("Fn::Equals", 2, 2),
        "E8004" => ("Fn::And", 2, 10),
        "E8005" => ("Fn::Not", 1, 1),
        _ => ("Fn::Or", 2, 10),
    };
    places::each(context.template, function, &mut |place| {
        // Elsewhere these are no functions of conditions.
        if !matches!(place.path.first().map(String::as_str), Some("Conditions" | "Rules")) {
            return;
        }
        let is_list = matches!(place.argument.value, NodeValue::Sequence(_)) && !place.argument_is_function();
        if !is_list {
            findings.add(format!("`{function}` takes a list"), None, place.span, place.path);
            return;
        }
        let count = place.argument.items().len();
        if !(least..=most).contains(&count) {
            let takes = if least == most { least.to_string() } else { format!("{least} to {most}") };
            let message = format!("`{function}` takes {takes} values, not {count}");
            findings.add(message, None, place.span, place.path);
            return;
        }
        items(place, function, findings);
    });
}

fn items(place: &Place<'_>, function: &str, findings: &mut Findings) {
    let in_rules = place.path.first().is_some_and(|section| section == "Rules");
    for (index, item) in place.argument.items().iter().enumerate() {
        let fits = match function {
            "Fn::Equals" => is_text(item, in_rules),
            _ => shape::is_condition(item) || in_rules && is_one_of(item, OF_RULES) || is_boolean(item),
        };
        if !fits && item.value != NodeValue::Null {
            let wanted = if function == "Fn::Equals" { "texts" } else { "conditions" };
            let mut path = place.path.to_vec();
            path.push(index.to_string());
            findings.add(format!("`{function}` takes {wanted}"), None, item.span, &path);
        }
    }
}

fn is_text(node: &Node, in_rules: bool) -> bool {
    let scalar = !node.is_collection() && node.tag.is_none();
    scalar || is_one_of(node, COMPARED) || in_rules && is_one_of(node, OF_RULES)
}

fn is_boolean(node: &Node) -> bool {
    let flag = node
        .as_str()
        .is_some_and(|text| text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false"));
    node.tag.is_none() && (flag || matches!(node.value, NodeValue::Bool(_)))
}

fn is_one_of(node: &Node, functions: &[&str]) -> bool {
    match (function_of_tag(node), node.entries()) {
        (Some(function), _) => functions.contains(&function.as_str()),
        (None, [(key, _)]) => functions.contains(&key.name.as_str()),
        (None, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_other_arguments() {
        let of = |rule: &str, condition: &str| {
            let template = format!(
                "Conditions: {{A: !Equals [a, b], B: {condition}}}\nResources: {{R: {{Type: Custom::R}}}}\n"
            );
            findings(rule, &template).len()
        };
        for condition in
            ["!Equals a", "!Equals [a]", "!Equals [a, b, c]", "!Equals [[a], b]", "!Equals [a, !GetAZs '']"]
        {
            assert_eq!(of("E8003", condition), 1, "{condition}");
        }
        assert_eq!(of("E8003", "!Equals [!Ref AWS::Region, !Sub 'x']"), 0);
        for (rule, good, bad) in [
            ("E8004", "!And [!Condition A, !Not [!Condition A]]", "!And [!Condition A]"),
            ("E8005", "!Not [!Equals [a, b]]", "!Not [x]"),
            ("E8006", "!Or [!Condition A, !Condition A]", "!Or [a, !Condition A]"),
        ] {
            assert_eq!((of(rule, good), of(rule, bad)), (0, 1), "{rule}");
        }
    }
}
