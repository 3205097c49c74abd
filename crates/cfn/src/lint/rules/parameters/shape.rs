//! What stands in a parameter: E2001 and E2002, each with its page, and H2001 for patterns.

use crate::lint::{Context, Findings, did_you_mean};
use crate::yaml::NodeValue;
use regex::Regex;

const KEYS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(parameters) = context.template.document().root.get("Parameters") else { return };
    for (key, node) in parameters.entries() {
        let path = ["Parameters", &key.name];
        let NodeValue::Mapping(entries) = &node.value else {
            if findings.rule == "E2001" && node.value != NodeValue::Null {
                findings.add("a parameter is an object with a `Type`", None, key.span, &path);
            }
            continue;
        };
        let written = entries.iter().find(|(attribute, _)| attribute.name == "Type");
        match (findings.rule, written) {
            ("E2001", None) => {
                findings.add(format!("the parameter `{}` has no `Type`", key.name), None, key.span, &path);
            }
            ("E2002", Some((_, value))) => {
                if let Some(text) = value.as_str().filter(|text| value.tag.is_none() && !is_type(text)) {
                    let message = format!("`{text}` is not a type of parameters");
                    findings.add(message, did_you_mean(text, TYPES), value.span, &path);
                }
            }
            _ => {}
        }
        for (attribute, value) in entries {
            let name = attribute.name.as_str();
            if findings.rule == "E2001" && !KEYS.contains(&name) {
                let message = format!("`{name}` is not an attribute of a parameter");
                findings.add(message, did_you_mean(name, KEYS), attribute.span, &path);
            }
            let is_constraint = findings.rule == "E2001" && value.tag.is_some();
            if is_constraint {
                findings.add(
                    format!("`{name}` of a parameter cannot be a function"),
                    None,
                    value.span,
                    &path,
                );
            }
            if let ("H2001", "AllowedPattern", Some(pattern)) = (findings.rule, name, value.as_str())
                && !is_pattern(pattern)
            {
                findings.add(format!("`{pattern}` is not a regular expression"), None, value.span, &path);
            }
        }
    }
}

const TYPES: &[&str] = &["CommaDelimitedList", "List<Number>", "List<String>", "Number", "String"];

/// Says whether a parameter can be of a type; AWS's own are not listed.
fn is_type(text: &str) -> bool {
    TYPES.contains(&text) || text.starts_with("AWS::") || text.starts_with("List<AWS::")
}

/// Says whether Java may read a pattern: what this engine lacks is left alone.
fn is_pattern(pattern: &str) -> bool {
    pattern.contains("(?") || pattern.contains('\\') || pattern.contains("&&") || Regex::new(pattern).is_ok()
}
