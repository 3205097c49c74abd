//! # H1504: a role allows what its pipeline needs
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {Policies: [{PolicyName: p, PolicyDocument: {Statement: [{Effect: Allow, Action: s3:GetObject, Resource: !Sub "${Bucket.Arn}/*"}]}}]}}
//! Delivery: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {ExtendedS3DestinationConfiguration: {BucketARN: !GetAtt Bucket.Arn, RoleARN: !GetAtt Role.Arn}}}
//! ```
//!
//! The wiring tells what a role has to do: Firehose reads its source and writes to its bucket, a mapping reads its stream and
//! sends what failed to a queue, a schedule calls its target. Policies of the template and AWS's managed policies are asked
//! with IAM's evaluator. Add the action, or the resource to the statement that has it.
//! <https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html>

use crate::access::{Access, Fit, Grants, Missing, Statement};
use crate::iam::matches_ignoring_case;
use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

use super::properties;

pub(super) const RULE: Rule = Rule {
    id: "H1504",
    level: Level::Warning,
    summary: "a role allows what its pipeline needs",
    source: include_str!("permission.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let access = context.access();
    let mut told = Vec::new();
    for used in &access.uses {
        for missing in access.missing(used) {
            let resource = missing.need.resources.first().map(|arn| Access::shown(arn)).unwrap_or_default();
            let told_before = (used.role, missing.actions.clone(), resource.clone());
            if told.contains(&told_before) {
                continue;
            }
            told.push(told_before);
            let Some(grants) = access.grants.get(used.role) else { continue };
            let path = place(context, used.role, grants, &missing);
            let actions: Vec<String> = missing.actions.iter().map(|action| format!("`{action}`")).collect();
            let message = format!(
                "`{}` does not allow {}, which `{}` needs {}",
                used.role,
                actions.join(", "),
                used.by,
                missing.need.what
            );
            let help = format!("allow it on {resource}");
            findings.add(message, Some(help), context.template.place(&path), &path);
        }
    }
}

/// Returns where what is missing belongs: after the last action of the statement that comes nearest, or in the role.
fn place(context: &Context<'_>, role: &str, grants: &Grants<'_>, missing: &Missing<'_>) -> Vec<String> {
    let candidates = grants.statements.iter().filter(|statement| statement.holder.is_some());
    let best =
        candidates.map(|statement| (nearness(statement, missing), statement)).max_by_key(|(near, _)| *near);
    match best {
        Some((near, statement)) if near > 0 => {
            let (key, value) = match context.template.body.pointer(&pointer(&statement.path)) {
                Some(body) => match (near, body.get("Action"), body.get("Resource")) {
                    // It has the action, on another resource.
                    (4.., _, Some(resource)) => ("Resource", Some(resource)),
                    (_, Some(action), _) => ("Action", Some(action)),
                    _ => ("Effect", None),
                },
                None => ("Effect", None),
            };
            let mut path = statement.path.clone();
            path.push(key.to_owned());
            if let Some(Value::Array(items)) = value
                && key == "Action"
                && !items.is_empty()
            {
                path.push((items.len() - 1).to_string());
            }
            path
        }
        // The policies speak of other things.
        Some((_, statement)) => statement.path[..statement.path.len().saturating_sub(1)].to_vec(),
        None => properties(role, &[]),
    }
}

/// Says how near a statement comes to what is missing: its action elsewhere, its resource, its service.
fn nearness(statement: &Statement<'_>, missing: &Missing<'_>) -> u8 {
    let Some(action) = missing.actions.first() else { return 0 };
    let service = action.split(':').next().unwrap_or_default();
    let patterns = &statement.actions.patterns;
    let has_action = patterns.iter().any(|pattern| pattern != "*" && matches_ignoring_case(pattern, action));
    let has_service = patterns.iter().any(|pattern| pattern.split(':').next() == Some(service));
    let is_on = |arn: &String| {
        statement
            .resources
            .iter()
            .any(|resources| resources.patterns.iter().any(|pattern| Access::fit(pattern, arn) != Fit::No))
    };
    let has_resource = missing.need.resources.iter().any(is_on);
    match (has_action, has_service, has_resource) {
        (true, ..) => 4,
        (_, true, true) => 3,
        (_, true, _) => 2,
        (_, _, true) if !patterns.is_empty() => u8::from(statement.is_allow),
        _ => 0,
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", step.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(action: &str, resource: &str) -> String {
        format!(
            "Resources:\n  B: {{Type: AWS::S3::Bucket}}\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      Policies: \n        - PolicyName: p\n          \
             PolicyDocument:\n            Statement:\n              - Effect: Allow\n                Action:\n                  - s3:GetObject\n                  - \
             {action}\n                Resource: {resource}\n  D: {{Type: AWS::KinesisFirehose::DeliveryStream, Properties: {{ExtendedS3DestinationConfiguration: \
             {{BucketARN: !GetAtt B.Arn, RoleARN: !GetAtt R.Arn}}}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_missing_action_and_on_a_resource_without_the_objects() {
        let found = findings("H1504", &template("s3:ListBucket", "!Sub '${B.Arn}/*'"));
        assert!(
            found.len() == 1 && found[0].starts_with("13:21 `R` does not allow `s3:PutObject`"),
            "{found:?}"
        );
        let found = findings("H1504", &template("s3:PutObject", "!GetAtt B.Arn"));
        assert!(found.len() == 1 && found[0].starts_with("14:"), "{found:?}");
    }

    #[test]
    fn is_fine_with_a_wildcard() {
        assert_eq!(
            findings("H1504", &template("s3:Put*", "!Sub 'arn:${AWS::Partition}:s3:::${B}/data/*'")),
            [""; 0]
        );
        assert_eq!(findings("H1504", &template("s3:*", "'*'")), [""; 0]);
    }
}
