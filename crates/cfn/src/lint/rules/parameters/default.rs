//! # E2015: a parameter's default is a value that the parameter takes
//!
//! ```yaml
//! Parameters:
//!   Shards: {Type: Number, Default: 0, MinValue: 1}
//! ```
//!
//! CloudFormation checks the default as it checks what a caller passes. Change the default, or what is allowed.

use crate::lint::{Context, Findings, Level, Rule};

pub(super) const RULE: Rule = Rule {
    id: "E2015",
    level: Level::Error,
    summary: "a parameter's default is a value that the parameter takes",
    source: include_str!("default.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    for (name, parameter) in &context.template.parameters {
        let Some(text) = parameter.default_text() else { continue };
        let path = ["Parameters", name, "Default"];
        if parameter.parameter_type.starts_with("AWS::SSM::") {
            continue;
        }
        if let Err(refusal) = parameter.check(&text) {
            let message = format!("the default is refused: {refusal}");
            findings.add(message, None, context.template.place(&path), &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_default_that_is_refused() {
        let template =
            "Parameters:\n  P: {Type: Number, Default: 0, MinValue: 1}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(
            findings("E2015", template),
            ["2:30 the default is refused: Parameter 'P' must be a number not less than 1"]
        );
    }

    #[test]
    fn is_fine_with_a_default_that_is_allowed() {
        let template = "Parameters: {P: {Type: String, Default: b, AllowedValues: [a, b]}}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("E2015", template), [""; 0]);
    }
}
