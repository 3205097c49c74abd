//! # H1505: what AWS tries at once waits for the policy that allows it
//!
//! ```yaml
//! Policy: {Type: AWS::IAM::Policy, Properties: {Roles: [!Ref Role], …}}
//! Delivery: {Type: AWS::KinesisFirehose::DeliveryStream, Properties: {KinesisStreamSourceConfiguration: {RoleARN: !GetAtt Role.Arn, …}}}
//! ```
//!
//! Firehose, Lambda and CloudWatch Logs try the role when the stream, the mapping or the subscription is made. A policy that is
//! a resource of its own may come later, and the stack fails on some days: "is not authorized to perform:
//! kinesis:DescribeStream". Add `DependsOn` with the policy, or write the policy into the role.
//! <https://github.com/aws/aws-cdk/issues/7236>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-dependson.html>

use crate::access::{Grants, Use};
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::graph::{Dependencies, dependencies};
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    id: "H1505",
    level: Level::Warning,
    summary: "what AWS tries at once waits for the policy that allows it",
    source: include_str!("policy_order.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let access = context.access();
    if !access.uses.iter().any(|used| used.is_tried) {
        return;
    }
    // Resources that wait for each other are told of elsewhere.
    let Ok(graph) = dependencies(context.template) else { return };
    let mut told = Vec::new();
    for used in access.uses.iter().filter(|used| used.is_tried) {
        let Some(grants) = access.grants.get(used.role).filter(|grants| !grants.is_open) else { continue };
        let before = before(&graph, used.by);
        for policy in late(grants, used, &before) {
            if told.contains(&(used.by, policy)) {
                continue;
            }
            told.push((used.by, policy));
            let path = ["Resources", used.by];
            let message = format!("`{}` may be made before `{policy}`, which allows what it needs", used.by);
            let help = format!("add `DependsOn: {policy}`");
            findings.add(message, Some(help), context.template.place(&path), &path);
        }
    }
}

/// Returns the policies without which something needed is not allowed, and that nothing waits for.
fn late<'t>(grants: &Grants<'t>, used: &Use<'t>, before: &BTreeSet<String>) -> Vec<&'t str> {
    let policies: BTreeSet<&str> = grants
        .statements
        .iter()
        .filter_map(|statement| statement.holder)
        .filter(|holder| *holder != used.role && !before.contains(*holder))
        .collect();
    let is_needed = |policy: &&str| {
        let mut rest = grants.clone();
        rest.statements.retain(|statement| statement.holder != Some(*policy));
        let may = |grants: &Grants<'_>, action: &str, arns: &[String]| {
            arns.iter().any(|arn| grants.allow(action, arn))
        };
        used.needs.iter().any(|need| {
            need.actions
                .iter()
                .flat_map(|group| group.iter())
                .any(|action| may(grants, action, &need.resources) && !may(&rest, action, &need.resources))
        })
    };
    policies.into_iter().filter(is_needed).collect()
}

/// Returns all that is made before a resource.
fn before(graph: &Dependencies, logical_id: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![logical_id.to_owned()];
    while let Some(next) = open.pop() {
        for dependency in graph.of(&next) {
            if found.insert(dependency.clone()) {
                open.push(dependency.clone());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(attribute: &str) -> String {
        format!(
            "Resources:\n  S: {{Type: AWS::Kinesis::Stream}}\n  R: {{Type: AWS::IAM::Role}}\n  P: {{Type: AWS::IAM::Policy, Properties: {{PolicyName: p, Roles: \
             [!Ref R], PolicyDocument: {{Statement: [{{Effect: Allow, Action: 'kinesis:*', Resource: !GetAtt S.Arn}}]}}}}}}\n  D:\n    Type: \
             AWS::KinesisFirehose::DeliveryStream\n    {attribute}\n    Properties: {{KinesisStreamSourceConfiguration: {{KinesisStreamARN: !GetAtt S.Arn, \
             RoleARN: !GetAtt R.Arn}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_stream_that_does_not_wait() {
        assert_eq!(
            findings("H1505", &template("DependsOn: R")),
            ["5:3 `D` may be made before `P`, which allows what it needs (add `DependsOn: P`)"]
        );
    }

    #[test]
    fn is_fine_with_a_dependency() {
        assert_eq!(findings("H1505", &template("DependsOn: P")), [""; 0]);
    }
}
