//! # W2001: every parameter is used
//!
//! ```yaml
//! Parameters:
//!   Shards: {Type: Number}
//! Resources:
//!   Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
//! ```
//!
//! Whoever deploys the stack is asked for a value that changes nothing. Use the parameter or remove it.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W2001",
    level: Level::Warning,
    summary: "every parameter is used",
    source: include_str!("unused.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    // A macro may read a parameter anywhere.
    if context.has_loops() || context.has_macros() {
        return;
    }
    for name in context.template.parameters.keys() {
        let used = context.references.iter().any(|reference| {
            matches!(reference.kind, ReferenceKind::Ref | ReferenceKind::Sub) && reference.to == *name
        });
        if !used {
            let path = ["Parameters", name];
            let span = context.template.key_span(&path).unwrap_or_default();
            findings.add(format!("the parameter `{name}` is not used"), None, span, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_parameter_that_nobody_names() {
        let template = "Parameters:\n  P: {Type: String}\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W2001", template), ["2:3 the parameter `P` is not used"]);
    }

    #[test]
    fn is_fine_with_parameters_in_conditions_rules_and_texts() {
        let template = "Parameters: {P: {Type: String}, Q: {Type: String}, R: {Type: String}}\nRules: {X: {Assertions: \
                        [{Assert: !Equals [!Ref R, x]}]}}\nConditions: {C: !Equals [!Ref P, x]}\nResources: {A: {Type: \
                        Custom::A, Properties: {X: !Sub \"a${Q}\"}}}\n";
        assert_eq!(findings("W2001", template), [""; 0]);
    }
}
