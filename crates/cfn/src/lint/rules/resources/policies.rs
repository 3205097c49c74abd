//! What CloudFormation takes in `UpdatePolicy` and `CreationPolicy`: E3016 and E3055, each with its page.

use crate::frozen::{Frozen, freeze};
use crate::lint::{Context, Findings, did_you_mean};
use crate::schema::{Schema, Violation};
use crate::template::seen;
use serde_json::Value;
use std::sync::LazyLock;

/// The schemas by type and attribute, from AWS's documentation of both attributes.
static POLICIES: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("policies.json")).unwrap_or_default());

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    let attribute = if findings.rule == "E3016" { "UpdatePolicy" } else { "CreationPolicy" };
    for (logical_id, resource) in &context.template.resources {
        let policy = match attribute {
            "UpdatePolicy" => resource.update_policy.as_ref(),
            _ => resource.creation_policy.as_ref(),
        };
        let Some(policy) = policy.filter(|policy| !policy.is_null()) else { continue };
        let path = ["Resources", logical_id, attribute].map(str::to_owned);
        let schema = POLICIES.get(&resource.resource_type).and_then(|of_type| of_type.get(attribute));
        let Some(schema) = schema else {
            // A module is another rule's finding, and what CloudFormation does with others' creation policies is not documented.
            if attribute == "UpdatePolicy" && !resource.resource_type.ends_with("::MODULE") {
                let message = format!("{} takes no `UpdatePolicy`", resource.resource_type);
                let span = context.template.key_span(&path).unwrap_or_default();
                findings.add(message, None, span, &path);
            }
            continue;
        };
        let Ok(bytes) = freeze(schema) else { continue };
        let seen = seen::see(&context.conditions, policy, resource.condition.as_deref());
        for violation in Schema::new(Frozen::root(&bytes)).violations(&seen, &seen::read) {
            report(context, schema, &path, violation, findings);
        }
    }
}

fn report(
    context: &Context<'_>,
    schema: &Value,
    start: &[String],
    violation: Violation,
    findings: &mut Findings,
) {
    // What a parameter's value may be is not what is written here.
    if seen::origin(&violation.path).is_some() {
        return;
    }
    let mut path = start.to_vec();
    path.extend(violation.path.iter().cloned());
    let template = context.template;
    if violation.keyword == "additionalProperties" {
        for name in &violation.names {
            let known = known_at(schema, &violation.path);
            let mut path = path.clone();
            path.push(name.clone());
            let message = format!("`{name}` does not belong here");
            let span = template.key_span(&path).unwrap_or_else(|| template.place(&path));
            findings.add(message, did_you_mean(name, &known), span, &path);
        }
        return;
    }
    let subject = path.iter().rev().find(|part| part.parse::<usize>().is_err() && !part.starts_with("Fn::"));
    let subject = subject.map(String::as_str).unwrap_or_default();
    let message = match violation.keyword {
        "enum" => format!("`{subject}` takes none of this name"),
        "required" => format!("`{subject}` needs `{}`", violation.names.join("`, `")),
        "dependentExcluded" => format!("`{}` do not go together", violation.names.join("` and `")),
        "type" => format!("`{subject}` is of another type: {}", violation.message),
        _ => format!("`{subject}`: {}", violation.message.trim_start_matches("#: ")),
    };
    findings.add(message, None, template.place(&path), &path);
}

/// Returns the names that a schema knows where a path leads.
fn known_at(schema: &Value, path: &[String]) -> Vec<String> {
    let mut names = path.iter().filter(|part| part.parse::<usize>().is_err() && !part.starts_with("Fn::"));
    let here = names.try_fold(schema, |here, name| here.get("properties")?.get(name));
    let properties = here.and_then(|here| here.get("properties")?.as_object());
    properties.into_iter().flat_map(|properties| properties.keys().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn of(rule: &str, resource_type: &str, policy: &str) -> usize {
        let attribute = if rule == "E3016" { "UpdatePolicy" } else { "CreationPolicy" };
        let template = format!(
            "Conditions: {{C: !Equals [!Ref AWS::Region, x]}}\nResources:\n  A:\n    Type: AWS::{resource_type}\n    {attribute}: {policy}\n"
        );
        findings(rule, &template).len()
    }

    #[test]
    fn trips_on_what_aws_does_not_know() {
        for policy in [
            "{AutoScalingRollingUpdate: {SuspendProcesses: [Lunch]}}",
            "{AutoScalingRollingUpdate: [{MaxBatchSize: 1}]}",
            "{AutoScalingRollingUpdates: {MaxBatchSize: 1}}",
            "{AutoScalingInstanceRefresh: {}}",
            "[x]",
        ] {
            assert_eq!(of("E3016", "AutoScaling::AutoScalingGroup", policy), 1, "{policy}");
        }
        assert_eq!(of("E3016", "Kinesis::Stream", "{}"), 1);
        assert_eq!(of("E3055", "CloudFormation::WaitCondition", "{ResourceSignal: {Counts: 1}}"), 1);
    }

    #[test]
    fn is_fine_with_functions_and_with_what_aws_knows() {
        let policy = "{AutoScalingRollingUpdate: !If [C, {MaxBatchSize: '1', SuspendProcesses: [Launch]}, !Ref AWS::NoValue]}";
        assert_eq!(of("E3016", "AutoScaling::AutoScalingGroup", policy), 0);
        assert_eq!(
            of(
                "E3016",
                "Lambda::Alias",
                "{CodeDeployLambdaAliasUpdate: {ApplicationName: !Ref AWS::StackName}}"
            ),
            0
        );
        assert_eq!(
            of("E3055", "AutoScaling::AutoScalingGroup", "{ResourceSignal: {Count: 1, Timeout: PT5M}}"),
            0
        );
    }
}
