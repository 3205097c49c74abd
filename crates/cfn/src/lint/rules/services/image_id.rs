//! # E3673: an instance has an image
//!
//! ```yaml
//! I: {Type: AWS::EC2::Instance, Properties: {InstanceType: t3.micro}}
//! ```
//!
//! The image is named by the instance or by its launch template. Launch templates that are not in the template are left alone.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "E3673",
    level: Level::Error,
    summary: "an instance has an image",
    source: include_str!("image_id.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let properties = &resource.properties;
        // Properties that are a function are for those who know what it becomes.
        let is_function =
            properties.as_object().is_some_and(|members| members.keys().any(|name| name.starts_with("Fn::")));
        if resource.resource_type != "AWS::EC2::Instance"
            || is_function
            || properties.get("ImageId").is_some()
        {
            continue;
        }
        let is_null = context.template.body["Resources"][logical_id].get("Properties")
            == Some(&serde_json::Value::Null);
        if !is_null && !names_image(context, properties.get("LaunchTemplate")) {
            let path = ["Resources", logical_id, "Properties"];
            let path = if context.template.span(&path).is_some() { &path[..] } else { &path[..2] };
            let message = "the instance needs `ImageId`, which no launch template gives it";
            findings.add(message, None, context.template.place(path), path);
        }
    }
}

/// Says whether a launch template may name an image.
fn names_image(context: &Context<'_>, launch_template: Option<&Value>) -> bool {
    let Some(launch_template) = launch_template else { return false };
    let named = launch_template.get("LaunchTemplateId").or_else(|| launch_template.get("LaunchTemplateName"));
    let logical_id =
        named.and_then(|named| named.get("Ref").or_else(|| named.get("Fn::GetAtt")?.get(0))?.as_str());
    let Some(resource) = logical_id.and_then(|logical_id| context.template.resources.get(logical_id)) else {
        return true;
    };
    let data = resource.properties.get("LaunchTemplateData");
    data.is_none_or(|data| data.get("ImageId").is_some() || data.get("Fn::If").is_some())
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(launch_template: &str) -> String {
        format!(
            "Resources:\n  I: {{Type: AWS::EC2::Instance, Properties: {{LaunchTemplate: {{LaunchTemplateId: !Ref L, Version: 1}}}}}}\n  \
             L: {{Type: AWS::EC2::LaunchTemplate, Properties: {{LaunchTemplateData: {launch_template}}}}}\n"
        )
    }

    #[test]
    fn trips_on_an_instance_without_image() {
        assert_eq!(findings("E3673", &template("{InstanceType: t3.micro}")).len(), 1);
        assert_eq!(findings("E3673", "Resources:\n  I:\n    Type: AWS::EC2::Instance\n").len(), 1);
    }

    #[test]
    fn is_fine_with_an_image_of_the_launch_template() {
        assert_eq!(findings("E3673", &template("{ImageId: ami-12345678}")), [""; 0]);
        assert_eq!(findings("E3673", &template("{}").replace("!Ref L", "lt-1")), [""; 0]);
    }
}
