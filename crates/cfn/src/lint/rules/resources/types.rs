//! # E3006: a resource's type can exist
//!
//! ```yaml
//! Stream: {Type: AWS::Kinesis::Streem}
//! ```
//!
//! A type is written `AWS::Service::Resource`, `Custom::Name`, or as a registered type `Organization::Service::Resource`. A type
//! of AWS's must be one that AWS has in the regions for which the template is checked; what others registered is not known
//! here, nor what somebody's own transform makes of a type.

use crate::lint::{Context, Findings, Level, Rule};
use crate::{schema, yaml};

pub(super) const RULE: Rule = Rule {
    id: "E3006",
    level: Level::Error,
    summary: "a resource's type can exist",
    source: include_str!("types.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let name = resource.resource_type.as_str();
        let path = ["Resources", logical_id, "Type"];
        let mut report = |message, help| {
            findings.add(message, help, context.template.place(&path), &path);
        };
        if let Some(schema) = schema::of(name) {
            let regions = context.regions(resource);
            let without = regions.filter(|region| schema.is_in_region(region) == Some(false));
            for region in without {
                report(format!("AWS has no `{name}` in {region}"), None);
            }
            continue;
        }
        let is_named = !name.is_empty() && !name.starts_with("Custom::") && !name.ends_with("::MODULE");
        if schema::of_serverless(name).is_some() || !is_named && may_exist(context, name) {
            continue;
        }
        let help = misspelt(name).map(|near| format!("did you mean `{near}`?"));
        if name.is_empty() || help.is_none() && may_exist(context, name) {
            continue;
        }
        report(format!("the resource type `{name}` does not exist"), help);
    }
}

/// Says whether a type of which nothing is known may be one.
fn may_exist(context: &Context<'_>, name: &str) -> bool {
    let of_aws = name.starts_with("AWS::") && !name.ends_with("::MODULE");
    well_formed(name) && (!of_aws || context.has_macros())
}

fn well_formed(name: &str) -> bool {
    let parts: Vec<&str> = name.split("::").collect();
    let word = |part: &&str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@-".contains(&byte))
    };
    match parts.as_slice() {
        ["Custom", name] => word(name),
        [_, _, _] | [.., "MODULE"] => parts.iter().all(word),
        _ => false,
    }
}

/// Returns the type of the same service that the name misses by a letter or two.
fn misspelt(name: &str) -> Option<&'static str> {
    // Names of another length are not near, and there are many.
    let names = schema::type_names().filter(|known| known.len().abs_diff(name.len()) <= 3);
    let near = yaml::near_miss(name, names.collect::<Vec<_>>())?;
    let (service, resource) = near.rsplit_once("::")?;
    let (found_service, found) = name.rsplit_once("::")?;
    let distance =
        |left: &str, right: &str| strsim::osa_distance(&left.to_lowercase(), &right.to_lowercase());
    // Distinct types of one service, and services with a type of the same name, are further apart than this.
    let near_enough = match distance(found_service, service) {
        0 => distance(found, resource) <= 2,
        1 => distance(found, resource) == 0,
        _ => false,
    };
    near_enough.then_some(near)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;
    use crate::lint::{Options, check};

    #[test]
    fn trips_on_a_misspelt_type_and_on_what_is_no_type() {
        let template = "Resources:\n  A: {Type: AWS::Kinesis::Streem}\n  B: {Type: aws::kinesis::stream}\n  C: {Type: Stream}\n";
        assert_eq!(
            findings("E3006", template),
            [
                "2:13 the resource type `AWS::Kinesis::Streem` does not exist (did you mean `AWS::Kinesis::Stream`?)",
                "3:13 the resource type `aws::kinesis::stream` does not exist (did you mean `AWS::Kinesis::Stream`?)",
                "4:13 the resource type `Stream` does not exist",
            ]
        );
    }

    #[test]
    fn trips_on_a_type_that_aws_has_not_or_not_there() {
        let template = "Resources:\n  A: {Type: AWS::New::Thing}\n  B: {Type: AWS::OpsWorks::Stack}\n";
        assert_eq!(
            findings("E3006", template),
            [
                "2:13 the resource type `AWS::New::Thing` does not exist",
                "3:13 AWS has no `AWS::OpsWorks::Stack` in us-east-1"
            ]
        );
        let options = Options { regions: vec!["eu-west-1".to_owned()], ..Options::default() };
        let macros = format!("Transform: Mine\n{template}");
        assert_eq!(findings("E3006", &macros).len(), 1);
        let elsewhere = "Conditions: {C: !Equals [!Ref AWS::Region, eu-west-1]}\nResources:\n  B: {Type: AWS::OpsWorks::Stack, Condition: C}\n";
        assert_eq!(findings("E3006", elsewhere), [""; 0]);
        let there = check("Resources:\n  A: {Type: AWS::Kinesis::Stream}\n", &options);
        assert_eq!(there.findings, []);
    }

    #[test]
    fn is_fine_with_types_of_others() {
        let template = "Resources:\n  A: {Type: Custom::My-Thing_1}\n  B: {Type: Acme::Service::Thing}\n  C: {Type: \
                        AWS::S3::BucketPolicy}\n  D: {Type: AWS::My::Thing::MODULE}\n  E: {Type: Acme::A::B::MODULE}\n  F: {Type: AWS::IoT::Policy}\n  G: {Type: AWS::ApiGateway::Stage}\n";
        assert_eq!(findings("E3006", template), [""; 0]);
    }
}
