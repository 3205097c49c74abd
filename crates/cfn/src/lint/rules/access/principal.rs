//! # H1509: a service that is trusted is one of AWS's
//!
//! ```yaml
//! AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: firehoose.amazonaws.com}}]}
//! ```
//!
//! IAM refuses a trust policy that names a service which does not exist: "Invalid principal in policy". A service's name is its
//! own, then `amazonaws.com`. Only names that look like a service's are told of, since AWS has no list of all.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use crate::access::Access;
use crate::iam::Service;
use crate::lint::{Context, Findings, Level, Rule, did_you_mean};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "H1509",
    level: Level::Warning,
    summary: "a service that is trusted is one of AWS's",
    source: include_str!("principal.rs"),
    check,
};

/// Services whose name is not the prefix of their actions, and those that pipelines meet.
const SERVICES: &[&str] = &[
    "apigateway",
    "apidestinations.events",
    "appsync",
    "athena",
    "batch",
    "bedrock",
    "cloudformation",
    "cloudfront",
    "cloudtrail",
    "cloudwatch",
    "codebuild",
    "codepipeline",
    "cognito-idp",
    "config",
    "delivery.logs",
    "dms",
    "dynamodb",
    "ec2",
    "ecs",
    "ecs-tasks",
    "edgelambda",
    "eks",
    "elasticache",
    "elasticloadbalancing",
    "elasticmapreduce",
    "events",
    "firehose",
    "glue",
    "iot",
    "kafkaconnect",
    "kinesis",
    "kinesisanalytics",
    "lakeformation",
    "lambda",
    "lambda.alarms.cloudwatch",
    "logging.s3",
    "logs",
    "monitoring.rds",
    "opensearchservice",
    "pipes",
    "rds",
    "redshift",
    "replicator.lambda",
    "s3",
    "sagemaker",
    "scheduler",
    "secretsmanager",
    "serverlessrepo",
    "ses",
    "sns",
    "sqs",
    "ssm",
    "states",
    "streams.metrics.cloudwatch",
    "transfer",
    "vpc-flow-logs",
    "xray",
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let path = super::properties(logical_id, &[]);
        match resource.resource_type.as_str() {
            "AWS::Lambda::Permission" => {
                if let Some(principal) = resource.properties.get("Principal") {
                    name(context, principal, &[path, vec!["Principal".to_owned()]].concat(), findings);
                }
            }
            kind if kind.starts_with("AWS::") => services(context, &resource.properties, path, 0, findings),
            _ => {}
        }
    }
}

/// Finds `Service` under every `Principal`.
fn services(context: &Context<'_>, value: &Value, path: Vec<String>, depth: usize, findings: &mut Findings) {
    let below = |step: &str| path.iter().cloned().chain([step.to_owned()]).collect::<Vec<_>>();
    if depth > 12 {
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                services(context, item, below(&index.to_string()), depth + 1, findings);
            }
        }
        Value::Object(members) => {
            for (step, member) in members {
                match member.get("Service") {
                    Some(service) if step == "Principal" && member.is_object() => {
                        let path = [below(step), vec!["Service".to_owned()]].concat();
                        name(context, service, &path, findings);
                    }
                    _ => services(context, member, below(step), depth + 1, findings),
                }
            }
        }
        _ => {}
    }
}

fn name(context: &Context<'_>, value: &Value, path: &[String], findings: &mut Findings) {
    for (rest, text) in context.access().listed(value).into_iter().flatten() {
        if let Some((message, help)) = fault(&text) {
            let path = [path.to_vec(), rest].concat();
            findings.add(message, help, context.template.place(&path), &path);
        }
    }
}

fn fault(text: &str) -> Option<(String, Option<String>)> {
    let is_account = text.bytes().all(|byte| byte.is_ascii_digit());
    if !Access::is_known(text) || text == "*" || is_account || text.starts_with("arn:") {
        return None;
    }
    let Some((name, domain)) = text.split_once(".amazon") else {
        let known = SERVICES.contains(&text);
        return known.then(|| {
            (
                format!("`{text}` is not the whole name of a service"),
                Some(format!("it is {text}.amazonaws.com")),
            )
        });
    };
    if name == "alexa-appkit" || name == "alexa-connectedhome" {
        return None;
    }
    if !matches!(domain, "aws.com" | "aws.com.cn") {
        let near = did_you_mean(&format!(".amazon{domain}"), [".amazonaws.com"]);
        return SERVICES.contains(&name).then(|| {
            (
                format!("services are not in the domain `amazon{domain}`"),
                near.or_else(|| Some(format!("it is {name}.amazonaws.com"))),
            )
        });
    }
    let is_service = |part: &str| SERVICES.contains(&part) || Service::of(part).is_some();
    if SERVICES.contains(&name) || name.split('.').any(is_service) {
        return None;
    }
    let near = did_you_mean(name, SERVICES)?;
    Some((format!("no service of AWS's is named `{name}`"), Some(near)))
}

#[cfg(test)]
mod tests {
    use super::fault;
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_names_that_are_nearly_a_services() {
        for text in [
            "firehoose.amazonaws.com",
            "event.amazonaws.com",
            "firehose",
            "lambda.amazon.com",
            "lambda.amazonws.com",
        ] {
            assert!(fault(text).is_some(), "{text}");
        }
        let template = "Resources:\n  P: {Type: AWS::Lambda::Permission, Properties: {Principal: event.amazonaws.com}}\n";
        assert_eq!(findings("H1509", template).len(), 1);
    }

    #[test]
    fn is_fine_with_services_accounts_and_regions() {
        for text in [
            "firehose.amazonaws.com",
            "logs.eu-west-1.amazonaws.com",
            "lambda.amazonaws.com.cn",
            "delivery.logs.amazonaws.com",
            "111122223333",
            "*",
            "alexa-appkit.amazon.com",
            "someday.amazonaws.com",
            "ops.apigateway.amazonaws.com",
        ] {
            assert_eq!(fault(text), None, "{text}");
        }
    }
}
