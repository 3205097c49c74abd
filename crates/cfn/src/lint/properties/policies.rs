//! IAM's documents in the properties of resources: E3510, E3512, E3513, E3530, E3514, E3511, W2511 and W3037.
//!
//! A document of a role, a bucket or a topic is held against the schema of its kind, with functions in it as in any property; a
//! document that is text is read first. Actions are looked up in AWS's list.

use super::of_resource::OfResource;
use super::places;
use crate::iam::{Service, matches_ignoring_case};
use crate::lint::{Level, did_you_mean};
use crate::schema::{Reader, Schema, matches_pattern, resolved, section};
use crate::template::seen;
use serde_json::Value;

/// Types with a document: where it lies, its kind, and the rule.
#[rustfmt::skip]
const DOCUMENTS: &[(&str, &str, &str, &str)] = &[
    ("AWS::ECR::Repository", "RepositoryPolicyText", "registry", "E3513"),
    ("AWS::IAM::Group", "Policies/*/PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::GroupPolicy", "PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::ManagedPolicy", "PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::Policy", "PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::Role", "AssumeRolePolicyDocument", "trust", "E3530"),
    ("AWS::IAM::Role", "Policies/*/PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::RolePolicy", "PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::User", "Policies/*/PolicyDocument", "identity", "E3510"),
    ("AWS::IAM::UserPolicy", "PolicyDocument", "identity", "E3510"),
    ("AWS::KMS::Key", "KeyPolicy", "resource", "E3512"),
    ("AWS::OpenSearchService::Domain", "AccessPolicies", "resource", "E3512"),
    ("AWS::S3::BucketPolicy", "PolicyDocument", "resource", "E3512"),
    ("AWS::SNS::TopicPolicy", "PolicyDocument", "resource", "E3512"),
    ("AWS::SQS::QueuePolicy", "PolicyDocument", "resource", "E3512"),
    ("AWS::SSO::PermissionSet", "InlinePolicy", "identity", "E3510"),
];

/// Properties that take the ARN of a role, though their schemas do not say so.
const ROLES: &[(&str, &str)] = &[
    ("AWS::Backup::BackupSelection", "BackupSelection/IamRoleArn"),
    ("AWS::Batch::ComputeEnvironment", "ComputeResources/SpotIamFleetRole"),
    ("AWS::Batch::ComputeEnvironment", "ServiceRole"),
    ("AWS::EC2::SpotFleet", "SpotFleetRequestConfigData/IamFleetRole"),
    ("AWS::ECS::TaskDefinition", "ExecutionRoleArn"),
    ("AWS::S3::Bucket", "ReplicationConfiguration/Role"),
];

/// The services of whose actions a policy can speak that belongs to a resource of a type.
const OWN_ACTIONS: &[(&str, &str)] =
    &[("AWS::S3::BucketPolicy", "s3"), ("AWS::SNS::TopicPolicy", "sns"), ("AWS::SQS::QueuePolicy", "sqs")];

const ROLE: &str = "^arn:(aws[a-zA-Z-]*)?:iam::[0-9]{12}:role/[a-zA-Z_0-9+=,.@_/-]+$";
const RESOURCE: &str = r"^(arn:aws[A-Za-z\-]*?:[^:]+:[^:]*(:([0-9]{12}|\*|aws)?:.+|)|\*)$";
const RESOURCE_OF_BUCKET: &str = r"^arn:aws[A-Za-z\-]*?:[^:]+:[^:]*(:([0-9]{12}|\*|aws)?:.+|)$";

/// Checks the documents among a resource's properties.
pub(super) fn check(resource: &mut OfResource<'_, '_>, properties: &Value) {
    let type_name = resource.type_name;
    for (_, path) in ROLES.iter().filter(|(name, _)| *name == type_name) {
        places::visit(properties, path, &mut |way, value| {
            places::outcomes(value, way, &mut |way, value| role(resource, way, value));
        });
    }
    for (_, path, kind, rule) in DOCUMENTS.iter().filter(|(name, ..)| *name == type_name) {
        let Some(schema) = section("policies").and_then(|kinds| kinds.get(kind)).map(Schema::new) else {
            continue;
        };
        places::visit(properties, path, &mut |way, document| {
            places::outcomes(document, way, &mut |way, document| match document {
                Value::String(text) => {
                    if let Ok(document) = serde_json::from_str::<Value>(text) {
                        of_kind(resource, rule, schema, way, &document, &resolved);
                    }
                }
                document => {
                    of_kind(resource, rule, schema, way, document, &seen::read);
                    contents(resource, kind, way, document);
                }
            });
        });
    }
}

fn role(resource: &mut OfResource<'_, '_>, way: &[String], value: &Value) {
    if let Some(text) = value.as_str().filter(|text| matches_pattern(ROLE, text) == Some(false)) {
        let message = format!("`{text}` is not the ARN of a role");
        resource.add("E3511", Level::Error, message, None, way, "pattern");
    }
}

fn of_kind(
    resource: &mut OfResource<'_, '_>,
    rule: &'static str,
    schema: Schema<'_>,
    way: &[String],
    document: &Value,
    reader: &Reader<'_>,
) {
    for violation in schema.violations(document, reader) {
        // Amazon S3 takes statements with the same name.
        if violation.keyword == "uniqueKeys" && resource.type_name == "AWS::S3::BucketPolicy" {
            continue;
        }
        resource.violation(rule, (schema, "the policy"), way, violation);
    }
}

/// Checks what a schema does not know: versions, actions, and the resources in a resource's policy.
fn contents(resource: &mut OfResource<'_, '_>, kind: &str, way: &[String], document: &Value) {
    let at = |name: &str| [way, &[name.to_owned()]].concat();
    if let Some(version) = document.get("Version") {
        places::outcomes(version, &at("Version"), &mut |way, version| {
            if version == "2008-10-17" {
                let help = Some("take 2012-10-17, which has policy variables".to_owned());
                let message = "the version 2008-10-17 of IAM's language is old".to_owned();
                resource.add("W2511", Level::Warning, message, help, way, "enum");
            }
        });
    }
    for statements in ["Statement", "Statement/*"] {
        places::visit(document, statements, &mut |below, statement| {
            let way = [way, below].concat();
            places::outcomes(statement, &way, &mut |way, statement| {
                self::statement(resource, kind, way, statement);
            });
        });
    }
}

fn statement(resource: &mut OfResource<'_, '_>, kind: &str, way: &[String], statement: &Value) {
    if !statement.is_object() {
        return;
    }
    for key in ["Action", "NotAction"] {
        let Some(value) = statement.get(key) else { continue };
        let way = [way, &[key.to_owned()]].concat();
        places::outcomes(value, &way, &mut |way, value| {
            let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for text in items.iter().filter_map(Value::as_str) {
                if let Some((message, help)) = action(resource.type_name, text) {
                    // Of a list that may be long, cfn-lint shows the key.
                    resource.add("W3037", Level::Warning, message, help, way, "format");
                }
            }
        });
    }
    let pattern = if resource.type_name == "AWS::S3::BucketPolicy" { RESOURCE_OF_BUCKET } else { RESOURCE };
    for path in
        ["Resource", "Resource/*", "NotResource", "NotResource/*"].iter().filter(|_| kind == "resource")
    {
        places::visit(statement, path, &mut |below, value| {
            let way = [way, below].concat();
            places::outcomes(value, &way, &mut |way, value| {
                if let Some(text) =
                    value.as_str().filter(|text| matches_pattern(pattern, text) == Some(false))
                {
                    let message = format!("`{text}` is not the ARN of a resource");
                    resource.add("E3514", Level::Error, message, None, way, "pattern");
                }
            });
        });
    }
}

/// Returns what is wrong with an action in a policy, and what may be meant.
fn action(type_name: &str, text: &str) -> Option<(String, Option<String>)> {
    let Some((prefix, name)) = text.split_once(':') else {
        return (text != "*").then(|| (format!("`{text}` names no service"), None));
    };
    let own = OWN_ACTIONS.iter().find(|(name, _)| *name == type_name).map(|(_, prefix)| *prefix);
    if let Some(own) = own.filter(|own| !own.eq_ignore_ascii_case(prefix)) {
        return Some((format!("a policy of {type_name} speaks of actions of {own}, not of {prefix}"), None));
    }
    let Some(service) = Service::of(prefix) else {
        let near = did_you_mean(prefix, Service::prefixes().collect::<Vec<_>>());
        return Some((format!("IAM knows no service `{prefix}`"), near));
    };
    let is_known = match name.contains(['*', '?']) {
        true => service.actions().any(|action| matches_ignoring_case(name, action)),
        false => service.has_action(name),
    };
    let near = || did_you_mean(&name.to_ascii_lowercase(), service.actions().collect::<Vec<_>>());
    (!is_known).then(|| (format!("{prefix} has no action `{name}`"), near()))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn policy(statement: &str) -> String {
        format!(
            "Conditions: {{C: !Equals [!Ref AWS::Region, a]}}\nResources:\n  P:\n    Type: AWS::IAM::ManagedPolicy\n    Properties:\n      \
             PolicyDocument:\n        Version: 2012-10-17\n        Statement:\n          - {statement}\n"
        )
    }

    #[test]
    fn finds_what_a_statement_lacks() {
        let found = findings("E3510", &policy("{Effect: Allow, Action: 's3:GetObject'}"));
        assert_eq!(found, ["9:13 `Statement` takes exactly one of `Resource`, `NotResource`"]);
        let found =
            findings("E3510", &policy("{Effect: Alow, Action: 's3:*', Resource: bucket, Principle: x}"));
        assert_eq!(found.len(), 3, "{found:?}");
    }

    #[test]
    fn looks_into_conditions_and_leaves_functions_alone() {
        let template = policy(
            "!If [C, {Effect: Allow, Action: '*'}, {Effect: Deny, Action: !If [C, 's3:*', 's3:GetObjekt'], Resource: !Sub 'x${C}'}]",
        );
        assert_eq!(findings("E3510", &template).len(), 1);
        assert_eq!(
            findings("W3037", &template),
            ["9:90 s3 has no action `GetObjekt` (did you mean `getobject`?)"]
        );
    }

    #[test]
    fn knows_trust_and_resource_policies() {
        let template = "Resources:\n  R: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: [{Effect: Allow, Action: \
                        'sts:AssumeRole', Resource: '*', Principal: {Service: a.amazonaws.com}}]}}}\n  B:\n    Type: AWS::S3::BucketPolicy\n    \
                        Properties:\n      Bucket: b\n      PolicyDocument: {Version: '2008-10-17', Statement: {Effect: Allow, Action: 'sqs:*', Principal: \
                        '*', Resource: b}}\n";
        assert_eq!(findings("E3530", template).len(), 1);
        assert_eq!(findings("E3512", template), [""; 0]);
        assert_eq!(findings("E3514", template).len(), 1);
        assert_eq!(findings("W2511", template).len(), 1);
        assert_eq!(
            findings("W3037", template),
            ["7:82 a policy of AWS::S3::BucketPolicy speaks of actions of s3, not of sqs"]
        );
    }
}
