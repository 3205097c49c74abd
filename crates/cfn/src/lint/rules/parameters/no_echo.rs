//! # W2010: a secret parameter is not shown in metadata or outputs
//!
//! ```yaml
//! Parameters:
//!   Password: {Type: String, NoEcho: true}
//! Outputs:
//!   Password: {Value: !Ref Password}
//! ```
//!
//! `NoEcho` hides the value where CloudFormation shows parameters, and nowhere else: who may describe the stack reads it in
//! metadata and in outputs. Keep it in Secrets Manager, and give its ARN instead.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W2010",
    level: Level::Warning,
    summary: "a secret parameter is not shown in metadata or outputs",
    source: include_str!("no_echo.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for reference in context.references {
        if !matches!(reference.kind, ReferenceKind::Ref | ReferenceKind::Sub) || reference.attribute.is_some()
        {
            continue;
        }
        let path = &reference.from.path;
        let shown = match path.as_slice() {
            [section, _, attribute, ..] => {
                section == "Outputs" && attribute == "Value"
                    || section == "Resources" && attribute == "Metadata"
            }
            _ => false,
        };
        let parameter = context.template.parameters.get(&reference.to);
        if shown && parameter.is_some_and(|parameter| parameter.no_echo) {
            let function = path.iter().rposition(|segment| segment == "Ref" || segment == "Fn::Sub");
            let path = &path[..function.map_or(path.len(), |at| at + 1)];
            let message =
                format!("`{}` is a secret, and anybody who sees the stack reads it here", reference.to);
            findings.add(message, None, context.template.function_place(path), path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_secrets_that_are_shown() {
        let template = "Parameters: {P: {Type: String, NoEcho: true}}\nResources:\n  A:\n    Type: Custom::A\n    Metadata: {X: !Ref P}\n\
                        Outputs:\n  O: {Value: !Sub 'x${P}'}\n";
        let found = findings("W2010", template);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("5:16 `P` is a secret"), "{found:?}");
    }

    #[test]
    fn is_fine_with_secrets_in_properties_and_with_what_is_no_secret() {
        let template = "Parameters: {P: {Type: String, NoEcho: true}, Q: {Type: String, NoEcho: false}}\nResources:\n  A:\n    Type: \
                        Custom::A\n    Properties: {X: !Ref P}\nOutputs: {O: {Value: !Ref Q}}\n";
        assert_eq!(findings("W2010", template), [""; 0]);
    }
}
