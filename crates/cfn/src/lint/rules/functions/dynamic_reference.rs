//! Dynamic references, `{{resolve:service:…}}`: how they are built, and where AWS resolves them.
//!
//! Every text becomes what is wrong with the references in it, for the rules E1027, E1050, E1051, E1052, W1051 and W1053, whose
//! pages say what each of them asks.

use super::texts::{self, Text};
use crate::lint::{Context, Findings};

/// Properties that take a secure string of the parameter store; an item's index is `*`.
const SECURE: &[(&str, &[&str])] = &[
    ("AWS::DirectoryService::MicrosoftAD", &["Password"]),
    ("AWS::DirectoryService::SimpleAD", &["Password"]),
    ("AWS::ElastiCache::ReplicationGroup", &["AuthToken"]),
    ("AWS::IAM::User", &["LoginProfile", "Password"]),
    ("AWS::KinesisFirehose::DeliveryStream", &["RedshiftDestinationConfiguration", "Password"]),
    ("AWS::OpsWorks::App", &["AppSource", "Password"]),
    ("AWS::OpsWorks::Stack", &["RdsDbInstances", "*", "DbPassword"]),
    ("AWS::OpsWorks::Stack", &["CustomCookbooksSource", "Password"]),
    ("AWS::RDS::DBCluster", &["MasterUserPassword"]),
    ("AWS::RDS::DBInstance", &["MasterUserPassword"]),
    ("AWS::Redshift::Cluster", &["MasterUserPassword"]),
];

/// Properties that take the ARN of a secret and read it themselves.
const ARNS: &[&str] = &[
    "SecretArn",
    "SecretARN",
    "SecretsManagerSecretId",
    "SecretsManagerOracleAsmSecretId",
    "SecretsManagerSecurityDbEncryptionSecretId",
    "SecretsManagerConfiguration",
];

/// Says whether a path leads to a property whose value is better a dynamic reference than a parameter.
pub(super) fn is_secret(context: &Context<'_>, path: &[String]) -> bool {
    let [section, logical_id, attribute, way @ ..] = path else { return false };
    if section != "Resources" || attribute != "Properties" {
        return false;
    }
    let Some(resource) = context.template.resources.get(logical_id) else { return false };
    let steps = way.iter().enumerate().filter(|(index, step)| {
        let branch = index.checked_sub(1).and_then(|before| way.get(before));
        *step != "Fn::If" && branch.is_none_or(|before| before != "Fn::If")
    });
    let steps: Vec<&str> = steps.map(|(_, step)| step.as_str()).collect();
    SECURE.iter().any(|(type_name, names)| {
        let same = |(name, step): (&&str, &&str)| {
            *name == *step || *name == "*" && step.bytes().all(|byte| byte.is_ascii_digit())
        };
        *type_name == resource.resource_type
            && names.len() == steps.len()
            && names.iter().zip(&steps).all(same)
    })
}

pub(super) fn check(context: &Context<'_>, findings: &mut Findings) {
    texts::each(context.template, &mut |text| {
        if !text.text.contains("resolve") {
            return;
        }
        let references = references(text.text);
        if references.is_empty() && findings.rule == "W1053" && has_spaces(text.text) {
            let message = "a dynamic reference with spaces is not resolved";
            findings.add(message, Some("write it without spaces".to_owned()), text.span, text.path);
        }
        for reference in references {
            if let Some(message) = refused(context, findings.rule, text, reference) {
                findings.add(message, None, text.span, text.path);
            }
        }
    });
}

/// Returns what is within the braces of each reference.
fn references(text: &str) -> Vec<&str> {
    let starts = text.match_indices("{{resolve:").map(|(start, _)| start + 2);
    starts.filter_map(|start| text[start..].split_once("}}").map(|(reference, _)| reference)).collect()
}

/// Says whether a text has what would be a reference without its spaces.
fn has_spaces(text: &str) -> bool {
    text.match_indices("{{").any(|(start, _)| {
        let rest = &text[start + 2..];
        let service = rest.trim_start().strip_prefix("resolve").map(str::trim_start);
        let service = service.and_then(|rest| rest.strip_prefix(':')).map(str::trim_start);
        let service = service.and_then(|rest| rest.split_once(':')).map(|(service, _)| service.trim_end());
        rest.starts_with(char::is_whitespace)
            && service.is_some_and(|service| matches!(service, "ssm" | "ssm-secure" | "secretsmanager"))
    })
}

fn refused(context: &Context<'_>, rule: &str, text: &Text<'_>, reference: &str) -> Option<String> {
    let parts: Vec<&str> = reference.split(':').collect();
    let service = parts.get(1).copied().unwrap_or_default();
    if rule == "W1051" {
        return takes_arn(text, service);
    }
    if text.is_in_function() {
        return None;
    }
    let misplaced = match (rule, service) {
        ("E1050", _) => return misshapen(&parts),
        ("E1027", "ssm-secure") => !is_secret(context, text.path),
        ("E1051", "secretsmanager") => !text.is_in_properties(),
        ("E1052", "ssm") => {
            let attribute = text.path.get(2).map(String::as_str);
            text.path[0] == "Conditions"
                || text.path[0] == "Resources" && !matches!(attribute, Some("Properties" | "Metadata"))
        }
        _ => false,
    };
    misplaced.then(|| format!("AWS does not resolve `{{{{{reference}}}}}` here"))
}

/// Finds the value of a secret where its ARN is wanted.
fn takes_arn(text: &Text<'_>, service: &str) -> Option<String> {
    let in_sub = text.path.last().is_some_and(|last| last == "Fn::Sub");
    let whole = text.text.starts_with("{{resolve:secretsmanager:") && text.text.ends_with("}}");
    let seen = if in_sub { whole } else { !text.is_in_function() };
    let property = text.path.iter().find(|step| ARNS.contains(&step.as_str()))?;
    (service == "secretsmanager" && seen && text.is_in_properties())
        .then(|| format!("`{property}` takes the secret's ARN, and this gives its value"))
}

/// Says what is wrong with the parts of a reference.
fn misshapen(parts: &[&str]) -> Option<String> {
    let is_secret_string = |part: Option<&&str>| part.is_none_or(|part| matches!(*part, "SecretString" | ""));
    let message = match parts {
        [_, service, ..] if !matches!(*service, "ssm" | "ssm-secure" | "secretsmanager") => {
            return Some(format!("`{service}` is none of ssm, ssm-secure and secretsmanager"));
        }
        [_] | [_, _] => "a dynamic reference names a service and what to read there",
        [_, "secretsmanager", "arn", rest @ ..] => {
            let known =
                rest.len() >= 6 && rest.len() <= 10 && rest[4] == "secret" && is_secret_string(rest.get(6));
            if known {
                return None;
            }
            "the ARN of a secret is followed by SecretString, a key, and a stage or an id of a version"
        }
        [_, "secretsmanager", _, rest @ ..] => {
            if rest.len() <= 4 && is_secret_string(rest.first()) {
                return None;
            }
            "the name of a secret is followed by SecretString, a key, and a stage or an id of a version"
        }
        [_, _, name, version @ ..] => {
            let is_named = name.bytes().any(|byte| byte.is_ascii_alphanumeric() || b"_.-/".contains(&byte));
            let is_version = |version: &str| version.bytes().any(|byte| byte.is_ascii_digit());
            if is_named && version.len() <= 1 && version.first().is_none_or(|version| is_version(version)) {
                return None;
            }
            "the name of a parameter is followed by a version, which is a number"
        }
        [] => return None,
    };
    Some(message.to_owned())
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    fn found(rule: &str, property: &str) -> usize {
        let template =
            format!("Resources:\n  S:\n    Type: AWS::IAM::User\n    Properties:\n      {property}\n");
        findings(rule, &template).len()
    }

    #[test]
    fn trips_on_references_that_are_built_otherwise() {
        for reference in
            ["ssm", "kms:a", "ssm:a:b", "secretsmanager:a:Secret:b", "secretsmanager:arn:aws:s:r:1:x:a"]
        {
            assert_eq!(found("E1050", &format!("UserName: '{{{{resolve:{reference}}}}}'")), 1, "{reference}");
        }
    }

    #[test]
    fn is_fine_with_what_aws_resolves() {
        for reference in [
            "ssm:/a/b:1",
            "ssm-secure:a",
            "secretsmanager:a",
            "secretsmanager:a:SecretString:b:c:d",
            "secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:a-b:SecretString:c",
        ] {
            let secret = format!("LoginProfile: {{Password: 'x{{{{resolve:{reference}}}}}y'}}");
            for rule in ["E1027", "E1050", "E1051", "E1052", "W1051", "W1053"] {
                assert_eq!(found(rule, &secret), 0, "{rule} {reference}");
            }
        }
    }

    #[test]
    fn takes_a_secure_string_where_it_is_kept_secret() {
        assert_eq!(found("E1027", "UserName: '{{resolve:ssm-secure:a}}'"), 1);
        assert_eq!(found("E1027", "LoginProfile: {Password: !If [A, x, '{{resolve:ssm-secure:a}}']}"), 0);
        assert_eq!(found("W1053", "UserName: '{{ resolve:ssm:a }}'"), 1);
    }
}
