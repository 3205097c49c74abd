//! # E3016: an UpdatePolicy is one of the type's
//!
//! ```yaml
//! G: {Type: AWS::AutoScaling::AutoScalingGroup, UpdatePolicy: {AutoScalingRollingUpdate: {MinInstances: 1}}, Properties: {MinSize: "1", MaxSize: "2"}}
//! ```
//!
//! Some types take a policy of how they are updated, each with members of its own.
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatepolicy.html>

use crate::lint::properties::elsewhere::tell;
use crate::lint::{Context, Findings, Level, Rule};
use crate::schema::{self, Schema};
use serde_json::json;

pub(super) const RULE: Rule = Rule {
    id: "E3016",
    level: Level::Error,
    summary: "an UpdatePolicy is one of the type's",
    source: include_str!("update_policy.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(schema) = schema::root("update_policy").map(Schema::new) else { return };
    for (logical_id, resource) in &context.template.resources {
        let Some(policy) = &resource.update_policy else { continue };
        let value = json!({"Type": resource.resource_type, "UpdatePolicy": policy});
        tell(context, findings, (schema, &resource.resource_type), &["Resources", logical_id], &value);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(policy: &str) -> String {
        format!(
            "Resources:\n  G: {{Type: AWS::AutoScaling::AutoScalingGroup, UpdatePolicy: {{AutoScalingRollingUpdate: {policy}}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_member_that_is_not_there() {
        let found = findings("E3016", &template("{MinInstances: 1}"));
        assert_eq!(found, ["2:105 `AutoScalingRollingUpdate` has no property `MinInstances`"]);
    }

    #[test]
    fn is_fine_with_those_that_are_and_with_functions() {
        assert_eq!(
            findings("E3016", &template("{MinInstancesInService: 1, MaxBatchSize: !Ref Size}")),
            [""; 0]
        );
    }
}
