//! What is meant by what `Ref` and `Fn::GetAtt` give, against what their places want: E1040 and E1041, each with its page.

use super::given;
use crate::lint::{Context, Findings};
use crate::schema::{self, Schema};
use serde_json::Value;

/// Types of which anything may come.
const OPEN: &[&str] = &[
    "AWS::CloudFormation::CustomResource",
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
    "AWS::ServiceCatalog::CloudFormationProvisionedProduct",
];

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let function = if findings.rule == "E1040" { "Fn::GetAtt" } else { "Ref" };
    for place in context.destinations().iter().filter(|place| place.function == function) {
        let Some(wanted) = place.wanted.format else { continue };
        let (said, formats) = match (function, place.argument) {
            ("Ref", Value::String(name)) => (format!("`{name}`"), of_reference(context, name)),
            ("Fn::GetAtt", Value::Array(parts)) => match parts.as_slice() {
                [Value::String(name), Value::String(attribute)] => {
                    // What is of another type is another rule's finding.
                    if given::is_of_other_type(context.template, place.wanted, name, attribute) {
                        continue;
                    }
                    (format!("`{name}.{attribute}`"), of_attribute(context, name, attribute))
                }
                _ => continue,
            },
            _ => continue,
        };
        let Some(formats) = formats else { continue };
        if formats.contains(&spelled(wanted)) {
            continue;
        }
        let given =
            if formats.is_empty() { String::new() } else { format!(", but {}", formats.join(" or ")) };
        let message = format!("{said} is not {wanted}{given}");
        findings.add(message, None, context.template.place(&place.path), &place.path);
    }
}

/// Returns the formats of what `Ref` of a resource gives, or nothing when anything may come.
fn of_reference(context: &Context<'_>, name: &str) -> Option<Vec<&'static str>> {
    let resource = context.template.resources.get(name)?;
    let type_name = resource.resource_type.as_str();
    if type_name.starts_with("Custom::") || type_name == "AWS::CloudFormation::CustomResource" {
        return None;
    }
    let schema = schema::of(type_name)?;
    if type_name == "AWS::EC2::SecurityGroup" {
        // A group outside of a VPC is known by its name.
        let has_vpc = resource.properties.get("VpcId").is_some();
        return Some(vec![if has_vpc {
            "AWS::EC2::SecurityGroup.Id"
        } else {
            "AWS::EC2::SecurityGroup.Name"
        }]);
    }
    let mut pointers = schema.primary_identifier();
    let (first, second) = (pointers.next()?, pointers.next());
    if second.is_some() {
        return Some(Vec::new());
    }
    let mut here = schema.root();
    for part in first.parts() {
        here = here.property(part)?.followed();
    }
    Some(formats(here))
}

fn of_attribute(context: &Context<'_>, name: &str, attribute: &str) -> Option<Vec<&'static str>> {
    let type_name = context.template.resources.get(name)?.resource_type.as_str();
    if OPEN.contains(&type_name)
        || type_name.starts_with("Custom::")
        || (type_name, attribute) == ("AWS::SSM::Parameter", "Value")
    {
        return None;
    }
    given::attribute_schema(context.template, name, attribute).map(formats)
}

fn formats(schema: Schema<'static>) -> Vec<&'static str> {
    let several = schema.alternatives().filter_map(Schema::format);
    schema.format().into_iter().chain(several).map(spelled).collect()
}

/// Returns the word of a format that has two as the one.
fn spelled(format: &'static str) -> &'static str {
    match format {
        "AWS::EC2::SecurityGroup.GroupId" => "AWS::EC2::SecurityGroup.Id",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn task(group: &str) -> String {
        format!(
            "Resources:\n  G: {{Type: AWS::Logs::LogGroup}}\n  T:\n    Type: AWS::ECS::TaskDefinition\n    Properties:\n      \
             ContainerDefinitions:\n        - Name: app\n          Image: app\n          LogConfiguration:\n            \
             LogDriver: awslogs\n            Options: {{awslogs-group: {group}, awslogs-region: eu-west-1}}\n"
        )
    }

    #[test]
    fn trips_on_the_arn_of_a_log_group_for_a_containers_logs() {
        assert_eq!(
            findings("E1040", &task("!GetAtt G.Arn")),
            ["11:46 `G.Arn` is not AWS::Logs::LogGroup.Name"]
        );
    }

    #[test]
    fn is_fine_with_the_name_of_a_log_group_for_a_containers_logs() {
        let template = task("!Ref G");
        assert_eq!((findings("E1040", &template), findings("E1041", &template)), (vec![], vec![]));
    }
}
