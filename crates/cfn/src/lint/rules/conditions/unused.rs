//! # W8001: every condition is used
//!
//! ```yaml
//! Conditions:
//!   IsProd: !Equals [!Ref Environment, prod]
//! ```
//!
//! Give the condition to a resource, an output or `Fn::If`, or remove it. A condition that only another condition names is used.

use crate::lint::{Context, Findings, Level, Rule};
use crate::template::ReferenceKind;

pub(super) const RULE: Rule = Rule {
    id: "W8001",
    level: Level::Warning,
    summary: "every condition is used",
    source: include_str!("unused.rs"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Findings) {
    if context.has_loops() {
        return;
    }
    for name in context.template.conditions.keys() {
        let used = context.references.iter().any(|reference| {
            matches!(reference.kind, ReferenceKind::Condition | ReferenceKind::If) && reference.to == *name
        });
        if !used {
            let path = ["Conditions", name];
            let span = context.template.key_span(&path).unwrap_or_default();
            findings.add(format!("the condition `{name}` is not used"), None, span, &path);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::findings;

    #[test]
    fn trips_on_a_condition_that_nobody_names() {
        let template = "Conditions:\n  C: !Equals [a, b]\nResources: {A: {Type: Custom::A}}\n";
        assert_eq!(findings("W8001", template), ["2:3 the condition `C` is not used"]);
    }

    #[test]
    fn is_fine_when_only_another_condition_names_it() {
        let template = "Conditions:\n  C: !Equals [a, b]\n  D: !Not [!Condition C]\nResources: {A: {Type: Custom::A, \
                        Condition: D}}\n";
        assert_eq!(findings("W8001", template), [""; 0]);
    }
}
