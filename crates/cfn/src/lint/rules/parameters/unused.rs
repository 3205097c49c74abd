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
use crate::template::sub::variables;
use serde_json::Value;
use std::collections::HashSet;

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
    let mut used = HashSet::new();
    names(&context.template.body, &mut used);
    for name in context.template.parameters.keys() {
        if !used.contains(name.as_str()) {
            let path = ["Parameters", name];
            let span = context.template.key_span(&path).unwrap_or_default();
            findings.add(format!("the parameter `{name}` is not used"), None, span, &path);
        }
    }
}

/// Adds all that `Ref` and `Fn::Sub` name, wherever they stand.
fn names<'t>(value: &'t Value, used: &mut HashSet<&'t str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| names(item, used)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), member) {
                    ("Ref", Value::String(name)) => {
                        used.insert(name);
                    }
                    ("Fn::Sub", Value::String(text)) => used.extend(variables(text)),
                    ("Fn::Sub", Value::Array(parts)) => {
                        used.extend(
                            parts.first().and_then(Value::as_str).map(variables).into_iter().flatten(),
                        );
                    }
                    _ => {}
                }
                names(member, used);
            }
        }
        _ => {}
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
