//! # W2501: a password is neither written out nor a parameter that is shown
//!
//! ```yaml
//! MasterUserPassword: secret123
//! ```
//!
//! Whoever reads the template, or describes the stack, reads the password. Take it from Secrets Manager
//! (`{{resolve:secretsmanager:…}}`), or from a parameter with `NoEcho: true`. A plain `{{resolve:ssm:…}}` is stored in clear text.

use super::shape;
use crate::lint::{Context, Findings, Level, Rule};
use serde_json::Value;

pub(super) const RULE: Rule = Rule {
    id: "W2501",
    level: Level::Warning,
    summary: "a password is neither written out nor a parameter that is shown",
    source: include_str!("password.rs"),
    check,
};

const PASSWORDS: &[&str] = &[
    "ADDomainJoinPassword",
    "AccountPassword",
    "AdminPassword",
    "CrossRealmTrustPrincipalPassword",
    "DbPassword",
    "KdcAdminPassword",
    "MasterUserPassword",
    "Password",
    "PasswordParam",
];

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (logical_id, resource) in &context.template.resources {
        let path = ["Resources", logical_id, "Properties"].map(str::to_owned).to_vec();
        walk(context, &resource.properties, path, findings);
    }
}

fn walk(context: &Context<'_>, value: &Value, path: Vec<String>, findings: &mut Findings) {
    let below = |step: &str| path.iter().cloned().chain([step.to_owned()]).collect::<Vec<_>>();
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().filter(|(_, item)| !item.is_string()) {
                walk(context, item, below(&index.to_string()), findings);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if PASSWORDS.contains(&name.as_str()) {
                    password(context, name, member, &below(name), findings);
                }
                if member.is_object() || member.is_array() {
                    walk(context, member, below(name), findings);
                }
            }
        }
        _ => {}
    }
}

fn password(context: &Context<'_>, property: &str, value: &Value, path: &[String], findings: &mut Findings) {
    let place = context.template.key_span(path).unwrap_or_default();
    match value {
        Value::String(text) if text.contains("{{resolve:ssm:") => {
            findings.add("a password in a plain parameter of SSM is no secret", None, place, path);
        }
        Value::String(text) if !text.contains("{{resolve:") => {
            findings.add(format!("`{property}` is written out"), None, place, path);
        }
        Value::Object(members) if members.len() == 1 => {
            let Some(name) = members.get("Ref").and_then(Value::as_str) else { return };
            let path = ["Parameters", name];
            let Some(parameter) = context.template.body.pointer(&format!("/Parameters/{name}")) else {
                return;
            };
            if !shape::has_no_echo(parameter) {
                let message =
                    format!("`{name}` is used as `{property}`, and is shown to anybody who sees the stack");
                let help = Some("give it `NoEcho: true`".to_owned());
                let span = context.template.key_span(&path).unwrap_or_default();
                let known = findings.list.iter().any(|one| one.rule == "W2501" && one.span == span);
                if !known {
                    findings.add(message, help, span, &path);
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_passwords_that_are_read() {
        let template = "Parameters:\n  P: {Type: String}\nResources:\n  A:\n    Type: AWS::RDS::DBInstance\n    Properties: \
                        {MasterUserPassword: secret123}\n  B:\n    Type: AWS::RDS::DBInstance\n    Properties: {MasterUserPassword: !Ref P}\n";
        let found = findings("W2501", template);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("2:3 `P` is used"), "{found:?}");
    }

    #[test]
    fn is_fine_with_secrets() {
        let template = "Parameters: {P: {Type: String, NoEcho: true}}\nResources:\n  A:\n    Type: AWS::RDS::DBInstance\n    Properties: \
                        {MasterUserPassword: !Ref P}\n  B:\n    Type: AWS::RDS::DBInstance\n    Properties: {MasterUserPassword: \
                        '{{resolve:secretsmanager:x}}'}\n";
        assert_eq!(findings("W2501", template), [""; 0]);
    }
}
