//! # W2506: a parameter for a machine image is of the type of images
//!
//! ```yaml
//! Parameters:
//!   Image: {Type: String}
//! Resources:
//!   Instance: {Type: AWS::EC2::Instance, Properties: {ImageId: !Ref Image}}
//! ```
//!
//! With the type `AWS::EC2::Image::Id`, or `AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>`, CloudFormation checks that the image
//! exists before it changes anything.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W2506",
    level: Level::Warning,
    summary: "a parameter for a machine image is of the type of images",
    source: include_str!("image_id.rs"),
    check,
};

/// Types, each with the way to the property that names an image; `*` is any item.
const IMAGES: &[(&str, &[&str])] = &[
    ("AWS::AutoScaling::LaunchConfiguration", &["ImageId"]),
    ("AWS::Batch::ComputeEnvironment", &["ComputeResources", "ImageId"]),
    ("AWS::Cloud9::EnvironmentEC2", &["ImageId"]),
    ("AWS::EC2::Instance", &["ImageId"]),
    ("AWS::EC2::LaunchTemplate", &["LaunchTemplateData", "ImageId"]),
    ("AWS::EC2::SpotFleet", &["SpotFleetRequestConfigData", "LaunchSpecifications", "*", "ImageId"]),
    ("AWS::ImageBuilder::Image", &["ImageId"]),
];

const TYPES: [&str; 2] = ["AWS::EC2::Image::Id", "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>"];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for place in context.destinations().iter().filter(|place| place.function == "Ref" && !place.is_argument) {
        let parameter = place.argument.as_str().and_then(|name| context.template.parameters.get(name));
        let (Some(parameter), [_, logical_id, _, way @ ..]) = (parameter, place.path.as_slice()) else {
            continue;
        };
        if TYPES.contains(&parameter.parameter_type.as_str()) {
            continue;
        }
        let resource = context.template.resources.get(logical_id);
        let type_name = resource.map_or("", |resource| resource.resource_type.as_str());
        let fits = |wanted: &[&str]| {
            wanted.len() == way.len()
                && wanted.iter().zip(way).all(|(wanted, found)| *wanted == "*" || wanted == found)
        };
        if IMAGES.iter().any(|(name, wanted)| *name == type_name && fits(wanted)) {
            let path = ["Parameters", &parameter.name, "Type"];
            let message = format!(
                "`{}` names a machine image, but is of type {}",
                parameter.name, parameter.parameter_type
            );
            let help = format!("give it the type `{}`", TYPES[0]);
            findings.add(message, Some(help), context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(parameter_type: &str) -> String {
        format!(
            "Parameters:\n  P:\n    Type: {parameter_type}\nResources:\n  A: {{Type: AWS::EC2::Instance, Properties: {{ImageId: !Ref P}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_parameter_of_another_type() {
        let found = findings("W2506", &template("String"));
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("3:11 `P` names a machine image"), "{found:?}");
    }

    #[test]
    fn is_fine_with_the_types_of_images() {
        assert_eq!(findings("W2506", &template("AWS::EC2::Image::Id")), [""; 0]);
        assert_eq!(findings("W2506", &template("AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>")), [""; 0]);
    }
}
