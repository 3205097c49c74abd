//! # E3006: a resource's type can exist
//!
//! ```yaml
//! Stream: {Type: AWS::Kinesis::Streem}
//! ```
//!
//! A type is written `AWS::Service::Resource`, `Custom::Name`, or as a registered type `Organization::Service::Resource`. A name
//! that is all but one that AWS has is taken for a misspelling; types of which nothing is known here are left alone.

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
        if name.is_empty() || schema::of(name).is_some() {
            continue;
        }
        let help = misspelt(name).map(|near| format!("did you mean `{near}`?"));
        if help.is_none() && well_formed(name) {
            continue;
        }
        let path = ["Resources", logical_id, "Type"];
        let message = format!("the resource type `{name}` does not exist");
        findings.add(message, help, context.template.place(&path), &path);
    }
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
    let near = yaml::near_miss(name, schema::type_names().collect::<Vec<_>>())?;
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
    fn is_fine_with_types_of_others() {
        let template = "Resources:\n  A: {Type: Custom::My-Thing_1}\n  B: {Type: Acme::Service::Thing}\n  C: {Type: \
                        AWS::S3::BucketPolicy}\n  D: {Type: AWS::New::Thing}\n  E: {Type: Acme::A::B::MODULE}\n  F: {Type: AWS::IoT::Policy}\n  G: {Type: AWS::ApiGateway::Stage}\n";
        assert_eq!(findings("E3006", template), [""; 0]);
    }
}
