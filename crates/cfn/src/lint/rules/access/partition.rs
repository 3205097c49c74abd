//! # H1512: a template that takes its partition from AWS does so everywhere
//!
//! ```yaml
//! ManagedPolicyArns: ["arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"]
//! SourceArn: !Sub "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/nightly"
//! ```
//!
//! One ARN is right in every partition and the other in `aws` only, so that the stack fails in China and in GovCloud. Write
//! `${AWS::Partition}` within `Fn::Sub`. A template that never takes the partition from AWS is left alone.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html>

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1512",
    level: Level::Info,
    summary: "a template that takes its partition from AWS does so everywhere",
    source: include_str!("partition.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    if !context.references.iter().any(|reference| reference.to == "AWS::Partition") {
        return;
    }
    for (logical_id, resource) in &context.template.resources {
        let path = super::properties(logical_id, &[]);
        visit(context, &resource.properties, path, 0, findings);
    }
}

fn visit(context: &Context<'_>, value: &Value, path: Vec<String>, depth: usize, findings: &mut Findings) {
    let below = |step: &str| path.iter().cloned().chain([step.to_owned()]).collect::<Vec<_>>();
    if depth > 14 {
        return;
    }
    match value {
        Value::String(text) if text.starts_with("arn:aws:") => {
            let help = Some("write `!Sub` with `arn:${AWS::Partition}:`".to_owned());
            let message = "the partition of this ARN is fixed, and that of others comes from AWS";
            findings.add(message, help, context.template.place(&path), &path);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                visit(context, item, below(&index.to_string()), depth + 1, findings);
            }
        }
        Value::Object(members) => {
            for (step, member) in members {
                visit(context, member, below(step), depth + 1, findings);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(first: &str) -> String {
        format!(
            "Resources:\n  A: {{Type: AWS::IAM::Role, Properties: {{ManagedPolicyArns: [{first}, 'arn:aws:iam::aws:policy/PowerUserAccess']}}}}\n"
        )
    }

    #[test]
    fn trips_on_an_arn_of_one_partition_beside_one_of_all() {
        assert_eq!(
            findings("H1512", &template("!Sub 'arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess'")).len(),
            1
        );
    }

    #[test]
    fn is_fine_where_all_are_of_one_partition() {
        assert_eq!(findings("H1512", &template("'arn:aws:iam::aws:policy/ReadOnlyAccess'")), [""; 0]);
    }
}
