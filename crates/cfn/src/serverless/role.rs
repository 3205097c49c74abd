//! The role that a function gets when it names none: who assumes it, and what it may do.

use serde_json::{Value, json};

use super::function::Function;
use super::policies::{self, Entry};
use super::resource::{Made, tag_list};
use super::{Expansion, Refusal};

impl Expansion {
    /// Returns a function's role with `documents` and the function's own policies; its events add theirs later.
    pub(super) fn role(&self, function: &Function<'_>, documents: Vec<Value>) -> Result<Made, Refusal> {
        let mut role = function.made(format!("{}Role", function.id), "AWS::IAM::Role");
        let trust =
            function.properties.get("AssumeRolePolicyDocument").filter(|document| !document.is_null());
        role.set(
            "AssumeRolePolicyDocument",
            trust.cloned().unwrap_or_else(|| trusting("lambda.amazonaws.com")),
        );
        let mut managed =
            vec![json!(self.arguments.managed_policy("service-role/AWSLambdaBasicExecutionRole"))];
        if function.get("Tracing").is_some_and(|mode| self.arguments.fill(mode) != "Disabled") {
            let name = if self.arguments.partition() == "aws" {
                "AWSXrayWriteOnlyAccess"
            } else {
                "AWSXRayDaemonWriteAccess"
            };
            managed.push(json!(self.arguments.managed_policy(name)));
        }
        if function.get("VpcConfig").is_some() {
            managed
                .push(json!(self.arguments.managed_policy("service-role/AWSLambdaVPCAccessExecutionRole")));
        }
        let mut inline = Vec::new();
        if let Some(queue) = function.object("DeadLetterQueue")? {
            inline.push(dead_letter_policy(function, queue)?);
        }
        inline.extend(documents);
        let given = match function.get("Policies") {
            None => Vec::new(),
            Some(Value::Array(entries)) => entries.clone(),
            Some(single) => vec![single.clone()],
        };
        for (index, entry) in given.iter().enumerate() {
            match policies::read(&self.arguments, function, index, entry)? {
                Entry::Managed(arn) if managed.contains(&arn) => {}
                Entry::Managed(arn) => managed.push(arn),
                Entry::Inline(document) => inline.push(json!({
                    "PolicyName": format!("{}Policy{index}", role.logical_id),
                    "PolicyDocument": document,
                })),
            }
        }
        role.set("ManagedPolicyArns", managed);
        if !inline.is_empty() {
            role.set("Policies", inline);
        }
        role.set_some("Path", function.properties.get("RolePath"));
        role.set_some("PermissionsBoundary", function.properties.get("PermissionsBoundary"));
        let mut tags = vec![json!({"Key": "lambda:createdBy", "Value": "SAM"})];
        tags.extend(function.object("Tags")?.map(tag_list).unwrap_or_default());
        role.set("Tags", tags);
        Ok(role)
    }
}

/// Returns a document that lets one service assume the role.
pub fn trusting(service: &str) -> Value {
    let principal = json!({"Service": [service]});
    let statement = json!({"Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": principal});
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// Returns a policy of one statement under the name that the macro gives it.
pub fn allowing(name: String, action: &str, resource: &Value) -> Value {
    let statement = json!({"Action": action, "Effect": "Allow", "Resource": resource});
    json!({"PolicyName": name, "PolicyDocument": {"Statement": [statement]}})
}

/// Adds a managed policy unless the role has it.
pub fn add_managed(role: &mut Made, arn: &str) {
    if let Some(Value::Array(arns)) = role.properties.get_mut("ManagedPolicyArns")
        && !arns.iter().any(|known| known == arn)
    {
        arns.push(arn.into());
    }
}

/// Adds a policy unless the role has one with the same document.
pub fn add_inline(role: &mut Made, policy: Value) {
    let policies = role.properties.entry("Policies").or_insert_with(|| json!([]));
    if let Value::Array(policies) = policies
        && !policies.iter().any(|known| known["PolicyDocument"] == policy["PolicyDocument"])
    {
        policies.push(policy);
    }
}

fn dead_letter_policy(
    function: &Function<'_>,
    queue: &serde_json::Map<String, Value>,
) -> Result<Value, Refusal> {
    let target = queue.get("TargetArn").filter(|target| !target.is_null());
    let (Some(kind), Some(target)) = (queue.get("Type").and_then(Value::as_str), target) else {
        return function.refuse("'DeadLetterQueue' requires Type and TargetArn properties to be specified.");
    };
    let action = match kind {
        "SQS" => "sqs:SendMessage",
        "SNS" => "sns:Publish",
        _ => return function.refuse("'DeadLetterQueue' requires Type of ['SQS', 'SNS']"),
    };
    let statement = json!({"Action": action, "Resource": target, "Effect": "Allow"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    Ok(json!({"PolicyName": "DeadLetterQueuePolicy", "PolicyDocument": document}))
}
