//! # W3005: DependsOn says what no reference says
//!
//! ```yaml
//! Delivery:
//!   Type: AWS::KinesisFirehose::DeliveryStream
//!   DependsOn: Bucket
//!   Properties: {S3DestinationConfiguration: {BucketARN: !GetAtt Bucket.Arn}}
//! ```
//!
//! CloudFormation makes what is referred to first. Remove the dependency.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W3005",
    level: Level::Warning,
    summary: "DependsOn says what no reference says",
    source: include_str!("obsolete_depends_on.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references.iter().filter(|reference| reference.kind == ReferenceKind::DependsOn)
    {
        let from = reference.from.logical_id();
        let implied = context.references.iter().any(|other| {
            matches!(other.kind, ReferenceKind::Ref | ReferenceKind::GetAtt | ReferenceKind::Sub)
                && other.to == reference.to
                && other.from.logical_id() == from
                && other
                    .from
                    .path
                    .get(2)
                    .is_some_and(|attribute| attribute == "Properties" || attribute == "Metadata")
        });
        if implied && context.template.resources.contains_key(&reference.to) {
            let message = format!("a reference to `{}` already says this", reference.to);
            findings.add(message, None, reference.from.span, &reference.from.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_dependency_that_a_reference_makes() {
        let template = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  B: {Type: Custom::B, DependsOn: [A], Properties: {X: !Sub '${A.TopicArn}'}}\n";
        assert_eq!(findings("W3005", template), ["3:36 a reference to `A` already says this"]);
    }

    #[test]
    fn is_fine_with_a_dependency_of_its_own() {
        let template = "Resources:\n  A: {Type: AWS::SNS::Topic}\n  C: {Type: Custom::C, Properties: {X: !Ref A}}\n  B: {Type: Custom::B, DependsOn: A, Properties: {X: !Ref C}}\n";
        assert_eq!(findings("W3005", template), [""; 0]);
    }
}
