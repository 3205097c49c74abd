//! # H1503: a role trusts the service that is to take it
//!
//! ```yaml
//! Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]}}}
//! Schedule: {Type: AWS::Scheduler::Schedule, Properties: {Target: {RoleArn: !GetAtt Role.Arn}}}
//! ```
//!
//! The service cannot take the role, so that nothing is delivered or invoked. Name the service in the role's trust policy.
//! Roles whose trust is not written out, or comes from functions, are left alone.

use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1503",
    level: Level::Warning,
    summary: "a role trusts the service that is to take it",
    source: include_str!("role_trust.rs"),
    check,
};

/// Which service takes the role at which property.
const TAKEN: &[(&str, &[&str], &str)] = &[
    ("AWS::Scheduler::Schedule", &["Target", "RoleArn"], "scheduler.amazonaws.com"),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        &["ExtendedS3DestinationConfiguration", "RoleARN"],
        "firehose.amazonaws.com",
    ),
    (
        "AWS::KinesisFirehose::DeliveryStream",
        &["KinesisStreamSourceConfiguration", "RoleARN"],
        "firehose.amazonaws.com",
    ),
    ("AWS::Lambda::Function", &["Role"], "lambda.amazonaws.com"),
    ("AWS::Pipes::Pipe", &["RoleArn"], "pipes.amazonaws.com"),
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        for (_, steps, service) in TAKEN.iter().filter(|(name, ..)| *name == resource.resource_type) {
            let value = steps.iter().try_fold(&resource.properties, |value, step| value.get(step));
            let role = value.and_then(|value| value.get("Fn::GetAtt")?.get(0)?.as_str());
            let role = role.and_then(|role| context.template.resources.get_key_value(role));
            let Some((role_id, role)) = role.filter(|(_, role)| role.resource_type == "AWS::IAM::Role")
            else {
                continue;
            };
            let trusted = role.properties.get("AssumeRolePolicyDocument").and_then(services);
            if trusted.is_some_and(|trusted| !trusted.contains(service)) {
                let path = [
                    "Resources",
                    role_id,
                    "Properties",
                    "AssumeRolePolicyDocument",
                    "Statement",
                    "0",
                    "Principal",
                ];
                let message =
                    format!("`{role_id}` does not trust {service}, which `{logical_id}` gives it to");
                let help = Some(format!("add {service} to the principals of its trust policy"));
                findings.add(message, help, context.template.place(&path), &path);
            }
        }
    }
}

/// Returns the services that a trust policy names, when all of its principals are written out.
fn services(document: &Value) -> Option<Vec<&str>> {
    let statements = document.get("Statement")?;
    let statements = statements.as_array().map_or(std::slice::from_ref(statements), Vec::as_slice);
    let mut services = Vec::new();
    for statement in statements {
        match statement.get("Principal")?.get("Service") {
            Some(Value::String(service)) => services.push(service.as_str()),
            Some(Value::Array(items)) => {
                for item in items {
                    services.push(item.as_str()?);
                }
            }
            Some(_) => return None,
            None => {}
        }
    }
    Some(services)
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn template(service: &str) -> String {
        format!(
            "Resources:\n  R: {{Type: AWS::IAM::Role, Properties: {{AssumeRolePolicyDocument: {{Statement: [{{Effect: Allow, Action: \
             'sts:AssumeRole', Principal: {{Service: {service}}}}}]}}}}}}\n  S: {{Type: AWS::Scheduler::Schedule, Properties: {{Target: \
             {{RoleArn: !GetAtt R.Arn}}}}}}\n"
        )
    }

    #[test]
    fn trips_on_a_role_of_another_service() {
        assert_eq!(findings("H1503", &template("lambda.amazonaws.com")).len(), 1);
    }

    #[test]
    fn is_fine_with_one_service_of_several_and_with_functions() {
        assert_eq!(findings("H1503", &template("[lambda.amazonaws.com, scheduler.amazonaws.com]")), [""; 0]);
        assert_eq!(findings("H1503", &template("!Sub 'scheduler.${AWS::URLSuffix}'")), [""; 0]);
    }
}
