//! What stands in a parameter: E2001, E2002, E2010, E2011 and W2002, each with its page, and H2001 for patterns.

use crate::lint::{Context, Findings, did_you_mean};
use crate::template::scalar_text;
use crate::yaml::{Key, Node, NodeValue};
use regex::Regex;
use serde_json::Value;

/// The attributes of a parameter that is a number.
const OF_NUMBERS: &[&str] = &[
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxValue",
    "MinValue",
    "NoEcho",
    "Type",
];

/// The attributes of any other parameter.
const OF_TEXTS: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "ConstraintDescription",
    "Default",
    "Description",
    "MaxLength",
    "MinLength",
    "NoEcho",
    "Type",
];

/// How many parameters a template has at most.
const MOST: usize = 200;

/// How many characters a value of a parameter has at most.
const LONGEST: usize = 4096;

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some((key, parameters)) = context.template.document().root.entry("Parameters") else { return };
    let count = parameters.entries().len();
    if findings.rule == "E2010" && count > MOST {
        let message = format!("a template has {MOST} parameters at most, not {count}");
        findings.add(message, None, key.span, &["Parameters"]);
    }
    for (key, node) in parameters.entries() {
        let path = ["Parameters", &key.name];
        if findings.rule == "E2001" && !is_name(&key.name) {
            let message =
                format!("the parameter name `{}` is not made of letters and digits alone", key.name);
            findings.add(message, None, key.span, &path);
        }
        if findings.rule == "E2011" && key.name.chars().count() > 255 {
            findings.add("a parameter's name has at most 255 characters", None, key.span, &path);
        }
        let NodeValue::Mapping(entries) = &node.value else {
            if findings.rule == "E2001" && node.value != NodeValue::Null {
                findings.add("a parameter is an object with a `Type`", None, key.span, &path);
            }
            continue;
        };
        let of_type = entries.iter().find(|(attribute, _)| attribute.name == "Type").map(|(_, value)| value);
        of_rule(key, of_type, findings);
        let is_number = of_type.and_then(Node::as_str) == Some("Number");
        for (attribute, value) in entries {
            if findings.rule == "E2001" {
                shape(key, attribute, value, is_number, findings);
            }
            if findings.rule == "E2011" {
                lengths(key, attribute, value, findings);
            }
            if let ("H2001", "AllowedPattern", Some(pattern)) =
                (findings.rule, attribute.name.as_str(), value.as_str())
                && !is_pattern(pattern)
            {
                findings.add(format!("`{pattern}` is not a regular expression"), None, value.span, &path);
            }
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Checks the type itself.
fn of_rule(key: &Key, of_type: Option<&Node>, findings: &mut Findings) {
    let path = ["Parameters", &key.name, "Type"];
    match (findings.rule, of_type) {
        ("E2001", None) => {
            let message = format!("the parameter `{}` has no `Type`", key.name);
            findings.add(message, None, key.span, &path[..2]);
        }
        ("E2002", Some(value)) => {
            if let Some(text) = value.as_str().filter(|text| value.tag.is_none() && !is_type(text)) {
                let message = format!("`{text}` is not a type of parameters");
                findings.add(message, did_you_mean(text, TYPES), value.span, &path);
            }
        }
        ("W2002", Some(value)) => {
            if let Some(text) = value.as_str().filter(|text| value.tag.is_none() && !is_documented(text)) {
                let message =
                    format!("CloudFormation does not document parameters of type `{text}`, nor checks them");
                findings.add(message, None, value.span, &path);
            }
        }
        _ => {}
    }
}

/// Checks the name of an attribute, and what kind of value it has.
fn shape(key: &Key, attribute: &Key, value: &Node, is_number: bool, findings: &mut Findings) {
    let name = attribute.name.as_str();
    let path = ["Parameters", &key.name, name];
    let known = if is_number { OF_NUMBERS } else { OF_TEXTS };
    if !known.contains(&name) {
        let other = if is_number { OF_TEXTS } else { OF_NUMBERS };
        let message = match other.contains(&name) {
            true if is_number => format!("`{name}` is not for parameters of type `Number`"),
            true => format!("`{name}` is for parameters of type `Number` alone"),
            false => format!("`{name}` is not an attribute of a parameter"),
        };
        findings.add(message, did_you_mean(name, known), attribute.span, &path);
        return;
    }
    if value.tag.is_some() {
        let message = format!("`{name}` of a parameter cannot be a function");
        return findings.add(message, None, value.span, &path);
    }
    let scalar = !value.is_collection();
    let number = |node: &Node| match &node.value {
        NodeValue::Number(number) => number.as_f64(),
        NodeValue::String(text) => text.parse().ok(),
        _ => None,
    };
    let fits = match name {
        _ if value.value == NodeValue::Null => true,
        "AllowedValues" => matches!(value.value, NodeValue::Sequence(_)),
        "MaxLength" => number(value).is_some_and(|number| number.fract() == 0.0 && number <= LONGEST as f64),
        "MinLength" => number(value).is_some_and(|number| number.fract() == 0.0),
        "MaxValue" | "MinValue" => number(value).is_some(),
        "NoEcho" => match &value.value {
            NodeValue::Bool(_) => true,
            NodeValue::String(text) => matches!(text.to_lowercase().as_str(), "true" | "false"),
            _ => false,
        },
        _ => scalar,
    };
    if !fits {
        let wanted = match name {
            "AllowedValues" => "a list".to_owned(),
            "MaxLength" => format!("a number of at most {LONGEST}"),
            "MaxValue" | "MinLength" | "MinValue" => "a number".to_owned(),
            "NoEcho" => "`true` or `false`".to_owned(),
            _ => "a text".to_owned(),
        };
        findings.add(format!("`{name}` must be {wanted}"), None, attribute.span, &path);
        return;
    }
    for item in value.items().iter().filter(|item| item.is_collection() || item.tag.is_some()) {
        findings.add(format!("`{name}` is a list of texts"), None, item.span, &path);
    }
}

/// Checks how long texts are.
fn lengths(key: &Key, attribute: &Key, value: &Node, findings: &mut Findings) {
    let most = match attribute.name.as_str() {
        "Default" | "AllowedValues" => LONGEST,
        "Description" => 4000,
        _ => return,
    };
    let path = ["Parameters", &key.name, &attribute.name];
    let mut texts = vec![value];
    texts.extend(value.items());
    for text in texts {
        if text.as_str().is_some_and(|text| text.chars().count() > most) {
            findings.add(format!("a text here has at most {most} characters"), None, text.span, &path);
        }
    }
}

const TYPES: &[&str] = &["CommaDelimitedList", "List<Number>", "List<String>", "Number", "String"];

/// The types of AWS's own that a parameter can have, alone or in a list.
const OF_AWS: &[&str] = &[
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
];

/// Those that a parameter can have alone.
const ALONE: &[&str] = &["AWS::EC2::KeyPair::KeyName", "AWS::SSM::Parameter::Name"];

const STORED: &str = "AWS::SSM::Parameter::Value<";

/// Says whether a parameter can be of a type: a list or a stored value can be one of anything.
fn is_type(text: &str) -> bool {
    TYPES.contains(&text)
        || OF_AWS.contains(&text)
        || ALONE.contains(&text)
        || text.starts_with(STORED)
        || text.starts_with("List<")
}

/// Says whether AWS documents a list's or a stored value's type.
fn is_documented(text: &str) -> bool {
    let of_list = |text: &str| {
        let item = text.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>'));
        item.map(|item| OF_AWS.contains(&item) || matches!(item, "Number" | "String"))
    };
    let of_stored = |text: &str| {
        let item = text.strip_prefix(STORED).and_then(|rest| rest.strip_suffix('>'));
        item.map(|item| {
            TYPES.contains(&item)
                || OF_AWS.contains(&item)
                || ALONE.contains(&item)
                || of_list(item) == Some(true)
        })
    };
    of_list(text)
        .or_else(|| of_stored(text))
        .unwrap_or(!text.starts_with(STORED) && !text.starts_with("List<"))
}

/// Says whether Java may read a pattern: what this engine lacks is left alone.
fn is_pattern(pattern: &str) -> bool {
    pattern.contains("(?") || pattern.contains('\\') || pattern.contains("&&") || Regex::new(pattern).is_ok()
}

/// Says whether a parameter's `NoEcho` is written and not false.
pub(super) fn has_no_echo(parameter: &Value) -> bool {
    let text = parameter.get("NoEcho").and_then(scalar_text).unwrap_or_default();
    !text.is_empty() && !text.eq_ignore_ascii_case("false")
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(rule: &str, parameter: &str) -> Vec<String> {
        findings(rule, &format!("Parameters:\n  P: {{{parameter}}}\nResources: {{A: {{Type: Custom::A}}}}\n"))
    }

    #[test]
    fn trips_on_attributes_that_are_not_for_the_type() {
        for parameter in [
            "Type: Number, AllowedPattern: x",
            "Type: String, MaxValue: 1",
            "Type: String, MaxLength: 4097",
            "Type: String, AllowedValues: a",
            "Type: String, NoEcho: maybe",
            "Type: String, Default: !Ref X",
            "Type: String, Defaults: x",
            "Default: x",
        ] {
            assert_eq!(of("E2001", parameter).len(), 1, "{parameter}");
        }
        for parameter in [
            "Type: Number, MaxValue: '5', Default: 1",
            "Type: String, MaxLength: 4096, MinLength: '1', NoEcho: 'True', AllowedValues: [1, a]",
        ] {
            assert_eq!(of("E2001", parameter), [""; 0]);
        }
    }

    #[test]
    fn trips_on_types_that_nobody_has() {
        assert_eq!(of("E2002", "Type: Strin").len(), 1);
        assert_eq!(of("E2002", "Type: AWS::EC2::Nothing::Id").len(), 1);
        assert_eq!(of("E2002", "Type: List<AWS::EC2::Subnet::Id>"), [""; 0]);
        assert_eq!(of("W2002", "Type: List<AWS::EC2::KeyPair::KeyName>").len(), 1);
        assert_eq!(of("W2002", "Type: AWS::SSM::Parameter::Value<Strings>").len(), 1);
        for fine in [
            "AWS::SSM::Parameter::Value<List<String>>",
            "List<Number>",
            "String",
            "AWS::EC2::KeyPair::KeyName",
        ] {
            assert_eq!(of("W2002", &format!("Type: {fine}")), [""; 0]);
        }
    }

    #[test]
    fn trips_on_what_is_too_long_or_too_many() {
        let text = |length: usize| format!("Type: String, Default: {}", "a".repeat(length));
        assert_eq!((of("E2011", &text(4097)).len(), of("E2011", &text(4096)).len()), (1, 0));
        let template = |count: usize| {
            let parameters: String =
                (0..count).map(|index| format!("  P{index}: {{Type: String}}\n")).collect();
            format!("Parameters:\n{parameters}Resources: {{A: {{Type: Custom::A}}}}\n")
        };
        assert_eq!(
            (findings("E2010", &template(201)).len(), findings("E2010", &template(200)).len()),
            (1, 0)
        );
    }
}
