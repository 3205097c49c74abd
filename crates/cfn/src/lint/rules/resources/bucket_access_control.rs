//! # W3045: access to a bucket is granted by its policy
//!
//! ```yaml
//! Bucket: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
//! ```
//!
//! `AccessControl` is a legacy property; new buckets do not take access control lists. Write an AWS::S3::BucketPolicy.

use crate::lint::properties::loops;
use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W3045",
    level: Level::Warning,
    summary: "access to a bucket is granted by its policy",
    source: include_str!("bucket_access_control.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let resources = context.template.resources.iter().map(|(logical_id, resource)| {
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
        (resource.resource_type.as_str(), &resource.properties, path)
    });
    let looped = loops::resources(context.template).into_iter();
    let looped = looped.map(|looped| (looped.type_name, looped.properties, looped.path));
    for (type_name, properties, mut path) in resources.chain(looped) {
        if type_name == "AWS::S3::Bucket" && properties.get("AccessControl").is_some() {
            path.push("AccessControl".to_owned());
            let message = "`AccessControl` is a legacy property";
            let help = Some("grant access with AWS::S3::BucketPolicy".to_owned());
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_an_access_control_list() {
        let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {AccessControl: Private}}}";
        assert_eq!(findings("W3045", template).len(), 1);
    }

    #[test]
    fn trips_on_an_access_control_list_in_a_loop() {
        let template = "Transform: AWS::LanguageExtensions\nResources:\n  Fn::ForEach::Buckets:\n    - Name\n    - [A, B]\n    - \
                        Bucket${Name}: {Type: AWS::S3::Bucket, Properties: {AccessControl: Private}}\n";
        assert_eq!(
            findings("W3045", template),
            ["6:74 `AccessControl` is a legacy property (grant access with AWS::S3::BucketPolicy)"]
        );
    }

    #[test]
    fn is_fine_without() {
        let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: b-1}}}";
        assert_eq!(findings("W3045", template), [""; 0]);
    }
}
