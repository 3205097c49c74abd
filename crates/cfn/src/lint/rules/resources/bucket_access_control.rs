//! # W3045: access to a bucket is granted by its policy
//!
//! ```yaml
//! Bucket: {Type: AWS::S3::Bucket, Properties: {AccessControl: PublicRead}}
//! ```
//!
//! `AccessControl` is a legacy property; new buckets do not take access control lists. Write an AWS::S3::BucketPolicy.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "W3045",
    level: Level::Warning,
    summary: "access to a bucket is granted by its policy",
    source: include_str!("bucket_access_control.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        if resource.resource_type == "AWS::S3::Bucket" && resource.properties.get("AccessControl").is_some() {
            let path = ["Resources", logical_id, "Properties", "AccessControl"];
            let message = "`AccessControl` is a legacy property";
            findings.add(
                message,
                Some("grant access with AWS::S3::BucketPolicy".to_owned()),
                context.template.place(&path),
                &path,
            );
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
    fn is_fine_without() {
        let template = "Resources: {B: {Type: AWS::S3::Bucket, Properties: {BucketName: b-1}}}";
        assert_eq!(findings("W3045", template), [""; 0]);
    }
}
