//! # E3004: no resource waits for itself
//!
//! ```yaml
//! Resources:
//!   A: {Type: AWS::SNS::Topic, DependsOn: B}
//!   B: {Type: AWS::SNS::Topic, DependsOn: A}
//! ```
//!
//! Every `Ref`, `Fn::GetAtt` and `Fn::Sub` makes a resource wait for another, as `DependsOn` does. Break the circle: write a name
//! that both can know in place of one reference, or move what joins the two into a resource of its own, as
//! `AWS::IAM::Policy` and `AWS::Lambda::Permission` do.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::graph;

pub(super) const RULE: Rule = Rule {
    id: "E3004",
    level: Level::Error,
    summary: "no resource waits for itself",
    source: include_str!("cycles.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    // What a SAM resource refers to is spread over the resources that it becomes.
    let of_sam = |logical_id: &String| {
        let resource = context.template.resources.get(logical_id);
        resource.is_some_and(|resource| resource.resource_type.starts_with("AWS::Serverless::"))
    };
    for cycle in graph::cycles(context.template) {
        if cycle.logical_ids.iter().any(of_sam) {
            continue;
        }
        for logical_id in &cycle.logical_ids {
            let path = ["Resources", logical_id];
            let message = match cycle.logical_ids.as_slice() {
                [_] => format!("the resource `{logical_id}` waits for itself"),
                all => format!("circular dependency between resources: {}", all.join(", ")),
            };
            let span = context.template.key_span(&path).unwrap_or_default();
            findings.add(message, None, span, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_every_resource_of_a_circle() {
        let template = "Resources:\n  A: {Type: Custom::A, Properties: {X: !Sub \"${B.Arn}\"}}\n  B: {Type: Custom::B, \
                        DependsOn: [A]}\n  C: {Type: Custom::C, Properties: {X: !Ref C}}\n  D: {Type: Custom::D, DependsOn: \
                        A}\n";
        assert_eq!(
            findings("E3004", template),
            [
                "2:3 circular dependency between resources: A, B",
                "3:3 circular dependency between resources: A, B",
                "4:3 the resource `C` waits for itself",
            ]
        );
    }

    #[test]
    fn is_fine_with_a_diamond() {
        let template = "Resources:\n  A: {Type: Custom::A, DependsOn: [B, C]}\n  B: {Type: Custom::B, DependsOn: D}\n  C: \
                        {Type: Custom::C, DependsOn: D}\n  D: {Type: Custom::D}\n";
        assert_eq!(findings("E3004", template), [""; 0]);
    }
}
