//! The words of a template that CloudFormation must know: short forms of functions, and types of parameters.
//!
//! What a function does with its argument is not looked at here, nor whether a value fits its type.

use hydrant_cfn::template::Template;
use hydrant_cfn::yaml::{Node, NodeValue, Tag};

use super::template::validation_error;
use crate::error::AwsError;

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html>
const SHORT_FORMS: [&str; 20] = [
    "And",
    "Base64",
    "Cidr",
    "Condition",
    "Equals",
    "FindInMap",
    "GetAZs",
    "GetAtt",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "Ref",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
];

/// Types of AWS that stand alone and in lists.
const AWS_TYPES: [&str; 11] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
];

/// Refuses tags that are no function, and types that no parameter has.
pub fn check(template: &Template) -> Result<(), AwsError> {
    let document = template.document();
    if let Some(tag) = unknown_tag(&document.root) {
        let place = document.position(tag.span.start);
        // Not confirmed on AWS: the wording, which is that of YAML that cannot be read.
        return Err(validation_error(format!(
            "Template format error: YAML not well-formed. (line {}, column {})",
            place.line, place.column
        )));
    }
    let mut types = template.parameters.values().map(|parameter| parameter.parameter_type.as_str());
    match types.find(|name| !is_parameter_type(name)) {
        Some(name) => {
            Err(validation_error(format!("Template format error: Unrecognized parameter type: {name}")))
        }
        None => Ok(()),
    }
}

/// Returns the first tag that is neither the short form of a function nor one of YAML's own, such as `!!str`.
fn unknown_tag(node: &Node) -> Option<&Tag> {
    let is_known = |tag: &&Tag| {
        let name = tag.name.strip_prefix('!').unwrap_or(&tag.name);
        name.is_empty() || name.starts_with('!') || name.contains(':') || SHORT_FORMS.contains(&name)
    };
    node.tag.as_ref().filter(|tag| !is_known(tag)).or_else(|| match &node.value {
        NodeValue::Sequence(items) => items.iter().find_map(unknown_tag),
        NodeValue::Mapping(entries) => entries.iter().find_map(|(_, value)| unknown_tag(value)),
        _ => None,
    })
}

fn is_parameter_type(name: &str) -> bool {
    let inside = |prefix: &str| name.strip_prefix(prefix).and_then(|rest| rest.strip_suffix('>'));
    if let Some(stored) = inside("AWS::SSM::Parameter::Value<") {
        return matches!(stored, "String" | "List<String>" | "CommaDelimitedList") || is_aws_type(stored);
    }
    matches!(name, "String" | "Number" | "List<Number>" | "List<String>" | "CommaDelimitedList")
        || is_aws_type(name)
}

fn is_aws_type(name: &str) -> bool {
    let item = name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(name);
    AWS_TYPES.contains(&item)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rest: &str) -> Option<String> {
        let text = format!("{rest}\nResources: {{A: {{Type: 'AWS::S3::Bucket'}}}}");
        check(&Template::parse(&text).unwrap()).err().map(|error| error.message)
    }

    #[test]
    fn knows_the_types_of_parameters() {
        let of = |name: &str| refusal(&format!("Parameters: {{P: {{Type: '{name}'}}}}"));
        for name in
            ["String", "List<Number>", "List<AWS::EC2::Subnet::Id>", "AWS::SSM::Parameter::Value<String>"]
        {
            assert_eq!(of(name), None, "{name}");
        }
        for name in ["Strin", "List<List<Number>>", "AWS::EC2::VPC", "AWS::SSM::Parameter::Value<Strin>"] {
            assert_eq!(of(name), Some(format!("Template format error: Unrecognized parameter type: {name}")));
        }
    }

    #[test]
    fn knows_the_short_forms() {
        assert_eq!(refusal("Conditions: {A: !Equals [!Ref AWS::Region, !!str a]}"), None);
        let message = "Template format error: YAML not well-formed. (line 1, column 17)";
        assert_eq!(refusal("Conditions: {A: !Equal [a, b]}").as_deref(), Some(message));
    }
}
