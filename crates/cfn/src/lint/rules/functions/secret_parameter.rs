//! # W1011: a secret comes from a dynamic reference, not from a parameter
//!
//! ```yaml
//! Database:
//!   Type: AWS::RDS::DBInstance
//!   Properties:
//!     MasterUserPassword: !Ref Password
//! ```
//!
//! A parameter's value passes through whoever deploys, and with `NoEcho` it is still in their scripts. Keep the secret in Secrets
//! Manager and write `{{resolve:secretsmanager:name:SecretString:password}}`, so that only CloudFormation reads it.

use super::dynamic_reference;
use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W1011",
    level: Level::Warning,
    summary: "a secret comes from a dynamic reference, not from a parameter",
    source: include_str!("secret_parameter.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references {
        let path = &reference.from.path;
        let Some((function, place)) = path.split_last() else { continue };
        if reference.kind == ReferenceKind::Ref
            && function == "Ref"
            && context.template.parameters.contains_key(&reference.to)
            && dynamic_reference::is_secret(context, place)
        {
            let message = format!("the parameter `{}` gives a secret", reference.to);
            let help = Some("use a dynamic reference to Secrets Manager".to_owned());
            let span = context.template.key_span(place).or_else(|| context.template.span(place));
            findings.add(message, help, span.unwrap_or(reference.from.span), path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_parameter_for_a_password() {
        let template = "Parameters: {P: {Type: String, NoEcho: true}}\nResources:\n  A:\n    Type: AWS::RDS::DBInstance\n    \
                        Properties:\n      MasterUserPassword: !Ref P\n";
        assert_eq!(findings("W1011", template).len(), 1);
        let template = template.replace("!Ref P", "!If [A, !Ref P, !Ref P]");
        assert_eq!(findings("W1011", &template).len(), 2);
    }

    #[test]
    fn is_fine_with_a_dynamic_reference_and_with_names() {
        let template = "Parameters: {P: {Type: String}}\nResources:\n  A:\n    Type: AWS::RDS::DBInstance\n    Properties: \
                        {MasterUserPassword: '{{resolve:secretsmanager:a}}', DBName: !Ref P}\n";
        assert_eq!(findings("W1011", template), [""; 0]);
    }
}
